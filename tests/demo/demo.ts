import { isColorWanted } from '../../src/terminal/color.ts';
import { playDemo } from './play.ts';

/* `npm run demo`: Mailroom at work without an account; exit code 0 only when all came out right. */

process.exitCode = await playDemo({
  command: [process.execPath, '--import', 'tsx', 'src/run-once.ts'],
  write: (text) => process.stdout.write(text),
  useColor: isColorWanted(process.env, process.stdout.isTTY),
});
