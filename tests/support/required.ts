/**
 * Whether `MAILROOM_TEST_REQUIRE`, a comma list (`cyrus,kube,image,network`), names this piece of the outside
 * world: then its absence is a failure, where otherwise its tests are skipped.
 */
export function isRequired(what: 'cyrus' | 'kube' | 'image' | 'network'): boolean {
  const list = process.env['MAILROOM_TEST_REQUIRE'] ?? '';
  return list.split(',').some((entry) => entry.trim() === what);
}
