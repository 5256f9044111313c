type Environment = Readonly<Record<string, string | undefined>>;

/** Whether colour is wanted: NO_COLOR (https://no-color.org) and `TERM=dumb` say no. */
export function isColorWanted(env: Environment, isTerminal: boolean): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && !isDumb(env);
}

/** A terminal that can neither paint nor take back what it shows. */
export function isDumb(env: Environment): boolean {
  return env['TERM'] === 'dumb';
}
