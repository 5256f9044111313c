import type { RecordedRequest } from '../support/stand-in/exchange.ts';
import type { Scenario, ScenarioContact } from '../support/scenario.ts';
import type { DemoAccount, DemoSender, Places } from './account.ts';

/** What is on the server, in names instead of ids. */
export interface AccountView {
  /** Where every email is, by its id. */
  readonly whereabouts: ReadonlyMap<string, string>;
  /** Addresses of every contact group's members, by its name. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly contacts: readonly ScenarioContact[];
}

export async function readAccount(scenario: Scenario): Promise<AccountView> {
  const contacts = await scenario.contacts();
  const addressOf = (uid: string): string => {
    const contact = contacts.find((card) => card.value('UID')?.toLowerCase() === uid);
    return contact?.value('EMAIL') ?? `nobody (${uid})`;
  };
  const groups = [...(await scenario.groups())].map(
    ([name, uids]) => [name, uids.map(addressOf).toSorted()] as const,
  );
  return { whereabouts: await scenario.whereabouts(), groups: new Map(groups), contacts };
}

/** How many of a sender's emails are where. */
function placesOf(ids: readonly string[], view: AccountView): Places {
  const places: Record<string, number> = {};
  for (const id of ids) {
    const place = view.whereabouts.get(id) ?? 'gone';
    places[place] = (places[place] ?? 0) + 1;
  }
  return places;
}

/** What is wrong after a pass; empty when everything is right. */
export function findProblems(
  senders: readonly DemoSender[],
  account: DemoAccount,
  view: AccountView,
): readonly string[] {
  return [
    ...senders.flatMap((sender) => findSenderProblems(sender, account, view)),
    ...findAccountProblems(senders, account, view),
  ];
}

function findSenderProblems(
  sender: DemoSender,
  { emailIds, cardsBefore }: DemoAccount,
  view: AccountView,
): readonly string[] {
  const { address, after, group, card } = sender;
  const problems: string[] = [];
  const expect = (what: string, found: string, expected: string): void => {
    if (found !== expected) problems.push(`${address}: ${what} ${found}, not ${expected}`);
  };
  const ids = emailIds.get(address) ?? [];
  expect('emails in', describe(placesOf(ids, view)), describe(after));
  const groups = [...view.groups].filter(([, members]) => members.includes(address));
  expect('in group', groups.map(([name]) => name).join(', ') || 'none', group ?? 'none');

  const contacts = view.contacts.filter(({ lines }) =>
    lines.some(({ name, value }) => name.toUpperCase() === 'EMAIL' && value === address),
  );
  expect('contacts:', String(contacts.length), card === null ? '0' : '1');
  for (const contact of contacts) {
    const lines = new Set(contact.lines.map(({ name, value }) => `${name}:${value}`));
    const missing = (card ?? []).filter((line) => !lines.has(line));
    expect('card lacks', missing.join(' ') || 'nothing', 'nothing');
    const before = cardsBefore.get(address);
    if (before !== undefined && withoutNoteLine(contact.card) !== unfold(before)) {
      problems.push(`${address}: the card changed in more than its note`);
    }
  }
  return problems;
}

/** Checks the whole account: it has the senders' emails, members and contacts, and nothing else. */
function findAccountProblems(
  senders: readonly DemoSender[],
  { emailIds }: DemoAccount,
  { whereabouts, groups, contacts }: AccountView,
): readonly string[] {
  const problems: string[] = [];
  const known = new Set([...emailIds.values()].flat());
  const added = [...whereabouts.keys()].filter((id) => !known.has(id));
  if (added.length > 0) problems.push(`${added.length} emails that nobody sent`);
  const expectedCards = senders.filter(({ card }) => card !== null).length;
  if (contacts.length !== expectedCards) {
    problems.push(`${contacts.length} contacts, not ${expectedCards}`);
  }
  for (const [name, members] of groups) {
    const expected = senders.filter(({ group }) => group === name).map(({ address }) => address);
    const found = members.join(', ');
    if (found !== expected.toSorted().join(', ')) problems.push(`group ${name} has ${found}`);
  }
  return problems;
}

/** The requests that wrote something. One that is not known to be a read counts as a write. */
export function findWrites(requests: readonly RecordedRequest[]): readonly string[] {
  return requests
    .filter(({ kind, jmapMethods }) => {
      if (kind === 'jmap') return !jmapMethods.every((name) => /\/(?:get|query)$/u.test(name));
      return !['session', 'well-known', 'propfind', 'report', 'get-card'].includes(kind);
    })
    .map(({ method, path, jmapMethods }) => [method, path, ...jmapMethods].join(' '));
}

/** Sorted by name, also within each place. */
function describe(places: Places): string {
  return Object.entries(places)
    .map(([place, count]) => `${place.split(' + ').toSorted().join(' + ')}: ${count}`)
    .toSorted()
    .join('; ');
}

/** The card without the line that Mailroom adds at the end of the note. */
function withoutNoteLine(card: string): string {
  return unfold(card).replace(/\\nMailroom \d{4}-\d\d-\d\d: [^\r]*(?=\r\n)/u, '');
}

/** RFC 2426 §5.8.1. */
function unfold(card: string): string {
  return card.replace(/\r\n[ \t]/gu, '');
}
