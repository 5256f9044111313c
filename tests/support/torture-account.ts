import { groupCard } from './wire.ts';
import { prepareAccount } from './prepare-account.ts';
import { PRIVATE_SUBJECT } from './run-mailroom-privacy.ts';
import { hasName, parseCardLines } from './stand-in/card-text.ts';
import type { StandInOptions } from './stand-in/options.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';
import type { TestAccount } from './test-account.ts';

/** An email of a scenario, and where it is once the pass is done. */
export interface EmailRow {
  readonly from: string | null;
  readonly in: readonly string[];
  readonly ends: readonly string[];
}

/** A card of a scenario, and the groups that it is in. */
export interface CardRow {
  readonly uid: string;
  readonly lines: readonly string[];
  readonly groups?: readonly string[];
}

export interface Story {
  readonly emails: readonly EmailRow[];
  readonly cards: readonly CardRow[];
  /** The group of each address once the pass is done; null: it has no card. */
  readonly routes: Readonly<Record<string, string | null>>;
  /** UIDs of cards that Mailroom may delete, as they are in the story. */
  readonly removable?: readonly string[];
  /** Addresses whose cards the server always refuses. */
  readonly refused?: readonly string[];
}

/**
 * A picture of an account that can be compared with another's: ids are replaced by names and
 * places.
 */
export interface Picture {
  /** Where each email of the story is, in its order: names of mailboxes, or `gone`. */
  readonly emails: readonly string[];
  /** Lines of each card that is no group, dates left out, by path. */
  readonly cards: Readonly<Record<string, readonly string[]>>;
  /** UIDs of the members of each group, by name. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** An account in the middle of a story. */
export interface TortureAccount {
  readonly account: StandIn;
  readonly story: Story;
  readonly emailIds: readonly string[];
  /** A mailbox's id, by its name. */
  readonly mailboxId: (name: string) => string;
  /** A card's path, by its UID. */
  readonly hrefOf: (uid: string) => string;
  readonly picture: () => Picture;
  /** What is broken now that no kill, fault or second pass may break; empty if nothing is. */
  readonly findHarm: () => readonly string[];
}

/** Starts a stand-in, and tells the story up to where Mailroom comes in. */
export async function openTortureAccount(
  story: Story,
  options: StandInOptions = {},
): Promise<TortureAccount> {
  const account = await startStandIn({ lastMailbox: 'destroy', ...options });
  await prepareAccount(account);
  const hasTakeBack = story.emails.some((email) => email.in.includes(TAKE_BACK));
  if (hasTakeBack) await account.createMailbox(TAKE_BACK);
  const names = new Map([...account.mail.mailboxes.values()].map(({ id, name }) => [id, name]));
  const ids = new Map([...names].map(([id, name]) => [name, id]));
  const mailboxId = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`no mailbox ${name}`);
    return id;
  };
  const hrefs = new Map<string, string>();
  for (const { uid, lines } of story.cards) {
    hrefs.set(uid, await account.putCard(`${uid}.vcf`, contactCard(uid, lines)));
  }
  await setGroups(account, story);
  const emailIds: string[] = [];
  for (const [index, { from, in: mailboxes }] of story.emails.entries()) {
    emailIds.push(
      await account.addEmail({
        from,
        mailboxIds: mailboxes.map(mailboxId),
        subject: PRIVATE_SUBJECT,
        receivedAt: `2026-11-01T12:00:${String(index % 60).padStart(2, '0')}Z`,
      }),
    );
  }
  for (const address of story.refused ?? []) {
    account.faults.push({
      on: 'put-card',
      times: Infinity,
      when: ({ body }) => body.includes(address) && !/KIND:group/iu.test(body.toString()),
      mayMiss: true,
      fault: { kind: 'status', status: 403 },
    });
  }
  const picture = (): Picture => readPicture(account, emailIds, names);
  const before = picture();
  return {
    account,
    story,
    emailIds,
    mailboxId,
    hrefOf: (uid) => hrefs.get(uid) ?? '',
    picture,
    findHarm: () => findHarm(story, before, picture(), account),
  };
}

/** Accounts of other stories do not have this label, and so not this feature. */
const TAKE_BACK = '@ToScreener';

export function contactCard(uid: string, lines: readonly string[]): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, ...lines, 'END:VCARD', ''].join('\r\n');
}

async function setGroups(account: TestAccount, story: Story): Promise<void> {
  for (const [href, { card }] of await account.cards()) {
    const lines = parseCardLines(card) ?? [];
    if (!lines.some((line) => hasName(line, 'X-ADDRESSBOOKSERVER-KIND'))) continue;
    const value = (name: string): string => lines.find((line) => hasName(line, name))?.value ?? '';
    const group = value('FN');
    const members = story.cards.filter(({ groups }) => groups?.includes(group));
    if (members.length === 0) continue;
    await account.putCard(
      href.slice(href.lastIndexOf('/') + 1),
      groupCard(
        value('UID'),
        group,
        members.map(({ uid }) => uid),
      ),
    );
  }
}

function readPicture(
  { mail, contacts }: StandIn,
  emailIds: readonly string[],
  names: ReadonlyMap<string, string>,
): Picture {
  const cards: Record<string, readonly string[]> = {};
  const groups: Record<string, readonly string[]> = {};
  for (const { href, bytes } of [...contacts.books.values()].flatMap(({ cards }) => [
    ...cards.values(),
  ])) {
    const lines = parseCardLines(bytes.toString('utf8')) ?? [];
    const isGroup = lines.some((line) => hasName(line, 'X-ADDRESSBOOKSERVER-KIND'));
    if (isGroup) {
      const name = lines.find((line) => hasName(line, 'FN'))?.value ?? '';
      groups[name] = lines
        .filter((line) => hasName(line, 'X-ADDRESSBOOKSERVER-MEMBER'))
        .map(({ value }) => value.toLowerCase().replace(/^urn:uuid:/u, ''))
        .toSorted();
    } else {
      cards[href] = bytes
        .toString('utf8')
        .replace(/\r?\n[ \t]/gu, '')
        .replace(/(?<=Mailroom )\d{4}-\d\d-\d\d/gu, 'DATE')
        .trim()
        .split(/\r?\n/u);
    }
  }
  const place = (id: string): string => {
    const email = mail.emails.get(id);
    if (email === undefined) return 'gone';
    return [...email.mailboxIds]
      .map((mailbox) => names.get(mailbox) ?? mailbox)
      .toSorted()
      .join(' + ');
  };
  return { emails: emailIds.map(place), cards, groups };
}

/** What must be true at every moment, whatever was killed. */
function findHarm(
  story: Story,
  before: Picture,
  now: Picture,
  { mail }: StandIn,
): readonly string[] {
  const harm = mail.lastMailboxRemovals.map((id) => `${id}: was to leave its last mailbox`);
  for (const [index, place] of now.emails.entries()) {
    if (place === 'gone' || place === '') harm.push(`email ${index} is ${place || 'nowhere'}`);
  }
  const groupsOf = ({ groups }: Picture, uid: string): readonly string[] =>
    Object.keys(groups).filter((name) => groups[name]?.includes(uid.toLowerCase()));
  // When a decision is taken back, the sender's card may be in no group: the user wants that.
  const isTakenBack = ({ lines }: CardRow): boolean =>
    Object.entries(story.routes).some(
      ([address, route]) => route === null && lines.some((line) => line.endsWith(`:${address}`)),
    );
  for (const card of story.cards) {
    const { uid } = card;
    if (isTakenBack(card)) continue;
    if (groupsOf(before, uid).length > 0 && groupsOf(now, uid).length === 0) {
      harm.push(`${uid} is in no group any more`);
    }
  }
  for (const address of Object.keys(story.routes)) {
    const cards = cardsOf(now, address);
    if (cards.length > Math.max(1, cardsOf(before, address).length)) {
      harm.push(`${address} has ${cards.length} cards`);
    }
  }
  for (const [href, lines] of Object.entries(before.cards)) {
    const isRemoved =
      !(href in now.cards) && story.removable?.includes(uidOf(before, href)) === true;
    if (isRemoved) continue;
    const kept = lines.every((line) =>
      now.cards[href]?.some((one) => one === line || (isNote(line) && one.startsWith(line))),
    );
    if (!kept) harm.push(`${href} has lost a line`);
  }
  harm.push(...findUndoneLabels(story, now));
  return harm;
}

/** If a sender's triage label is off, everything else for that sender must be done. */
function findUndoneLabels(story: Story, now: Picture): readonly string[] {
  const harm: string[] = [];
  for (const [index, email] of story.emails.entries()) {
    const labels = email.in.filter((name) => name.startsWith('@To'));
    const isOff = labels.some((label) => !now.emails[index]?.includes(label));
    if (!isOff) continue;
    if (now.emails[index] !== email.ends.toSorted().join(' + ')) {
      harm.push(`email ${index} has lost its label, and is in ${now.emails[index]}`);
    }
    const address = addressOf(email);
    for (const [other, sibling] of story.emails.entries()) {
      const isLabelled = sibling.in.some((name) => name.startsWith('@To'));
      if (addressOf(sibling) !== address || isLabelled) continue;
      if (now.emails[other] !== sibling.ends.toSorted().join(' + ')) {
        harm.push(`email ${index} has lost its label while ${other} is in ${now.emails[other]}`);
      }
    }
    const route = story.routes[address] ?? '';
    const uids = cardsOf(now, address).map((href) => uidOf(now, href));
    for (const [name, members] of Object.entries(now.groups)) {
      const isIn = uids.some((uid) => members.includes(uid));
      if (isIn !== (name === route)) {
        harm.push(`email ${index} has lost its label while ${address} is not in ${route} alone`);
      }
    }
  }
  return harm;
}

function addressOf({ from }: EmailRow): string {
  return (/<(?<address>[^>]+)>/u.exec(from ?? '')?.groups?.['address'] ?? from ?? '').toLowerCase();
}

function cardsOf({ cards }: Picture, address: string): readonly string[] {
  return Object.keys(cards).filter((href) =>
    cards[href]?.some((line) => {
      const [name = '', ...value] = line.split(':');
      return /(?:^|\.)EMAIL(?:;|$)/iu.test(name) && value.join(':').toLowerCase() === address;
    }),
  );
}

function uidOf({ cards }: Picture, href: string): string {
  const line = cards[href]?.find((one) => /^UID[:;]/iu.test(one)) ?? '';
  return line.slice(line.indexOf(':') + 1).toLowerCase();
}

function isNote(line: string): boolean {
  return /^NOTE[:;]/iu.test(line);
}
