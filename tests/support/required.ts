/** A piece of the outside world that some tests need. */
export type Lane = 'cyrus' | 'cyrus-new' | 'radicale' | 'kube' | 'image' | 'mounts' | 'network';

/**
 * Whether `MAILROOM_TEST_REQUIRE`, a comma list (`cyrus,cyrus-new,radicale,kube,image,mounts,network`), names this lane: then
 * its absence is a failure, where otherwise its tests are skipped.
 */
export function isRequired(lane: Lane): boolean {
  const list = process.env['MAILROOM_TEST_REQUIRE'] ?? '';
  return list.split(',').some((entry) => entry.trim() === lane);
}

/** Says a skip aloud at the end of a suite's name: what is missing, and how to insist on it. */
export function skipNote(isSkipped: boolean, needs: string, lane: Lane): string {
  return isSkipped
    ? ` (skipped: it needs ${needs}; MAILROOM_TEST_REQUIRE=${lane} makes that a failure)`
    : '';
}
