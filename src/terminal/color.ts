/** Whether colour is wanted: NO_COLOR (https://no-color.org) and `TERM=dumb` say no. */
export function isColorWanted(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
