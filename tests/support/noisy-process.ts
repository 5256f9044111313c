/** A program that only logs, for tests with a slow reader or none. */
import { setTimeout as delay } from 'node:timers/promises';

import { createLogger } from '../../src/log/logger.ts';

const lines = Number(process.argv[2]);
const pauseMs = Number(process.argv[3] ?? 0);
const log = createLogger({
  level: 'info',
  component: 'noise',
  secrets: [],
  stream: process.stdout,
  isTerminal: false,
  useColor: false,
});

for (let index = 0; index < lines; index += 1) {
  log.info('emails_swept', { index, padding: 'x'.repeat(200) });
  if (pauseMs > 0 && index % 100 === 0) await delay(pauseMs);
}
await log.flush();
process.stderr.write('flushed\n');
