import { readFile, rm, writeFile } from 'node:fs/promises';

import { planFastmailRules } from '../../src/triage/fastmail-rules.ts';
import { triageNames } from '../support/builders.ts';
import { prepareAccount } from '../support/prepare-account.ts';
import type { EnvChange } from '../support/run-mailroom.ts';
import { hasName, parseCardLines } from '../support/stand-in/card-text.ts';
import type { EmailRecord } from '../support/stand-in/mail-state.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { contactCard } from '../support/torture-account.ts';
import { type Mailroom, setUpMailroom, type Transport } from '../support/torture-run.ts';
import { groupCard } from '../support/wire.ts';

/** A sender's address and display name. */
export const WRITERS: readonly { readonly address: string; readonly name: string }[] = [
  { address: 'ann@a.example', name: 'Ann' },
  { address: 'bob@b.example', name: '"Bob, Ltd."' },
  { address: 'cid@c.example', name: '' },
];

export const LABELS: readonly string[] = [
  ...triageNames().categories.map(({ label }) => label),
  '@ToScreener',
];

/** What the sender's next email must show. */
type Standing =
  | { readonly kind: 'unknown' | 'contact' | 'unsure' }
  | { readonly kind: 'in'; readonly group: string };

/** What all stories together have met. */
export interface WireSightings {
  readonly events: Set<string>;
  readonly kinds: Set<string>;
}

/**
 * One account on the stand-in, and the whole program as it runs by schedule, with settings, state,
 * clock and digest; and what the user may expect of them.
 */
export class WireStory {
  readonly standIn: StandIn;
  readonly #mailroom: Mailroom;
  readonly #sightings: WireSightings;
  readonly #standings = new Map<string, Standing>();
  /** The label on a sender that no pass has finished yet. */
  readonly #pending = new Map<string, string>();
  /** A pass has run since that label was put on, and did not finish the sender. */
  readonly #begun = new Set<string>();
  /** Ids of emails that the user has not deleted. */
  readonly #kept = new Set<string>();
  /** The user's own cards: the lines that must stay, by href. */
  readonly #cards = new Map<string, readonly string[]>();
  /** Addresses whose card Mailroom made and the user has changed since. */
  readonly #edited = new Set<string>();
  readonly #told: string[] = [];
  #env: EnvChange = {};
  #screener = 'Screener';
  #count = 0;

  static async open(sightings: WireSightings): Promise<WireStory> {
    // The bytes of the user's cards are compared, so this server must keep them.
    const standIn = await startStandIn({ rewritesCards: false });
    await prepareAccount(standIn);
    await standIn.createMailbox('@ToScreener');
    const story = new WireStory(standIn, await setUpMailroom(standIn), sightings);
    await story.#makeRules();
    return story;
  }

  private constructor(standIn: StandIn, mailroom: Mailroom, sightings: WireSightings) {
    this.standIn = standIn;
    this.#mailroom = mailroom;
    this.#sightings = sightings;
    for (const { address } of WRITERS) this.#standings.set(address, { kind: 'unknown' });
  }

  async close(): Promise<void> {
    await this.standIn.close();
    await this.#mailroom.remove();
  }

  get told(): string {
    return this.#told.map((text) => `  ${text}`).join('\n');
  }

  saw({ kind, text }: { readonly kind: string; readonly text: string }): void {
    this.#told.push(text);
    this.#sightings.kinds.add(kind);
  }

  async arrive(address: string): Promise<string> {
    const name = WRITERS.find((one) => one.address === address)?.name ?? '';
    const id = await this.standIn.deliverEmail({ from: `${name} <${address}>`.trim() });
    this.#kept.add(id);
    return id;
  }

  /** One of the emails that are not digests. */
  pickEmail(pick: number): EmailRecord | undefined {
    const emails = [...this.#kept].flatMap((id) => this.standIn.mail.emails.get(id) ?? []);
    return emails[pick % Math.max(1, emails.length)];
  }

  newestOf(address: string): EmailRecord | undefined {
    return this.#emailsOf(address).at(-1);
  }

  async putLabel(email: EmailRecord, label: string): Promise<void> {
    const address = addressOf(email);
    const all = this.#emailsOf(address).filter(({ id }) => id !== email.id);
    for (const one of [...all, email]) {
      await this.#move(one, one === email ? [label] : [], LABELS);
    }
    this.#pending.set(address, label);
  }

  /** While a pass runs: nobody can say how much of the decision was done by then. */
  async takeLabelsOffNow(email: EmailRecord): Promise<void> {
    const address = addressOf(email);
    if (this.#pending.has(address)) this.#begun.add(address);
    await this.takeLabelsOff(email);
  }

  async takeLabelsOff(email: EmailRecord): Promise<void> {
    const address = addressOf(email);
    for (const one of this.#emailsOf(address)) await this.#move(one, [], LABELS);
    this.#withdraw(address);
  }

  /** The user moves it; its labels stay on. */
  async moveTo(email: EmailRecord, place: string): Promise<void> {
    const labels = await this.#ids(LABELS);
    const rest = [...email.mailboxIds].filter((id) => !labels.includes(id));
    await this.standIn.moveEmail(email.id, {
      add: [await this.standIn.mailboxId(place === 'Screener' ? this.#screener : place)],
      remove: rest,
    });
  }

  async delete(email: EmailRecord): Promise<void> {
    const address = addressOf(email);
    await this.standIn.deleteEmail(email.id);
    this.#kept.delete(email.id);
    if (this.#pending.has(address) && !(await this.#isLabelled(address))) this.#withdraw(address);
  }

  /** The user makes a card for a sender who has none. */
  async makeCard(address: string): Promise<void> {
    if (this.#findCard(address) !== undefined || this.#pending.has(address)) return;
    this.#count += 1;
    const uid = `user-${this.#count}`;
    const lines = ['FN:My own', 'N:own;My;;;', `item1.EMAIL:${address}`, 'NOTE:Met in Ulm\\, 2019'];
    const card = contactCard(uid, [...lines, 'item1.X-ABLabel:work', 'X-ODD;a=b:c\\;d']);
    const href = await this.standIn.putCard(`${uid}.vcf`, card);
    this.#cards.set(href, linesOf(card));
    this.#standings.set(address, { kind: 'contact' });
  }

  /** The user adds a telephone number on the phone. */
  async editCard(address: string): Promise<void> {
    const found = this.#findCard(address);
    if (found === undefined) return;
    this.#count += 1;
    const card = found.card.replace(/END:VCARD/u, `TEL:+49 731 ${this.#count}\r\nEND:VCARD`);
    await this.standIn.putCard(nameOf(found.href), card);
    if (this.#cards.has(found.href)) this.#cards.set(found.href, linesOf(card));
    else this.#edited.add(address);
  }

  async deleteCard(address: string): Promise<void> {
    const found = this.#findCard(address);
    if (found === undefined) return;
    await this.standIn.deleteCard(found.href);
    this.#cards.delete(found.href);
    this.#edited.delete(address);
    const isBegun = this.#pending.has(address) && this.#begun.has(address);
    this.#standings.set(address, { kind: isBegun ? 'unsure' : 'unknown' });
  }

  /** The user puts a sender into exactly one group, or into none. */
  async regroup(address: string, group: string | null): Promise<void> {
    const found = this.#findCard(address);
    if (found === undefined) return;
    for (const one of this.#groups()) {
      const others = one.members.filter((uid) => uid !== found.uid);
      const members = one.name === group ? [...others, found.uid] : others;
      await this.standIn.putCard(nameOf(one.href), groupCard(one.uid, one.name, members));
    }
    this.#standings.set(address, group === null ? { kind: 'contact' } : { kind: 'in', group });
  }

  /** Settings in addition to those of every pass. */
  change(env: EnvChange): void {
    this.#env = { ...this.#env, ...env };
  }

  /** The user renames Screener, and changes the setting and the rule to match. */
  async renameScreener(name: string): Promise<void> {
    const record = this.standIn.mail.findMailbox(this.#screener, null);
    if (record !== undefined) record.name = name;
    this.#screener = name;
    this.change({ MAILROOM_SCREENER_MAILBOX: name });
    await this.#makeRules();
  }

  /** A destination is missing during one pass, which must write nothing. */
  async passWithoutFeed(): Promise<void> {
    const feed = this.standIn.mail.findMailbox('Feed', null);
    if (feed === undefined) return;
    feed.name = 'Newsletters';
    const writes = await this.pass();
    feed.name = 'Feed';
    if (writes > 0) require([`a mailbox is missing, and ${writes} requests wrote something`]);
  }

  /** The state is removed, or damaged. */
  async loseState(isSpoilt: boolean): Promise<void> {
    if (isSpoilt) await writeFile(this.#mailroom.statePath, '{"version":1,"consec');
    else await rm(this.#mailroom.statePath, { force: true });
  }

  /** One run, as the CronJob starts it. Returns how many requests wrote something. */
  async pass(transport?: Transport): Promise<number> {
    this.standIn.clearRequests();
    const options = transport === undefined ? {} : { transport };
    const { events } = await this.#mailroom.pass({ ...options, env: this.#env });
    for (const event of events) this.#sightings.events.add(event);
    const { requests } = this.standIn;
    await this.#look();
    return requests.filter(
      ({ kind, method, jmapMethods }) =>
        (kind !== 'jmap' && ['PUT', 'DELETE'].includes(method)) ||
        jmapMethods.includes('Email/set'),
    ).length;
  }

  /** A killed run: it leaves the state as it found it. */
  async passKilled(transport: Transport): Promise<void> {
    const state = await readFile(this.#mailroom.statePath).catch(() => null);
    await this.pass(transport);
    if (state === null) await rm(this.#mailroom.statePath, { force: true });
    else await writeFile(this.#mailroom.statePath, state);
  }

  /**
   * Nothing disturbs the runs from here on: everything is as the user decided, and each sender's
   * next email proves it.
   */
  async settle(): Promise<void> {
    this.standIn.faults.length = 0;
    await this.pass();
    await this.pass();
    const writes = await this.pass();
    const wrongs = writes === 0 ? [] : [`a further pass wrote ${writes} times`];
    for (const { address } of WRITERS) {
      if (this.#pending.has(address)) wrongs.push(`${address} is left with its label`);
      const found = this.#placesOf(await this.arrive(address)).join(' + ');
      const due = this.#placeFor(this.#standings.get(address) ?? { kind: 'unsure' });
      if (due !== null && found !== due) {
        wrongs.push(`mail of ${address} arrives in ${found}, not in ${due}`);
      }
    }
    const digests = [...this.standIn.mail.emails.values()].filter(
      (email) => isDigest(email) && this.#placesOf(email.id).includes('Inbox'),
    );
    if (digests.length > 1) wrongs.push(`${digests.length} digests are in Inbox`);
    require(wrongs);
  }

  /** After each run: checks what must never happen, and notes what is done. */
  async #look(): Promise<void> {
    const { emails, lastMailboxRemovals } = this.standIn.mail;
    const wrongs = lastMailboxRemovals.map((id) => `${id} was to be in no mailbox`);
    for (const id of this.#kept) if (!emails.has(id)) wrongs.push(`${id} is lost`);
    for (const { address } of WRITERS) {
      const cards = this.#contacts().filter(({ addresses }) => addresses.includes(address));
      if (cards.length > 1) wrongs.push(`${address} has ${cards.length} cards`);
    }
    for (const [href, lines] of this.#cards) {
      const now = this.standIn.contacts.findCard(href)?.bytes.toString('utf8') ?? '';
      const lost = findLost(lines, linesOf(now));
      if (lost !== undefined) wrongs.push(`the user's card ${href} has lost the line ${lost}`);
    }
    for (const [address, label] of this.#pending) {
      if (await this.#isLabelled(address)) this.#begun.add(address);
      else this.#decide(address, label);
    }
    require(wrongs);
  }

  #decide(address: string, label: string): void {
    this.#pending.delete(address);
    this.#begun.delete(address);
    const group = triageNames().categories.find((one) => one.label === label)?.contactGroup;
    if (group !== undefined) {
      this.#standings.set(address, { kind: 'in', group });
      return;
    }
    const found = this.#findCard(address);
    const stays = found !== undefined && (this.#cards.has(found.href) || this.#edited.has(address));
    if (found !== undefined && !stays) require([`${address} keeps the card that Mailroom made`]);
    this.#standings.set(address, { kind: stays ? 'contact' : 'unknown' });
  }

  /** The label is off again, so it is not known what a pass had already done. */
  #withdraw(address: string): void {
    if (this.#begun.has(address)) this.#standings.set(address, { kind: 'unsure' });
    this.#pending.delete(address);
    this.#begun.delete(address);
  }

  #placeFor(standing: Standing): string | null {
    if (standing.kind === 'unsure') return null;
    if (standing.kind === 'unknown') return this.#screener;
    if (standing.kind === 'in' && standing.group !== 'Imbox') return standing.group;
    return 'Inbox';
  }

  async #makeRules(): Promise<void> {
    const names = triageNames({ screenerMailbox: this.#screener });
    await this.standIn.setRules(planFastmailRules(names).rules);
  }

  async #move(
    { id }: EmailRecord,
    add: readonly string[],
    remove: readonly string[],
  ): Promise<void> {
    const email = this.standIn.mail.emails.get(id);
    if (email === undefined) return;
    const [added, removed] = [await this.#ids(add), await this.#ids(remove)];
    const isLeft = added.length > 0 || [...email.mailboxIds].some((one) => !removed.includes(one));
    const places = isLeft ? added : await this.#ids(['Archive']);
    await this.standIn.moveEmail(id, { add: places, remove: removed });
  }

  #ids(names: readonly string[]): Promise<readonly string[]> {
    return Promise.all(names.map((name) => this.standIn.mailboxId(name)));
  }

  async #isLabelled(address: string): Promise<boolean> {
    const ids = await this.#ids(LABELS);
    return this.#emailsOf(address).some(({ mailboxIds }) => ids.some((id) => mailboxIds.has(id)));
  }

  #emailsOf(address: string): readonly EmailRecord[] {
    return [...this.standIn.mail.emails.values()].filter(
      (email) => !isDigest(email) && addressOf(email) === address,
    );
  }

  #placesOf(id: string): readonly string[] {
    const { emails, mailboxes } = this.standIn.mail;
    return [...(emails.get(id)?.mailboxIds ?? [])].map((one) => mailboxes.get(one)?.name ?? one);
  }

  #findCard(address: string): CardOnServer | undefined {
    return this.#contacts().find(({ addresses }) => addresses.includes(address));
  }

  #contacts(): readonly CardOnServer[] {
    return this.#cardsOnServer().filter(({ isGroup }) => !isGroup);
  }

  #groups(): readonly CardOnServer[] {
    return this.#cardsOnServer().filter(({ isGroup }) => isGroup);
  }

  #cardsOnServer(): readonly CardOnServer[] {
    const records = [...this.standIn.contacts.books.values()].flatMap(({ cards }) => [
      ...cards.values(),
    ]);
    return records.map(({ href, bytes, uid }) => {
      const card = bytes.toString('utf8');
      const lines = parseCardLines(card) ?? [];
      const values = (name: string): readonly string[] =>
        lines.filter((line) => hasName(line, name)).map(({ value }) => value);
      return {
        href,
        uid,
        card,
        name: values('FN')[0] ?? '',
        addresses: values('EMAIL'),
        isGroup: values('X-ADDRESSBOOKSERVER-KIND').length > 0,
        members: values('X-ADDRESSBOOKSERVER-MEMBER').map((text) =>
          text.replace(/^urn:uuid:/u, ''),
        ),
      };
    });
  }
}

interface CardOnServer {
  readonly href: string;
  readonly uid: string;
  readonly card: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isGroup: boolean;
  readonly members: readonly string[];
}

function isDigest({ keywords }: EmailRecord): boolean {
  return keywords.has('mailroom-digest');
}

function addressOf({ from }: EmailRecord): string {
  return from?.[0]?.email ?? '';
}

function nameOf(href: string): string {
  return decodeURIComponent(href.slice(href.lastIndexOf('/') + 1));
}

/** Unfolded. */
function linesOf(card: string): readonly string[] {
  return card.replace(/\r\n[ \t]/gu, '').split('\r\n');
}

/** The first line that is missing. Order counts, and a note may have become longer. */
function findLost(before: readonly string[], now: readonly string[]): string | undefined {
  let at = 0;
  for (const line of before) {
    const found = now.findIndex(
      (one, index) =>
        index >= at && (one === line || (line.startsWith('NOTE:') && one.startsWith(line))),
    );
    if (found === -1) return line;
    at = found + 1;
  }
  return undefined;
}

function require(wrongs: readonly string[]): void {
  if (wrongs.length > 0) throw new Error([...new Set(wrongs)].join('\n'));
}
