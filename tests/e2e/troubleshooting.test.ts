import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { planFastmailRules } from '../../src/triage/fastmail-rules.ts';
import { triageNames } from '../support/builders.ts';
import { builtPrograms } from '../support/programs.ts';
import {
  type EnvChange,
  install,
  type Installation,
  PROJECT,
  recordedWrites,
} from '../support/run-mailroom.ts';
import { onStandIn, type OnStandIn } from '../support/run-mailroom-on-stand-in.ts';
import { setupEnvironment } from '../support/run-setup.ts';
import { startProgram } from '../support/process.ts';

/*
 * Every remedy of .github/TROUBLESHOOTING.md that has to do with mail and contacts, carried out.
 * Each block is named as the page's heading.
 */

const programs = builtPrograms();

const FROM = 'The News <news@sender.example>';

/** One sender, decided on and handled: its mail is in Feed, and it is in that group. */
async function handled({ scenario, mailroom }: OnStandIn): Promise<string> {
  const email = await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });
  await mailroom.run();
  expect(await whereIs(scenario, email)).toBe('Feed');
  return email;
}

async function whereIs(scenario: OnStandIn['scenario'], id: string): Promise<string | undefined> {
  return (await scenario.whereabouts()).get(id);
}

async function groupsOfSender({ scenario }: OnStandIn): Promise<readonly string[]> {
  const contact = await scenario.contactOf('news@sender.example');
  return scenario.groupsOf(contact.value('UID') ?? '');
}

const setUp = async (world: OnStandIn, env: EnvChange, ...args: readonly string[]) => {
  const { env: own, remove } = await setupEnvironment(world.account);
  const given = Object.fromEntries(
    Object.entries({ ...own, ...env }).filter((one): one is [string, string] => one[1] !== null),
  );
  const result = await startProgram([...programs.setup, ...args], { env: given }).result;
  await remove();
  return result;
};

describe('The label stays on', () => {
  test('one sender has two labels: take one kind off, and the next pass does the rest', () =>
    onStandIn(programs, {}, async ({ scenario, account, mailroom }) => {
      const feed = await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });
      const jail = await scenario.email({ from: FROM, in: ['Screener', '@ToJail'] });
      const first = await mailroom.run();
      expect(first.find('conflict_detected')).toHaveLength(1);
      await account.moveEmail(jail, { remove: [scenario.mailboxId('@ToJail')] });

      await mailroom.run();

      expect(await whereIs(scenario, feed)).toBe('Feed');
      expect(await whereIs(scenario, jail)).toBe('Feed');
    }));

  test('two senders of one contact have different labels: one label for both ends it', () =>
    onStandIn(programs, {}, async ({ scenario, account, mailroom }) => {
      await account.putCard(
        'shared.vcf',
        'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:shared\r\nFN:Shop\r\nN:;;;;\r\nEMAIL:a@shop.example\r\nEMAIL:b@shop.example\r\nEND:VCARD\r\n',
      );
      const a = await scenario.email({ from: 'a@shop.example', in: ['Screener', '@ToFeed'] });
      const b = await scenario.email({ from: 'b@shop.example', in: ['Screener', '@ToJail'] });
      expect((await mailroom.run()).find('conflict_detected')).toHaveLength(2);
      await account.moveEmail(b, {
        add: [scenario.mailboxId('@ToFeed')],
        remove: [scenario.mailboxId('@ToJail')],
      });

      await mailroom.run();

      expect(await whereIs(scenario, a)).toBe('Feed');
      expect(await whereIs(scenario, b)).toBe('Feed');
    }));

  test('an email that is nobody’s keeps its label, and the log says why', () =>
    onStandIn(programs, {}, async ({ scenario, mailroom }) => {
      const email = await scenario.email({ from: null, in: ['Screener', '@ToFeed'] });

      const run = await mailroom.run();

      expect(run.find('email_missing_sender')).toMatchObject([{ reason: 'no address' }]);
      expect(await whereIs(scenario, email)).toBe('@MailroomError + @ToFeed + Screener');
    }));

  test('the log of every pass names a conflict that was marked long ago', () =>
    onStandIn(programs, {}, async ({ scenario, mailroom }) => {
      await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });
      await scenario.email({ from: FROM, in: ['Screener', '@ToJail'] });
      await mailroom.run();

      const again = await mailroom.run();

      expect(again.find('conflict_detected')).toMatchObject([{ sender: 'news@sender.example' }]);
    }));
});

describe('It went to the wrong place', () => {
  test('another label on any email of the sender moves all of it, and changes the group', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      const email = await handled(world);
      const later = await scenario.email({ from: FROM, in: ['Feed'] });
      await account.moveEmail(later, { add: [scenario.mailboxId('@ToPaperTrail')] });

      await mailroom.run();

      expect(await whereIs(scenario, email)).toBe('Paper Trail');
      expect(await whereIs(scenario, later)).toBe('Paper Trail');
      expect(await groupsOfSender(world)).toEqual(['Paper Trail']);
    }));

  test('a sender in two groups leaves the wrong one when it is labelled once more', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      const email = await handled(world);
      const contact = await scenario.contactOf('news@sender.example');
      await scenario.addMember('Jail', contact.value('UID') ?? '');
      await account.moveEmail(email, { add: [scenario.mailboxId('@ToFeed')] });

      await mailroom.run();

      expect(await groupsOfSender(world)).toEqual(['Feed']);
    }));
});

describe('It went nowhere', () => {
  test('what is archived, in the Inbox, or of another address is not moved by a first decision', () =>
    onStandIn(programs, {}, async ({ scenario, mailroom }) => {
      await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });
      const archived = await scenario.email({ from: FROM, in: ['Archive'] });
      const inInbox = await scenario.email({ from: FROM, in: ['Inbox'] });
      const alike = await scenario.email({ from: 'news+1@sender.example', in: ['Screener'] });

      await mailroom.run();

      expect(await whereIs(scenario, archived)).toBe('Archive');
      expect(await whereIs(scenario, inInbox)).toBe('Inbox');
      expect(await whereIs(scenario, alike)).toBe('Screener');
    }));

  test('a contact that was deleted is made again by the label', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      await handled(world);
      await account.deleteCard((await scenario.contactOf('news@sender.example')).href);
      const email = await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });

      await mailroom.run();

      expect(await whereIs(scenario, email)).toBe('Feed');
      expect(await groupsOfSender(world)).toEqual(['Feed']);
    }));
});

describe('I put on the wrong label', () => {
  test('not carried out yet: take it off, and nothing happens', () =>
    onStandIn(programs, {}, async ({ scenario, account, mailroom }) => {
      const email = await scenario.email({ from: FROM, in: ['Screener', '@ToJail'] });
      await account.moveEmail(email, { remove: [scenario.mailboxId('@ToJail')] });
      account.clearRequests();

      await mailroom.run();

      expect(recordedWrites(account)).toEqual([]);
      expect(await whereIs(scenario, email)).toBe('Screener');
    }));

  test('you want to decide later: @ToScreener, and the next email waits in Screener again', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      await account.setRules(planFastmailRules(triageNames()).rules);
      const label = await account.createMailbox('@ToScreener');
      const email = await handled(world);
      await account.moveEmail(email, { add: [label] });

      const run = await mailroom.run();

      expect(run.end).toMatchObject({ event: 'poll_complete', processed: 1, failed: 0 });
      expect(await whereIs(scenario, email)).toBe('Screener');
      expect(await scenario.contacts()).toEqual([]);
      const next = await account.deliverEmail({ from: FROM });
      expect(await whereIs(scenario, next)).toBe('Screener');
    }));

  test('back to undecided by hand: a deleted contact is made again when it is labelled again', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      const email = await handled(world);
      const { href } = await scenario.contactOf('news@sender.example');
      await account.deleteCard(href);
      await account.moveEmail(email, {
        add: [scenario.mailboxId('Screener'), scenario.mailboxId('@ToJail')],
        remove: [scenario.mailboxId('Feed')],
      });

      await mailroom.run();

      expect(await whereIs(scenario, email)).toBe('Jail');
      expect(await groupsOfSender(world)).toEqual(['Jail']);
    }));
});

describe('The token or the password is no longer accepted', () => {
  test('the pass fails and says so; with the new one it goes on, and nothing is lost', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      await handled(world);
      account.changeCredentials({ token: 'fake-new-token-0123456789' });
      const email = await scenario.email({ from: FROM, in: ['Screener', '@ToJail'] });

      const refused = await mailroom.run({ env: { MAILROOM_JMAP_TOKEN: 'fake-old-token-987654' } });
      const renewed = await mailroom.run({ env: { MAILROOM_JMAP_TOKEN: account.token } });

      expect(refused.end).toMatchObject({ event: 'startup_failed' });
      expect(refused.end['error'].message).toMatch(/HTTP 401/u);
      expect(renewed.end).toMatchObject({ event: 'poll_complete', processed: 1 });
      expect(await whereIs(scenario, email)).toBe('Jail');
    }));
});

describe('A label or a mailbox was renamed', () => {
  test('the pass says which is missing; with the new name in the settings it goes on', () =>
    onStandIn(programs, {}, async ({ scenario, account, mailroom }) => {
      const email = await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });
      account.mail.renameMailbox(scenario.mailboxId('@ToFeed'), '@ToNews');

      const missing = await mailroom.run();
      const named = await mailroom.run({ env: { MAILROOM_LABEL_TO_FEED: '@ToNews' } });

      expect(missing.end['error'].message).toContain('mailbox "@ToFeed" is missing');
      expect(named.end).toMatchObject({ event: 'poll_complete', processed: 1 });
      expect(await whereIs(scenario, email)).toBe('Feed');
    }));

  test('a new name without @ is refused, and the reason stands there', () =>
    onStandIn(programs, {}, async ({ mailroom }) => {
      const run = await mailroom.run({ env: { MAILROOM_LABEL_TO_FEED: 'ToNews' } });

      expect(run.end['error'].message).toContain(
        'MAILROOM_LABEL_TO_FEED must have a name that begins with @ (rename the mailbox, then put its new name here)',
      );
    }));
});

describe('A contact group or a mailbox was deleted', () => {
  test('setup --apply makes the group again; the senders come back one by one, by a label', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, account, mailroom } = world;
      const email = await handled(world);
      const feed = [...(await account.cards())].find(([, { card }]) => /^FN:Feed\r?$/mu.test(card));
      await account.deleteCard(feed?.[0] ?? '');

      const missing = await mailroom.run();
      const made = await setUp(world, {}, '--apply');
      const empty = await groupsOfSender(world);
      await account.moveEmail(email, { add: [scenario.mailboxId('@ToFeed')] });
      await mailroom.run();

      expect(missing.end['error'].message).toContain('contact group "Feed" is missing');
      expect(made.stdout).toMatch(/created\s+Feed/u);
      expect(made.exitCode).toBe(0);
      expect(empty).toEqual([]);
      expect(await groupsOfSender(world)).toEqual(['Feed']);
      expect(await whereIs(scenario, email)).toBe('Feed');
    }));
});

describe('A second account', () => {
  test('two installations, each with a state of its own, leave one another alone', () =>
    onStandIn(programs, {}, (one) =>
      onStandIn(programs, { standIn: { username: 'ben@mail.example' } }, async (other) => {
        await handled(one);
        await handled(other);

        expect(await one.scenario.contacts()).toHaveLength(1);
        expect(await other.scenario.contacts()).toHaveLength(1);
      }),
    ));
});

describe('Moving to another cluster or machine', () => {
  const moved = (world: OnStandIn): Promise<Installation> => install(programs, world.account);

  test('without its state it knows what was done: the first pass there writes nothing', () =>
    onStandIn(programs, {}, async (world) => {
      await handled(world);
      world.account.clearRequests();
      const there = await moved(world);

      const run = await there.run();

      expect(run.end).toMatchObject({ event: 'poll_complete', triaged_senders: 0 });
      expect(recordedWrites(world.account)).toEqual([]);
      await there.remove();
    }));

  test('both running for a while do no harm: one contact, one group', () =>
    onStandIn(programs, {}, async (world) => {
      const { scenario, mailroom } = world;
      const there = await moved(world);
      const email = await scenario.email({ from: FROM, in: ['Screener', '@ToFeed'] });

      const ended = await Promise.all([mailroom.run(), there.run()]);
      await mailroom.run();

      expect(ended.map(({ exitCode }) => exitCode)).toContain(0);
      expect(await whereIs(scenario, email)).toBe('Feed');
      expect(await groupsOfSender(world)).toEqual(['Feed']);
      await there.remove();
    }));
});

test('each block above is a heading of the page', async () => {
  const page = await readFile(join(PROJECT, '.github/TROUBLESHOOTING.md'), 'utf8');
  const source = await readFile(import.meta.filename, 'utf8');
  const blocks = [...source.matchAll(/^describe\('(?<name>[^']+)'/gmu)].map(
    ({ groups }) => groups?.['name'] ?? '',
  );
  const headings = page.split('\n').filter((line) => line.startsWith('## '));

  expect(blocks.length).toBeGreaterThan(6);
  expect(headings).toEqual(expect.arrayContaining(blocks.map((name) => `## ${name}`)));
});
