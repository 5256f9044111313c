import * as fc from 'fast-check';

import type { CardRow, Picture, Story, TortureAccount } from '../support/torture-account.ts';
import { withTortureAccount } from '../support/torture-run.ts';
import { type FromForm, honestFrom, KINDS, strangeFrom, type Victim } from './from-forms.ts';
import { misplaced } from './same-end.ts';
import { type Ordeal, requireNone, type Trial } from './trials.ts';

/**
 * Strangers who write From so that they may be taken for somebody else, on a server that reads it
 * as carelessly as Cyrus. Some of their emails lie, unlabelled, in the places that are swept;
 * others carry a label, as if the user had decided.
 */
export function strangers(): Ordeal {
  return {
    name: 'strangers',
    promise: `Strangers who try to pass for somebody else (20 From fields at a time, of ${KINDS.strange} kinds: an address in the name, domains cut at odd characters, two fields, patterns, routes, groups, spaces, bytes beyond ASCII; and the user’s own address), on a server that reads them as badly as Cyrus: none of their emails moves with somebody else’s or decides for somebody else, and honest mail of ${KINDS.honest} kinds gets through`,
    *trials({ seed, size }) {
      const rounds = size === 'all' ? Infinity : 12;
      for (let round = 0; round < rounds; round += 1) yield toTrial(seed + round);
    },
  };
}

/** A new sender; one who changes places, with mail in the old one; a friend; the user. */
const NEWCOMER: Victim = { local: 'news', domain: 'shop.example' };
const MOVING: Victim = { local: 'moving', domain: 'deals.example' };
const FRIEND: Victim = { local: 'friend', domain: 'bank.example' };
const USER: Victim = { local: 'alice', domain: 'mail.example' };
const VICTIMS = [NEWCOMER, MOVING, FRIEND, USER];

/** Where a stranger's email is: in a place that is swept, or under a label. */
const PLACES: readonly (readonly string[])[] = [
  ['Screener'],
  ['Feed'],
  ['Screener', '@ToJail'],
  ['Screener', '@ToPerson'],
];

function toTrial(seed: number): Trial {
  return {
    name: `seed ${seed}`,
    run: () => {
      const take = (forms: fc.Arbitrary<FromForm>, numRuns: number): readonly FromForm[] =>
        fc.sample(forms, { seed, numRuns });
      const [news, deals] = [NEWCOMER, MOVING].map((victim) =>
        take(honestFrom(victim), 3).map(({ raw }) => raw),
      );
      // An email from the user's own address is nobody's, whoever wrote it.
      const users = take(honestFrom(USER), 3).map((form) => ({ ...form, own: null }));
      const forms = [...take(strangeFrom(VICTIMS), 17), ...users];
      return tryStrangers(forms, tell(news ?? [], deals ?? []), seed);
    },
  };
}

/** The first email of either carries the label. */
function tell(news: readonly string[], deals: readonly string[]): Story {
  const rows = (froms: readonly string[], from: string, to: string): Story['emails'] =>
    froms.map((one) => ({ from: one, in: [from], ends: [to] }));
  return {
    emails: [
      { from: addressOf(NEWCOMER), in: ['Screener', '@ToFeed'], ends: ['Feed'] },
      ...rows(news, 'Screener', 'Feed'),
      { from: addressOf(MOVING), in: ['Feed', '@ToPaperTrail'], ends: ['Paper Trail'] },
      ...rows(deals, 'Feed', 'Paper Trail'),
      ...rows([addressOf(FRIEND)], 'Inbox', 'Inbox'),
      ...rows([addressOf(FRIEND)], 'Screener', 'Screener'),
    ],
    cards: [toCard(MOVING, 'Feed'), toCard(FRIEND, 'Imbox')],
    routes: {
      [addressOf(NEWCOMER)]: 'Feed',
      [addressOf(MOVING)]: 'Paper Trail',
      [addressOf(FRIEND)]: 'Imbox',
    },
  };
}

function toCard(victim: Victim, group: string): CardRow {
  const lines = [`FN:${victim.local}`, 'N:;;;;', `EMAIL:${addressOf(victim)}`];
  return { uid: `card-${victim.local}`, lines, groups: [group] };
}

interface Sent extends FromForm {
  readonly id: string;
  readonly places: readonly string[];
}

async function tryStrangers(forms: readonly FromForm[], story: Story, seed: number): Promise<void> {
  await withTortureAccount({ story, username: addressOf(USER) }, async (world, mailroom) => {
    const sent: Sent[] = [];
    for (const [index, form] of forms.entries()) {
      const places = PLACES[(index + seed) % PLACES.length] ?? [];
      const mailboxIds = places.map(world.mailboxId);
      const id = await world.account.addEmail({ from: form.raw, mailboxIds });
      sent.push({ ...form, id, places });
    }
    // The second pass judges again what the first has left.
    const ends = [(await mailroom.pass()).end, (await mailroom.pass()).end];

    const picture = world.picture();
    requireNone([
      ...ends.filter(({ event }) => event !== 'poll_complete').map((end) => JSON.stringify(end)),
      ...misplaced(story, picture),
      ...world.findHarm(),
      ...findMoved(sent, world),
      ...findForeignContacts(sent, story, picture),
      ...findMisrouted(story, picture),
    ]);
  });
}

/**
 * A labelled email is triaged as the stranger's own, or marked as nobody's; an unlabelled one
 * stays.
 */
function findMoved(
  sent: readonly Sent[],
  { account, mailboxId }: TortureAccount,
): readonly string[] {
  const decided = ownAddresses(sent);
  return sent.flatMap(({ kind, raw, own, id, places }) => {
    const isIn = (names: readonly string[]): boolean => {
      const at = account.mail.emails.get(id)?.mailboxIds ?? new Set();
      return at.size === names.length && names.every((name) => at.has(mailboxId(name)));
    };
    const may = isLabelled(places) ? [[...places, '@MailroomError']] : [places];
    if (own !== null && decided.has(own)) may.push(['Jail'], ['Inbox']);
    return may.some(isIn) ? [] : [`${kind}: ${JSON.stringify(raw)} is where it may not be`];
  });
}

/** Only labelled senders got a contact. */
function findForeignContacts(
  sent: readonly Sent[],
  { routes }: Story,
  { cards }: Picture,
): readonly string[] {
  const known = new Set([...ownAddresses(sent), ...Object.keys(routes)]);
  const emails = Object.values(cards).flatMap((lines) =>
    lines
      .filter((line) => /^EMAIL[;:]/iu.test(line))
      .map((line) => line.slice(line.indexOf(':') + 1)),
  );
  const foreign = emails.filter((email) => !known.has(email.toLowerCase()));
  return foreign.map((email) => `a contact with ${email}`);
}

function findMisrouted({ routes }: Story, { cards, groups }: Picture): readonly string[] {
  return Object.entries(routes).flatMap(([address, route]) => {
    const own = Object.values(cards).filter((lines) =>
      lines.some((line) => /^EMAIL[;:]/iu.test(line) && line.endsWith(`:${address}`)),
    );
    const uids = own.map((lines) =>
      lines
        .find((line) => /^UID:/iu.test(line))
        ?.slice(4)
        .toLowerCase(),
    );
    const found = Object.keys(groups).filter((name) =>
      uids.some((uid) => groups[name]?.includes(uid ?? '')),
    );
    return uids.length === 1 && found.join() === route
      ? []
      : [`${address} has ${uids.length} cards, and is in ${found.join(' and ')}`];
  });
}

function ownAddresses(sent: readonly Sent[]): ReadonlySet<string> {
  return new Set(
    sent.flatMap(({ own, places }) => (own !== null && isLabelled(places) ? [own] : [])),
  );
}

function isLabelled(places: readonly string[]): boolean {
  return places.length > 1;
}

function addressOf({ local, domain }: Victim): string {
  return `${local}@${domain}`;
}
