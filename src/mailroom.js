#!/usr/bin/env node
/*
 * `npx mailroom pass`, `setup`, `status` and `why` in a clone. This is plain JavaScript, so that also a Node
 * which is too old for the rest gets far enough to say so.
 */

const PROGRAMS = new Map([
  ['pass', 'run-once'],
  ['setup', 'setup'],
  ['status', 'status'],
  ['why', 'why'],
]);

const USAGE = `Usage: npx mailroom pass|setup|status|why [options]

  pass     one triage pass
  setup    compare the account with the settings, create what is missing
  status   whether the last passes went well
  why      why a sender's mail goes where it goes

npx mailroom pass --help shows the options of a pass, and so on.
`;

const [command = '', ...args] = process.argv.slice(2);
const program = PROGRAMS.get(command);

if (program !== undefined) {
  process.argv.splice(2, Infinity, ...args);
  // Without this an older Node could not read TypeScript, not even to say that it is too old.
  if (!process.features.typescript) {
    const { register } = await import('tsx/esm/api');
    register();
  }
  await import(`./${program}.ts`);
} else if (['-h', '--help', 'help'].includes(command)) {
  process.stdout.write(USAGE);
} else {
  process.stderr.write(
    `${command === '' ? 'What is to be done?' : `Unknown command '${command}'`}\n`,
  );
  process.stderr.write(
    'It is one of pass, setup, status and why. npx mailroom --help says more.\n',
  );
  process.exitCode = 1;
}
