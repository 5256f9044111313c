import { findKubeAssets } from './kube/cluster.ts';
import { isRequired, skipNote } from './required.ts';

/**
 * Whether tests that need a real Kubernetes API server are skipped: KUBEBUILDER_ASSETS names none,
 * and MAILROOM_TEST_REQUIRE does not name `kube`.
 */
export const isKubeSkipped = findKubeAssets() === null && !isRequired('kube');

/** For the end of a suite's name: why it is skipped. */
export const kubeNote = skipNote(
  isKubeSkipped,
  'kube-apiserver, etcd and kube-controller-manager in the folder KUBEBUILDER_ASSETS',
  'kube',
);
