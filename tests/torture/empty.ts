import { writeFile } from 'node:fs/promises';

import { recordedWrites } from '../support/run-mailroom.ts';
import { stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';
import type { Fault, FaultRule } from '../support/stand-in/faults.ts';
import { type Picture, type TortureAccount } from '../support/torture-account.ts';
import { withTortureAccount } from '../support/torture-run.ts';
import { differences, misplaced } from './same-end.ts';
import { FEW_WRITES } from './stories.ts';
import { type Ordeal, requireNone, type Trial } from './trials.ts';

/** Something that the server shows as empty, or as less than it is, for a whole pass. */
interface EmptyRow {
  readonly name: string;
  readonly rules: (world: TortureAccount) => readonly FaultRule[];
  /**
   * `nothing` is written; or the pass `noticed` it and does everything; or what depends on it
   * `waits`: those emails stay where they are.
   */
  readonly outcome: 'nothing' | 'noticed' | 'waits';
}

type Mailboxes = { list: { id: string; role: string | null; totalEmails: number }[] };
type Method = readonly [name: string, args: object, callId: string];

const changeMethod = (method: string, change: (args: object) => object): Fault => ({
  kind: 'replaceJson',
  change: (json: { methodResponses: readonly Method[] }) => ({
    ...json,
    methodResponses: json.methodResponses.map(([name, args, id]) => [
      name,
      name === method ? change(args) : args,
      id,
    ]),
  }),
});
const mailboxes = (change: (list: Mailboxes['list']) => Mailboxes['list']): FaultRule => ({
  on: 'Mailbox/get',
  times: Infinity,
  fault: changeMethod('Mailbox/get', (args) => ({
    ...args,
    list: change((args as Mailboxes).list),
  })),
});
const noEmails: readonly Fault[] = [
  changeMethod('Email/query', (args) => ({ ...args, ids: [], total: 0 })),
  changeMethod('Email/get', (args) => ({ ...args, list: [], notFound: [] })),
];
const RESPONSE = /<(?<tag>[\w:]*response)>(?:(?!<\/\k<tag>>).)*<\/\k<tag>>/gsu;
const responses = (
  on: FaultRule['on'],
  change: (response: string) => string,
  when?: FaultRule['when'],
): FaultRule => ({
  on,
  times: Infinity,
  ...(when === undefined ? {} : { when }),
  fault: { kind: 'replaceText', change: (text) => text.replaceAll(RESPONSE, change) },
});
const isListing: FaultRule['when'] = ({ body }) => !body.includes('prop-filter');
const isFiltered: FaultRule['when'] = ({ body }) => body.includes('prop-filter');
const isGroup = (response: string): boolean => /KIND:group/iu.test(response);

const ROWS: readonly EmptyRow[] = [
  { name: 'no mailboxes', rules: () => [mailboxes(() => [])], outcome: 'nothing' },
  {
    name: 'no mailbox but the Inbox',
    rules: () => [mailboxes((list) => list.filter(({ role }) => role === 'inbox'))],
    outcome: 'nothing',
  },
  {
    name: 'a label lacks',
    rules: ({ mailboxId }) => [
      mailboxes((list) => list.filter(({ id }) => id !== mailboxId('@ToJail'))),
    ],
    outcome: 'nothing',
  },
  {
    name: 'every mailbox says that it is empty',
    rules: () => [mailboxes((list) => list.map((one) => ({ ...one, totalEmails: 0 })))],
    outcome: 'nothing',
  },
  {
    name: 'Screener says that it is empty',
    rules: ({ mailboxId }) => [
      mailboxes((list) =>
        list.map((one) => (one.id === mailboxId('Screener') ? { ...one, totalEmails: 0 } : one)),
      ),
    ],
    outcome: 'noticed',
  },
  {
    name: 'no emails anywhere',
    rules: () => noEmails.map((fault) => ({ on: 'Email/query', times: Infinity, fault })),
    outcome: 'nothing',
  },
  {
    name: 'no emails in Screener and old destinations',
    rules: ({ mailboxId }) =>
      noEmails.map((fault) => ({
        on: 'Email/query',
        times: Infinity,
        when: ({ body }) =>
          [mailboxId('Screener'), mailboxId('Feed')].some((id) => body.includes(id)),
        fault,
      })),
    outcome: 'waits',
  },
  {
    name: 'no address books',
    rules: () => [responses('propfind', (text) => text.replace(/<[\w:]*addressbook\/>/u, ''))],
    outcome: 'nothing',
  },
  {
    name: 'no groups, in a filtered read and in a whole one',
    rules: () => [responses('report', (text) => (isGroup(text) ? '' : text))],
    outcome: 'nothing',
  },
  {
    name: 'nothing in any report',
    rules: () => [responses('report', () => '')],
    outcome: 'nothing',
  },
  {
    name: 'no groups in a filtered read',
    rules: () => [responses('report', () => '', isFiltered)],
    outcome: 'noticed',
  },
  {
    name: 'a group lacks in a filtered read',
    rules: () => [
      responses('report', (text) => (text.includes('FN:Feed') ? '' : text), isFiltered),
    ],
    outcome: 'noticed',
  },
  {
    name: 'no cards in a listing',
    rules: () => [responses('report', () => '', isListing)],
    outcome: 'noticed',
  },
  {
    name: 'no contacts in a listing',
    rules: () => [responses('report', (text) => (isGroup(text) ? text : ''), isListing)],
    outcome: 'noticed',
  },
  {
    name: 'the listing ends at a limit, and says so (507)',
    rules: ({ account }) => [
      {
        on: 'report',
        times: Infinity,
        when: isListing,
        fault: {
          kind: 'replaceText',
          change: (text) => limited(text, `${account.contacts.homeHref}Default/`),
        },
      },
    ],
    outcome: 'nothing',
  },
  {
    name: 'cards are cut in the middle',
    rules: () => [
      responses(
        'report',
        (text) => text.replace(/(BEGIN:VCARD.{30}).*?(?=(?:\]\]>)?<\/[\w:]*address-data>)/su, '$1'),
        isListing,
      ),
    ],
    outcome: 'noticed',
  },
  {
    name: 'cards have no text',
    rules: () => [
      responses(
        'report',
        (text) => text.replace(/BEGIN:VCARD.*?(?=(?:\]\]>)?<\/[\w:]*address-data>)/su, ''),
        isListing,
      ),
    ],
    outcome: 'noticed',
  },
];

/** RFC 6352 §8.6.2: fewer cards, and 507 for the book itself. */
function limited(text: string, bookHref: string): string {
  const kept = text.replaceAll(RESPONSE, (response) => (isGroup(response) ? response : ''));
  const [, prefix = ''] = /<(?<prefix>[\w]*:?)multistatus/u.exec(text) ?? [];
  const over = `<${prefix}response><${prefix}href>${bookHref}</${prefix}href><${prefix}status>HTTP/1.1 507 Insufficient Storage</${prefix}status></${prefix}response>`;
  return kept.replace(`</${prefix}multistatus>`, `${over}</${prefix}multistatus>`);
}

/** Each for a whole pass, once with the servers remembered and once without. */
export function emptyIsNotNothing(): Ordeal {
  let undisturbed: Picture;
  return {
    name: 'empty',
    promise: `A server that suddenly shows nothing, or less than it has (${ROWS.length} ways): nothing is written on the strength of it, and once it is over everything is done`,
    async open() {
      undisturbed = await withTortureAccount({ story: FEW_WRITES }, async (world, mailroom) => {
        await mailroom.pass();
        requireNone(misplaced(world.story, world.picture()));
        return world.picture();
      });
    },
    trials: () => ROWS.map((row) => toTrial(row, () => undisturbed)),
  };
}

function toTrial({ name, rules, outcome }: EmptyRow, undisturbed: () => Picture): Trial {
  return {
    name,
    run: () =>
      withTortureAccount({ story: FEW_WRITES }, async (world, mailroom) => {
        await writeFile(mailroom.statePath, stateAfterSuccess());
        const before = world.picture();
        let changed = 0;
        const count = (): void => void (changed += 1);
        for (const rule of rules(world)) {
          world.account.faults.push({ ...rule, fault: countingChanges(rule.fault, count) });
        }
        const { end } = await mailroom.pass();
        const now = world.picture();
        const problems = {
          nothing: () => recordedWrites(world.account).map((one) => `written: ${one}`),
          noticed: () => differences(undisturbed(), now),
          waits: () => differences(before, { ...before, emails: now.emails }),
        }[outcome]();
        requireNone([
          ...problems.map((one) => `${one} (${end.event}: ${JSON.stringify(end['error'])})`),
          ...(changed === 0 ? ['no answer was changed'] : []),
          ...world.findHarm(),
        ]);
        world.account.faults.length = 0;
        await mailroom.pass();
        requireNone(
          differences(undisturbed(), world.picture()).map((one) => `after the next pass ${one}`),
        );
      }),
  };
}

/** Fails if the fault changed nothing, because then the trial would prove nothing. */
function countingChanges(fault: Fault, count: () => void): Fault {
  if (fault.kind === 'replaceText') {
    return {
      kind: 'replaceText',
      change(text) {
        const after = fault.change(text);
        if (after !== text) count();
        return after;
      },
    };
  }
  if (fault.kind !== 'replaceJson') return fault;
  return {
    kind: 'replaceJson',
    change(json: unknown) {
      const before = JSON.stringify(json);
      const after = fault.change(json);
      if (JSON.stringify(after) !== before) count();
      return after;
    },
  };
}
