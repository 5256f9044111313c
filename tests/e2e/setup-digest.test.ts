import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { runSetup, setupEnvironment } from '../support/run-setup.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';

/* Setup with digests on. */

const programs = builtPrograms();

describe('where digests go', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    account = await startStandIn();
    ({ env, remove } = await setupEnvironment(account));
    await runSetup(programs, env, '--apply');
  });
  afterEach(async () => {
    await remove();
    await account.close();
  });

  const setup = async (
    mailbox: string,
    ...args: readonly string[]
  ): Promise<readonly [exitCode: number, text: string]> => {
    const digest = { MAILROOM_DIGEST: 'daily', MAILROOM_DIGEST_MAILBOX: mailbox };
    const { exitCode, stdout } = await runSetup(programs, { ...env, ...digest }, ...args);
    return [exitCode ?? -1, stdout.replaceAll(/\s+/gu, ' ')];
  };

  test('Inbox, as it is by default, and a mailbox that has another purpose: no more to be said', async () => {
    for (const mailbox of ['Inbox', 'Feed']) {
      const [exitCode, text] = await setup(mailbox);

      expect([exitCode, text.includes('Digest')]).toEqual([0, false]);
    }
  });

  test('a mailbox that is missing is made with --apply, and then it is there', async () => {
    const [before, said] = await setup('Reports/Mailroom');
    const [applied] = await setup('Reports/Mailroom', '--apply');
    const [after] = await setup('Reports/Mailroom');

    expect([before, applied, after]).toEqual([1, 0, 0]);
    expect(said).toContain('Reports/Mailroom');
  });

  test.each([
    ['Trash', "it is the account's trash mailbox"],
    ['Spam', "it is the account's junk mailbox"],
    ['Drafts', "it is the account's drafts mailbox"],
    ['Sent', "it is the account's sent mailbox"],
    ['@ToFeed', 'mailbox "@ToFeed" is a label of Mailroom'],
  ])('not %s', async (mailbox, problem) => {
    const [exitCode, text] = await setup(mailbox, '--apply');

    expect(exitCode).toBe(1);
    expect(text).toContain(problem);
  });

  test('off: nobody asks for it', async () => {
    const { exitCode, stdout } = await runSetup(programs, {
      ...env,
      MAILROOM_DIGEST_MAILBOX: 'Nowhere',
    });

    expect([exitCode, stdout.includes('Nowhere')]).toEqual([0, false]);
  });
});
