import { DEFAULT_MAILBOXES, prepareAccount } from './prepare-account.ts';
import { PRIVATE_SUBJECT } from './run-mailroom-privacy.ts';
import { type CardLine, decodeText, hasName, parseCardLines } from './stand-in/card-text.ts';
import type { StoredCard, TestAccount } from './test-account.ts';

/** An account that is set up for Mailroom, with names instead of ids. */
export interface Scenario {
  readonly account: TestAccount;
  /** An email in the mailboxes of these names; its id. */
  email(email: ScenarioEmail): Promise<string>;
  /** This many emails. */
  emails(count: number, email: ScenarioEmail): Promise<readonly string[]>;
  mailboxId(name: string): string;
  /** Where every email is: names in alphabetical order, joined with ` + `. */
  whereabouts(): Promise<ReadonlyMap<string, string>>;
  /** Where these emails are, in the same order; undefined for one that is gone. */
  places(ids: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Members of every contact group, by its FN. */
  groups(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Names of the groups that a contact is in. */
  groupsOf(uid: string): Promise<readonly string[]>;
  /** The user adds members to a group in their address book. */
  addMember(groupName: string, ...uids: readonly string[]): Promise<void>;
  /** All cards that are not groups. */
  contacts(): Promise<readonly ScenarioContact[]>;
  /** The one card that has the address; throws when there is none, or more than one. */
  contactOf(address: string): Promise<ScenarioContact>;
}

export interface ScenarioEmail {
  /** As on the wire. */
  readonly from: string | null;
  readonly in: readonly string[];
  readonly receivedAt?: string;
}

export interface ScenarioContact extends StoredCard {
  readonly href: string;
  /** Unfolded, in the order of the card. */
  readonly lines: readonly CardLine[];
  /** The first value of a property, escapes kept; null when the card has none. */
  value(name: string): string | null;
}

/** Mailboxes, labels and groups of the default settings, and those that every account has. */
export async function arrangeScenario(account: TestAccount): Promise<Scenario> {
  await prepareAccount(account);
  const ids = await account.mailboxIds(MAILBOXES);
  const names = new Map([...ids].map(([name, id]) => [id, name]));

  const mailboxId = (name: string): string => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`no mailbox ${name} in the scenario`);
    return id;
  };
  const readCards = async (): Promise<readonly ScenarioContact[]> =>
    [...(await account.cards())].map(([href, stored]) => toContact(href, stored));
  const contacts = async (): Promise<readonly ScenarioContact[]> =>
    (await readCards()).filter((card) => !isGroup(card));
  const groups = async (): Promise<ReadonlyMap<string, readonly string[]>> =>
    new Map(
      (await readCards()).filter(isGroup).map((card) => [card.value('FN') ?? '', membersOf(card)]),
    );
  const email = ({ from, in: mailboxes, receivedAt }: ScenarioEmail): Promise<string> =>
    account.addEmail({
      from,
      mailboxIds: mailboxes.map(mailboxId),
      subject: PRIVATE_SUBJECT,
      ...(receivedAt === undefined ? {} : { receivedAt }),
    });

  const whereabouts = async (): Promise<ReadonlyMap<string, string>> => {
    const emails = [...(await account.emails())];
    return new Map(emails.map(([id, { mailboxIds }]) => [id, describePlace(mailboxIds, names)]));
  };

  return {
    account,
    mailboxId,
    email,
    async emails(count, one) {
      const made: string[] = [];
      for (let index = 0; index < count; index += 1) made.push(await email(one));
      return made;
    },
    whereabouts,
    async places(ids) {
      const all = await whereabouts();
      return ids.map((id) => all.get(id));
    },
    groups,
    async groupsOf(uid) {
      return [...(await groups())]
        .filter(([, members]) => members.includes(uid.toLowerCase()))
        .map(([name]) => name)
        .toSorted();
    },
    async addMember(groupName, ...uids) {
      const group = (await readCards()).find(
        (card) => isGroup(card) && card.value('FN') === groupName,
      );
      if (group === undefined) throw new Error(`no group ${groupName}`);
      const slash = group.href.lastIndexOf('/') + 1;
      const lines = uids.map((uid) => `X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:${uid}\r\n`);
      await account.putCard(
        group.href.slice(slash),
        group.card.replace(/END:VCARD/iu, `${lines.join('')}END:VCARD`),
        group.href.slice(0, slash),
      );
    },
    contacts,
    async contactOf(address) {
      const found = (await contacts()).filter(({ lines }) =>
        lines.some((line) => hasName(line, 'EMAIL') && line.value.toLowerCase() === address),
      );
      const [only] = found;
      if (only === undefined || found.length > 1) {
        throw new Error(`${found.length} cards have ${address}`);
      }
      return only;
    },
  };
}

const MAILBOXES = ['Inbox', 'Archive', 'Sent', 'Spam', 'Trash', ...DEFAULT_MAILBOXES];

function describePlace(
  mailboxIds: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): string {
  return [...mailboxIds]
    .map((id) => names.get(id) ?? id)
    .toSorted()
    .join(' + ');
}

function toContact(href: string, stored: StoredCard): ScenarioContact {
  const binary = Buffer.from(stored.bytes).toString('latin1');
  const lines = (parseCardLines(binary) ?? []).map((line) => ({
    ...line,
    value: decodeText(line.value),
  }));
  return {
    ...stored,
    href,
    lines,
    value: (name) => lines.find((line) => hasName(line, name))?.value ?? null,
  };
}

function isGroup(card: ScenarioContact): boolean {
  return card.value('X-ADDRESSBOOKSERVER-KIND')?.toLowerCase() === 'group';
}

function membersOf({ lines }: ScenarioContact): readonly string[] {
  return lines
    .filter((line) => hasName(line, 'X-ADDRESSBOOKSERVER-MEMBER'))
    .map(({ value }) => value.toLowerCase().replace(/^urn:uuid:/u, ''));
}
