import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

import { runOnce } from '../../../src/run/once.ts';
import { runOptions } from '../../support/run-options.ts';

it('a termination message that cannot be written is a line of the log, and changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-once-'));
  const output = new PassThrough();
  const logged = text(output);
  const exitCode = await runOnce(
    runOptions(output, {
      env: {
        MAILROOM_JMAP_TOKEN: 'made-up-token',
        MAILROOM_CARDDAV_USERNAME: 'me@mail.example',
        MAILROOM_CARDDAV_PASSWORD: 'made-up-password',
        MAILROOM_STATE_FILE: join(folder, 'state.json'),
        MAILROOM_LOG_LEVEL: 'debug',
      },
      // Asks no server.
      stop: AbortSignal.abort(),
      writeTerminationMessage: () => {
        throw new Error('read-only file system');
      },
    }),
  );
  output.end();
  await rm(folder, { recursive: true });

  const lines = (await logged)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string });
  expect(exitCode).toBe(0);
  expect(lines.at(-2)).toMatchObject({ event: 'run_stopped' });
  expect(lines.at(-1)).toMatchObject({
    level: 'debug',
    event: 'termination_message_failed',
    error: { message: 'read-only file system' },
  });
});
