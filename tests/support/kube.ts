import { findKubeAssets } from './kube/cluster.ts';
import { isRequired, skipNote } from './required.ts';

/**
 * Whether tests that need a real Kubernetes API server are skipped: KUBEBUILDER_ASSETS names none,
 * and MAILROOM_TEST_REQUIRE does not ask for it (then they run, and fail).
 */
export const isKubeSkipped = findKubeAssets() === null && !isRequired('kube');

/** Says a skip aloud, at the end of a suite's name. */
export const kubeNote = skipNote(
  isKubeSkipped,
  'kube-apiserver, etcd and kube-controller-manager in the folder KUBEBUILDER_ASSETS',
  'kube',
);
