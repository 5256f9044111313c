import { isColorWanted } from '../../src/terminal/color.ts';
import { playDemo } from './play.ts';

/*
 * `npm run demo`: Mailroom at work, without an account. Exit code 0 only if everything went right.
 */

process.exitCode = await playDemo({
  command: [process.execPath, '--import', 'tsx', 'src/run-once.ts'],
  write: (text) => process.stdout.write(text),
  useColor: isColorWanted(process.env, process.stdout.isTTY),
});
