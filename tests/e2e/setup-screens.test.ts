import { describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { runSetup, useSetupAccount } from '../support/run-setup.ts';
import { type StandIn } from '../support/stand-in/stand-in.ts';

/* What stands on a terminal of 80 × 24 when setup has ended: reasons and result, whatever came before. */

const COLUMNS = 80;
/** The shell's prompt takes the last one. */
const ROWS = 23;

const programs = builtPrograms();

describe('the last screen of setup', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  useSetupAccount((prepared) => ({ account, env } = prepared));

  const refusedToken = { MAILROOM_JMAP_TOKEN: 'made-up-token' };

  test.each([
    ['before anything is there', 'missing', {}, []],
    ['after --apply', 'created', {}, ['--apply']],
    ['with a token that is refused', 'token-refused', refusedToken, []],
    ['and the rules all the same', 'token-refused-rules', refusedToken, ['--rules']],
    [
      'with one letter wrong in three names',
      'alike',
      { MAILROOM_LABEL_TO_JAIL: '@jail', MAILROOM_SCREENER_MAILBX: 'Waiting' },
      [],
    ],
    [
      'without a server',
      'no-server',
      {
        MAILROOM_JMAP_SESSION_URL: 'http://127.0.0.1:9/jmap/session',
        MAILROOM_CARDDAV_URL: 'http://127.0.0.1:9/',
      },
      [],
    ],
  ])('%s', async (_name, file, change, args) => {
    if (file === 'alike') {
      await account.createMailbox('@Jail');
      await account.createMailbox('PaperTrail');
    }

    // A place whose length is the same everywhere. Setup writes nothing there.
    const place = { MAILROOM_STATE_FILE: '/tmp/mailroom-of-nobody/state.json' };
    const { stdout } = await runSetup(programs, { ...env, ...place, ...change }, ...args);

    const port = new URL(account.sessionUrl).port;
    const screen = lastScreen(stdout)
      .replaceAll(`127.0.0.1:${port}`, 'api.mail.example')
      .replace(/within \d+ s of/u, 'within 0 s of');
    expect(screen).toMatch(/^Result: /mu);
    await expect(screen).toMatchFileSnapshot(`screens/setup-${file}.txt`);
  });
});

/** The rows of a terminal, long lines broken as it breaks them. */
function lastScreen(text: string): string {
  const rows = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${COLUMNS}}`, 'gu')) ?? ['']);
  return `${rows.slice(-ROWS).join('\n')}\n`;
}
