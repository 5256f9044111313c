/** A piece of the outside world that some tests need. */
export type Lane =
  | 'cyrus'
  | 'cyrus-new'
  | 'radicale'
  | 'kube'
  | 'image'
  | 'mounts'
  | 'memory'
  | 'promtool'
  | 'network';

/**
 * Whether `MAILROOM_TEST_REQUIRE`, a comma list of lanes, names this one. If so, its tests fail where
 * what they need is missing; otherwise they are skipped.
 */
export function isRequired(lane: Lane): boolean {
  const list = process.env['MAILROOM_TEST_REQUIRE'] ?? '';
  return list.split(',').some((entry) => entry.trim() === lane);
}

/** For the end of a suite's name: what is missing, and which variable turns the skip into a failure. */
export function skipNote(isSkipped: boolean, needs: string, lane: Lane): string {
  return isSkipped
    ? ` (skipped: it needs ${needs}; MAILROOM_TEST_REQUIRE=${lane} makes that a failure)`
    : '';
}
