import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { Health } from '../../src/state/health.ts';
import { makeDigestDue } from '../support/digest-due.ts';
import { ageDigests, findDigests } from '../support/digests.ts';
import {
  type Installation,
  isStandIn,
  recordedWrites,
  type StartedRun,
} from '../support/run-mailroom.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { type ArrangedScenario, useScenario, withScenario } from '../support/use-scenario.ts';

/* Who waits, told in an email. What it says, letter by letter, is in tests/unit/digest. */

const DAILY = { MAILROOM_DIGEST: 'daily' };

describeEachServer('a digest', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open, DAILY);
  const inDigests = async (): Promise<readonly [string, string][]> =>
    (await findDigests(account)).map(({ mailboxIds, subject }) => [
      mailboxIds.map((id) => (id === scenario.mailboxId('Inbox') ? 'Inbox' : 'Trash')).join(),
      subject,
    ]);

  it('the first is not due before the next such hour: what was decided is remembered', async () => {
    await scenario.emails(3, { from: 'Anna <anna@wait.example>', in: ['Screener'] });
    await scenario.email({ from: 'news@shop.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 1 });
    expect(await inDigests()).toEqual([]);
    const { digest } = await mailroom.readState();
    expect(digest.decided).toMatchObject([{ sender: 'news@shop.example', category: 'Feed' }]);
  });

  it('when it is due, it is in Inbox, unread, and says who waits and what was decided', async () => {
    await makeDigestDue(mailroom);

    const run = await mailroom.run();

    expect(run.find('digest_sent')).toMatchObject([{ waiting: 1, decided: 1, retired: 0 }]);
    const [digest] = await findDigests(account);
    expect(digest?.mailboxIds).toEqual([scenario.mailboxId('Inbox')]);
    expect(digest?.keywords).toEqual(['mailroom-digest']);
    expect(digest?.subject).toMatch(/^1 sender waits, since \d+ \w+(?: \d+)?$/u);
    expect(digest?.text).toMatch(/^• Anna <anna@wait\.example>, 3 emails since /mu);
    expect(digest?.text).toMatch(/^• news@shop\.example: Feed$/mu);
    expect(Math.abs(Date.now() - Date.parse(digest?.receivedAt ?? ''))).toBeLessThan(60_000);
  });

  it('is left once: the next passes are not due', async () => {
    await mailroom.run();

    expect(await inDigests()).toHaveLength(1);
    expect((await mailroom.readState()).digest.decided).toEqual([]);
  });

  it('the next one sends the earlier one to Trash, and nothing is told twice', async () => {
    await scenario.email({ from: 'bob@wait.example', in: ['Screener'] });
    await ageDigests(account);
    await makeDigestDue(mailroom);

    const run = await mailroom.run();

    expect(run.find('digest_sent')).toMatchObject([{ waiting: 2, decided: 0, retired: 1 }]);
    expect(await inDigests()).toEqual([
      ['Inbox', expect.stringContaining('2 senders wait')],
      ['Trash', expect.stringContaining('1 sender waits')],
    ]);
  });

  it('is nobody’s, with a triage label on it too', async () => {
    const contacts = await scenario.contacts();
    const [digest] = await findDigests(account);
    await account.moveEmail(digest?.id ?? '', { add: [scenario.mailboxId('@ToFeed')] });

    const run = await mailroom.run();

    expect(run.find('email_missing_sender')).toMatchObject([{ reason: 'digest' }]);
    expect(await scenario.contacts()).toHaveLength(contacts.length);
    expect((await findDigests(account))[0]?.mailboxIds).toContain(scenario.mailboxId('Inbox'));
  });

  it('with the state lost, the newest digest says when it was, and cards what was decided', async () => {
    await scenario.email({ from: 'Lost <lost@shop.example>', in: ['Screener', '@ToJail'] });
    await mailroom.run();
    await mailroom.writeState('no JSON');
    await mailroom.run();
    expect(await inDigests()).toHaveLength(2);

    await ageDigests(account);
    await mailroom.writeState('no JSON');
    await scenario.email({ from: 'new@shop.example', in: ['Screener', '@ToFeed'] });
    const run = await mailroom.run();

    // That of news@shop.example too, which was told before: told twice rather than never.
    expect(run.find('digest_sent')).toMatchObject([{ decided: 3 }]);
    expect((await inDigests()).map(([place]) => place)).toEqual(['Inbox', 'Trash', 'Trash']);
    const text = (await findDigests(account))[0]?.text;
    expect(text).toMatch(/^• Lost <lost@shop\.example>: Jail$/mu);
    expect(text?.match(/^• new@shop\.example: Feed$/gmu)).toHaveLength(1);
  });

  it('found lost in a pass in which none is due, they are read once one is', async () => {
    await mailroom.writeState('no JSON');
    await mailroom.run();
    const state = await mailroom.readState();
    expect(state.digest.lostSince).toBe((await findDigests(account))[0]?.receivedAt);
    await ageDigests(account);
    await makeDigestDue(mailroom);

    const run = await mailroom.run();

    expect(run.find('digest_sent')).toMatchObject([{ decided: 3 }]);
    expect((await mailroom.readState()).digest.lostSince).toBeNull();
  });

  it('is what status says', async () => {
    const { digest } = await healthOf(mailroom);

    expect(digest).toEqual({
      last_sent: (await findDigests(account))[0]?.receivedAt,
      failure: null,
    });
  });
});

describe('a digest that is due', () => {
  const withDue = (
    settings: Readonly<Record<string, string>>,
    act: Parameters<typeof withScenario>[2],
  ): Promise<void> =>
    withScenario(startStandIn, { ...DAILY, ...settings }, async (arranged) => {
      const { scenario, mailroom } = arranged;
      await scenario.emails(2, { from: 'Anna <anna@wait.example>', in: ['Screener'] });
      await mailroom.run();
      await makeDigestDue(mailroom);
      await act(arranged);
    });

  it('of a run that was killed before it could say so, is not left twice', () =>
    withDue({}, async ({ account, scenario, mailroom }) => {
      await scenario.email({ from: 'news@shop.example', in: ['Screener', '@ToFeed'] });
      const before = JSON.stringify(await mailroom.readState());
      await mailroom.run();
      await mailroom.writeState(before);

      const run = await mailroom.run();

      expect(run.events).not.toContain('digest_sent');
      expect(await findDigests(account)).toHaveLength(1);
      expect((await mailroom.readState()).digest.toldAt).toBe(
        (await findDigests(account))[0]?.receivedAt,
      );
    }));

  it.each([['before'], ['after']])('of a run that is killed %s it was made is left once', (when) =>
    withDue({}, async ({ account, mailroom }) => {
      if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
      const started = mailroom.start();
      // Out of the server, so that the kill hits the moment that is meant.
      const kill = (): void => started.kill('SIGKILL');
      const act = when === 'before' ? kill : (): void => void setImmediate(kill);
      account.faults.push(
        { on: 'Email/set', fault: { kind: 'otherClient', act } },
        {
          on: 'Email/set',
          fault: when === 'before' ? { kind: 'resetBefore' } : { kind: 'stall', isDone: true },
        },
      );
      await started.result;
      expect(await findDigests(account)).toHaveLength(when === 'before' ? 0 : 1);

      const next = await mailroom.run();
      await mailroom.run();

      expect(next.find('digest_sent')).toHaveLength(when === 'before' ? 1 : 0);
      expect(await findDigests(account)).toHaveLength(1);
    }),
  );

  it('of two runs at once is left by at least one, and the next retires all but the newest', () =>
    withDue({}, async ({ account, scenario, mailroom }) => {
      await Promise.all([mailroom.run(), mailroom.run()]);
      expect([1, 2]).toContain((await findDigests(account)).length);

      await ageDigests(account);
      await makeDigestDue(mailroom);
      await mailroom.run();

      const inbox = scenario.mailboxId('Inbox');
      const places = (await findDigests(account)).map(({ mailboxIds }) => mailboxIds);
      expect(places.filter((ids) => ids.includes(inbox))).toEqual([[inbox]]);
    }));

  /** Decides on two senders; the request that the second alone needs is where it goes wrong. */
  const decideOnTwo = async (arranged: ArrangedScenario): Promise<FaultRule> => {
    const { account, scenario, mailroom } = arranged;
    await scenario.email({ from: 'mover@shop.example', in: ['Screener', '@ToFeed'] });
    await mailroom.run();
    await ageDigests(account);
    await scenario.email({ from: 'done@shop.example', in: ['Screener', '@ToFeed'] });
    await scenario.email({ from: 'mover@shop.example', in: ['Feed', '@ToJail'] });
    await makeDigestDue(mailroom);
    const when: FaultRule['when'] = ({ body }) => body.includes('"from":');
    return { on: 'Email/query', when, fault: { kind: 'status', status: 400 } };
  };
  const toldOf = async (account: TestAccount): Promise<readonly string[]> =>
    (await findDigests(account))[0]?.text.match(/^• .*: (?:Feed|Jail)$/gmu) ?? [];
  const BOTH = ['• done@shop.example: Feed', '• mover@shop.example: Jail'];

  it('tells what a pass decided before it failed', () =>
    withDue({}, async (arranged) => {
      const { account, mailroom } = arranged;
      if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
      account.faults.push({ ...(await decideOnTwo(arranged)), times: Infinity });
      expect((await mailroom.run()).end.event).toBe('poll_failed');
      account.faults.length = 0;

      await mailroom.run();

      expect(await toldOf(account)).toEqual(BOTH);
    }));

  it('tells what a pass decided before a signal ended it', () =>
    withDue({}, async (arranged) => {
      const { account, mailroom } = arranged;
      if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
      let run: StartedRun | undefined;
      const act = async (): Promise<void> => {
        run?.kill('SIGTERM');
        // The signal is to be there before the answer is.
        await sleep(300);
      };
      account.faults.push({
        ...(await decideOnTwo(arranged)),
        fault: { kind: 'otherClient', act },
      });
      run = mailroom.start();
      expect((await run.result).end.event).toBe('run_stopped');

      await mailroom.run();

      expect(await toldOf(account)).toEqual(BOTH);
    }));

  it('tells from the cards what a run decided that was killed before it wrote the state', () =>
    withDue({}, async ({ account, scenario, mailroom }) => {
      await scenario.email({ from: 'killed@shop.example', in: ['Screener', '@ToFeed'] });
      const state = await mailroom.readState();
      const startedAt = new Date(Date.now() - 10 * 60 * 1000).toISOString();
      const toldAt = new Date().toISOString();
      const digest = { ...state.digest, toldAt };
      const before = { ...state, digest, lastRun: { ...state.lastRun, startedAt } };
      await mailroom.writeState(JSON.stringify(before));
      await mailroom.run();
      await mailroom.writeState(JSON.stringify(before));
      // The one after it sees that one is missing.
      await mailroom.run();
      await mailroom.run();
      await makeDigestDue(mailroom);

      await mailroom.run();

      expect(await toldOf(account)).toEqual(['• killed <killed@shop.example>: Feed']);
      expect((await mailroom.readState()).digest.lostSince).toBeNull();
    }));

  it.each([['overQuota'], ['forbidden'], ['rateLimit']])(
    'and is refused (%s) is a warning, and the next pass tries again',
    (type) =>
      withDue({}, async ({ account, mailroom }) => {
        if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
        const fault = { kind: 'setError', emailIds: ['digest'], type } as const;
        account.faults.push({ on: 'Email/set', fault });

        const run = await mailroom.run();
        expect(run.find('digest_failed')).toMatchObject([
          { level: 'warning', error: { message: expect.stringContaining(type) } },
        ]);
        expect(run.end.event).toBe('poll_complete');
        expect(run.exitCode).toBe(0);
        expect(await healthOf(mailroom)).toMatchObject({
          status: 'ok',
          digest: { last_sent: null, failure: { problem: expect.stringContaining(type) } },
        });

        const next = await mailroom.run();
        expect(next.find('digest_sent')).toHaveLength(1);
        expect((await healthOf(mailroom)).digest).toMatchObject({ failure: null });
      }),
  );

  it.each([
    ['Nowhere', /mailbox "Nowhere" is missing.*MAILROOM_DIGEST_MAILBOX/u],
    ['inbox/fEEd', /mailbox "inbox\/fEEd" is missing: create it/u],
    ['fEEd', /mailbox "fEEd" is missing: there is "Feed", so rename one of the two/u],
    ['Trash', /mailbox "Trash" is the account's trash mailbox/u],
    ['@ToFeed', /mailbox "@ToFeed" is a label of Mailroom/u],
  ])('with no good place (%s) is a warning that says so', (mailbox, problem) =>
    withDue({ MAILROOM_DIGEST_MAILBOX: mailbox }, async ({ account, mailroom }) => {
      const run = await mailroom.run();

      expect(run.end.event).toBe('poll_complete');
      expect(run.find('digest_failed')).toMatchObject([
        { error: { message: expect.stringMatching(problem) } },
      ]);
      expect(await findDigests(account)).toEqual([]);
    }),
  );

  it('waits for a pass that succeeds', () =>
    withDue({}, async ({ account, mailroom }) => {
      if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
      const fault = { kind: 'status', status: 400 } as const;
      account.faults.push({ on: 'jmap', times: Infinity, fault });
      const failed = await mailroom.run();
      account.faults.length = 0;
      expect([failed.end.event, await findDigests(account)]).toEqual(['poll_failed', []]);

      const next = await mailroom.run();

      expect(next.find('digest_sent')).toHaveLength(1);
    }));

  it('is left in the mailbox of the settings, and retires what is there alone', () =>
    withDue({ MAILROOM_DIGEST_MAILBOX: 'Paper Trail' }, async ({ account, scenario, mailroom }) => {
      await mailroom.run();
      const [first] = await findDigests(account);
      const place = scenario.mailboxId('Paper Trail');
      expect(first?.mailboxIds).toEqual([place]);
      // The user keeps it: it is no longer where digests go.
      const archive = scenario.mailboxId('Archive');
      await account.moveEmail(first?.id ?? '', { add: [archive], remove: [place] });
      await ageDigests(account);
      await makeDigestDue(mailroom);

      const run = await mailroom.run();

      expect(run.find('digest_sent')).toMatchObject([{ retired: 0 }]);
      const places = (await findDigests(account)).map(({ mailboxIds }) => mailboxIds);
      expect(places).toEqual([[place], [archive]]);
    }));

  it('is known by its keyword: what only looks like one stays where it is', () =>
    withDue({}, async ({ account, scenario, mailroom }) => {
      await mailroom.run();
      const [digest] = await findDigests(account);
      const alike = await account.addEmail({
        from: 'Mailroom <alice@mail.example>',
        mailboxIds: [scenario.mailboxId('Inbox')],
        subject: digest?.subject ?? '',
      });
      await ageDigests(account);
      await makeDigestDue(mailroom);

      const run = await mailroom.run();

      expect(run.find('digest_sent')).toMatchObject([{ retired: 1 }]);
      expect(await scenario.places([alike])).toEqual(['Inbox']);
    }));

  it('is only said by a dry run', () =>
    withDue({}, async ({ account, mailroom }) => {
      if (isStandIn(account)) account.clearRequests();
      const run = await mailroom.run({ args: ['--dry-run'] });

      expect(run.find('would_send_digest')).toMatchObject([{ waiting: 1, decided: 0 }]);
      expect(recordedWrites(account)).toEqual([]);
      expect(await findDigests(account)).toEqual([]);
    }));

  it('is none where nobody waits and nothing was decided, and is not looked for again', () =>
    withScenario(startStandIn, DAILY, async ({ account, mailroom }) => {
      await mailroom.run();
      await makeDigestDue(mailroom);

      const first = await mailroom.run();
      const second = await mailroom.run();

      expect(await findDigests(account)).toEqual([]);
      expect(first.end['http_requests'] - second.end['http_requests']).toBe(1);
    }));

  it('goes on where an email comes in between reading and writing', () =>
    withDue({}, async ({ account, scenario, mailroom }) => {
      if (!isStandIn(account)) throw new TypeError('faults are the stand-in’s');
      const act = async (): Promise<void> => {
        await scenario.email({ from: 'late@wait.example', in: ['Screener'] });
      };
      account.faults.push({ on: 'Email/set', fault: { kind: 'otherClient', act } });

      const run = await mailroom.run();

      expect(run.find('digest_sent')).toHaveLength(1);
      expect(await findDigests(account)).toHaveLength(1);
    }));
});

async function healthOf(mailroom: Installation): Promise<Health> {
  return JSON.parse((await mailroom.status()).stdout) as Health;
}
