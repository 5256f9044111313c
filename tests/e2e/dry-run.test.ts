import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runOnce } from '../../src/run/once.ts';
import { runOptions } from '../support/run-options.ts';
import { readEtags, recordedWrites } from '../support/run-mailroom.ts';
import { setupEnvironment } from '../support/run-setup.ts';
import { describeEachServer } from '../support/test-account.ts';
import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { useScenario } from '../support/use-scenario.ts';

/* A dry run says what a pass would do, and does none of it. */

describeEachServer('a dry run', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  let env: Readonly<Record<string, string>>;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ env, remove } = await setupEnvironment(account));
    const emails = (count: number, from: string | null, ...places: string[]): Promise<unknown> =>
      scenario.emails(count, { from, in: places });
    await emails(1, '"The News" <news@plan.example>', 'Screener', '@ToFeed');
    await emails(3, 'news@plan.example', 'Screener');
    await emails(1, 'Jane Doe <jane@plan.example>', 'Screener', '@ToPerson');
    await emails(1, 'both@plan.example', 'Screener', '@ToPerson');
    await emails(1, 'both@plan.example', 'Screener', '@ToJail');
    await emails(1, 'Mover <mover@plan.example>', 'Feed', '@ToPaperTrail');
    await emails(2, 'mover@plan.example', 'Feed');
    await emails(1, null, 'Screener', '@ToJail');
    const uid = crypto.randomUUID();
    await account.putCard(
      `${uid}.vcf`,
      `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:Mover\r\nN:;;;;\r\nEMAIL:mover@plan.example\r\nEND:VCARD\r\n`,
    );
    await account.putGroup('Feed', [uid]);
    const other = [...(await account.cards())].find(
      ([, { card }]) => /^FN:Feed\r?$/mu.test(card) && !card.includes(uid),
    );
    await account.deleteCard(other?.[0] ?? '');
  });
  afterAll(() => remove?.());

  /** The pass in this process, its output taken for a terminal. */
  const runOnTerminal = async (
    change: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly shown: string; readonly exitCode: number }> => {
    const output = new PassThrough();
    const shown = text(output);
    const exitCode = await runOnce(
      runOptions(output, {
        env: { ...env, NO_COLOR: '1', TERM: 'xterm', ...change },
        isDryRun: true,
        isTerminal: true,
      }),
    );
    output.end();
    return { shown: await shown, exitCode };
  };

  test('writes nothing: no mail, no card, no state, not even a folder for it', async () => {
    const emails = await scenario.whereabouts();
    const etags = await readEtags(account);
    const writes = recordedWrites(account).length;

    const { end, exitCode } = await mailroom.run({ args: ['--dry-run'] });
    await runOnTerminal();

    expect(exitCode).toBe(0);
    expect(end).toMatchObject({ event: 'poll_complete', dry_run: true, processed: 3 });
    expect(await scenario.whereabouts()).toEqual(emails);
    expect(await readEtags(account)).toEqual(etags);
    expect(recordedWrites(account)).toHaveLength(writes);
    expect(existsSync(dirname(mailroom.statePath))).toBe(false);
    expect(existsSync(dirname(env['MAILROOM_STATE_FILE'] ?? ''))).toBe(false);
  });

  test('on a pipe: one JSON object a line, actions as would_…', async () => {
    const { events, stdout } = await mailroom.run({ env: { MAILROOM_DRY_RUN: 'true' } });

    expect(events).toEqual(
      expect.arrayContaining([
        'would_create_contact',
        'would_update_contact',
        'would_join_group',
        'would_leave_group',
        'would_sweep_emails',
        'would_finish_emails',
      ]),
    );
    for (const done of ['contact_upserted', 'group_joined', 'emails_swept', 'triage_complete']) {
      expect(events).not.toContain(done);
    }
    expect(stdout).not.toContain('What a pass would do');
  });

  test('on a terminal: a plan, per sender', async () => {
    const { shown, exitCode } = await runOnTerminal();

    expect(exitCode).toBe(0);
    const [, plan = ''] = shown.split('What a pass would do now (nothing was written):\n');
    expect(plan.split('\n\n').map((block) => block.trimEnd())).toEqual([
      [
        'SENDER              DECISION     EMAILS              CONTACT',
        'jane@plan.example   Person       1 Screener → Inbox  new "Jane Doe", into Imbox',
        'mover@plan.example  Paper Trail  3 from Feed         known "Mover", out of Feed',
        'news@plan.example   Feed         4 from Screener     new "The News"',
      ].join('\n'),
      [
        '! both@plan.example is left alone: its labels say Jail and Person. Take one of',
        '  them off. (Senders who share a contact count as one.)',
      ].join('\n'),
      [
        '! 1 labelled email is left alone: nobody can be sure who sent it (no address).',
        '  Take the triage label off.',
      ].join('\n'),
      [
        '3 of 4 senders would be handled (1 to Person, 1 to Paper Trail, 1 to Feed), 8',
        'emails would move.',
      ].join('\n'),
    ]);
    // A slow machine also shows what it is doing, and takes that away again.
    // oxlint-disable-next-line no-control-regex -- the escape sequences of styles
    expect(shown).not.toMatch(/\u001B\[\d+m/u);
  });

  test('what it showed is what a pass then does', async () => {
    const { end } = await mailroom.run();

    expect(end).toMatchObject({ event: 'poll_complete', processed: 3, conflicts: 1 });
    const { shown } = await runOnTerminal();
    expect(shown).toContain('0 of 1 sender would be handled, 0 emails would move.');
    expect(
      await scenario.groupsOf((await scenario.contactOf('mover@plan.example')).value('UID') ?? ''),
    ).toEqual(['Paper Trail']);
  });

  test('in a pipe with --format text: the same, and the log on standard error from warning on', async () => {
    const args = [...builtPrograms().runOnce, '--dry-run', '--format', 'text'];
    const { stdout, stderr } = await startProgram(args, { env }).result;

    expect(stdout).toContain('What a pass would do now (nothing was written):');
    expect(stderr).not.toContain('run_started');
  });

  test('a pass that is broken has no plan, but a reason', async () => {
    const { shown, exitCode } = await runOnTerminal({ MAILROOM_SCREENER_MAILBOX: 'Nowhere' });

    expect(exitCode).toBe(1);
    expect(shown).toContain('startup_failed');
    expect(shown).not.toContain('What a pass would do');
  });
});
