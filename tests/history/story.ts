import { runTriagePass } from '../../src/pass/triage-pass.ts';
import { planFastmailRules } from '../../src/triage/fastmail-rules.ts';
import type { TriageNames } from '../../src/triage/layout.ts';
import type { Contact, Email, SenderAddress } from '../../src/triage/model.ts';
import { findSender } from '../../src/triage/sender.ts';
import {
  aContact,
  aGroup,
  aMailbox,
  anEmail,
  groupsFor,
  mailboxesFor,
  triageNames,
} from '../support/builders.ts';
import {
  cardId,
  MemoryAccount,
  memoryWorld,
  type MemoryWorldOptions,
} from '../support/memory-world.ts';
import { findWrongs, type Watch, watchFor } from '../support/pass-rules.ts';
import { findPlaces, type RuleContacts } from '../support/server-rules.ts';

export const NAMES = triageNames();
const { rules: RULES } = planFastmailRules(NAMES);
export const SENDERS: readonly string[] = [
  'ann@a.example',
  'bob@b.example',
  'cid@c.example',
  'dee@c.example',
];
/** Those of the settings, and one of the user's own. */
export const GROUPS: readonly string[] = [...groupsFor(NAMES).map(({ name }) => name), 'Friends'];
export const DECISIONS: readonly string[] = NAMES.categories.map(({ label }) => label);
export const TAKE_BACK = NAMES.takeBackLabel;
export const LABELS: readonly string[] = [...DECISIONS, TAKE_BACK];

/**
 * What the sender's next email must show: the sender is unknown, a contact in no group, or in this
 * group.
 */
type Standing = { readonly kind: 'unknown' | 'contact' | 'unsure' } | { kind: 'in'; group: string };

/** The senders that labels decide on. The group is null if the label takes a decision back. */
interface Decision {
  readonly senders: readonly string[];
  readonly group: string | null;
}

/** What all stories together have met, so that a test can name what none of them did. */
export class Sightings {
  readonly events = new Set<string>();
  readonly errors = new Set<string>();
  readonly kinds = new Set<string>();
  /** What calls came to, such as `patchEmails: stale`. */
  readonly outcomes = new Set<string>();
  /** The steps of a pass that failed for some sender. */
  readonly failedSteps = new Set<string>();
}

/** One account, and what its user may expect of it, over any number of passes. */
export class Story {
  readonly account: MemoryAccount;
  readonly #sightings: Sightings;
  readonly #standings = new Map<string, Standing>(
    SENDERS.map((sender) => [sender, { kind: 'unknown' }]),
  );
  /** Ids of all emails that the user has not deleted. */
  readonly #kept = new Set<string>();
  /**
   * A pass has failed since everything was last settled, so it may have done only part of its work.
   */
  #isDisturbed = false;
  /** For the pass that is running. */
  #watch: Watch | undefined;
  /** The user's own cards, as they must stay. */
  #cards = new Map<string, Contact>();
  /** Whose card the user deleted while the pass ran. */
  readonly #deletedNow = new Set<string>();
  #count = 0;
  /** Whose labels the user took off, or whose groups they edited, while a pass ran. */
  readonly #meddledWith = new Set<string>();
  readonly #told: string[] = [];

  constructor(sightings: Sightings) {
    this.#sightings = sightings;
    this.account = new MemoryAccount({
      mailboxes: [...mailboxesFor(NAMES), aMailbox(TAKE_BACK)],
      emails: [],
      contacts: [],
      groups: GROUPS.map((name) => aGroup(name)),
    });
  }

  /** What happened, one line for each step. */
  get told(): string {
    return this.#told.map((text) => `  ${text}`).join('\n');
  }

  saw({ kind, text }: { readonly kind: string; readonly text: string }): void {
    this.#told.push(text);
    this.#sightings.kinds.add(kind);
  }

  /** An email comes in, and the rules sort it. Without a sender's address it is nobody's. */
  arrive(sender: string, name: string): void {
    this.#count += 1;
    const id = `e${this.#count}`;
    const receivedAt = new Date(Date.UTC(2026, 0, 1) + this.#count * 1000).toISOString();
    const email = anEmail({ id, from: sender, name, in: this.placeOf(sender), receivedAt });
    this.account.putEmail(id, email);
    this.#kept.add(id);
  }

  /** Where the server's rules would now put mail from this address. */
  placeOf(sender: string): readonly string[] {
    return findPlaces([{ email: sender }], RULES, this.#ruleContacts());
  }

  pickEmail(pick: number): Email | undefined {
    const emails = [...this.account.emails.values()];
    return emails[pick % Math.max(1, emails.length)];
  }

  pickContact(pick: number): Contact | undefined {
    const contacts = [...this.account.contacts.values()];
    return contacts[pick % Math.max(1, contacts.length)];
  }

  /** The newest email from any address on the card. */
  emailOf({ addresses }: Contact): Email | undefined {
    return this.#emailsOf(addresses).at(-1);
  }

  /** A card with several addresses. */
  pickShared(pick: number): Contact | undefined {
    const shared = [...this.account.contacts.values()].filter((one) => one.addresses.length > 1);
    return shared[pick % Math.max(1, shared.length)];
  }

  contactOf(email: Email): Contact | undefined {
    return this.#contactsOf(findSender(email) ?? '')[0];
  }

  /** Name of the first group that a contact is in. */
  groupOf({ uid }: Contact): string | null {
    const found = [...this.account.groups.values()].find(({ exactUids }) => exactUids.has(uid));
    return found?.name ?? null;
  }

  /** A label on an email of each who is on the card. */
  labelAll({ addresses }: Contact, label: string): void {
    for (const address of addresses) this.#labelSender(address, label);
  }

  /** A label on the newest email of its sender, and none on the others. */
  labelNewest(email: Email, label: string): void {
    this.#labelSender(findSender(email) ?? '', label);
  }

  /** The user puts mailboxes on and takes them off. An email stays in at least one. */
  change({ id }: Email, add: readonly string[], remove: readonly string[]): void {
    const email = this.account.emails.get(id);
    if (email === undefined) return;
    const kept = [...email.mailboxIds].filter((one) => !remove.includes(one));
    const mailboxIds = new Set([...kept, ...add]);
    if (mailboxIds.size === 0) mailboxIds.add('Archive');
    const mayUndo = LABELS.some((label) => email.mailboxIds.has(label) && !mailboxIds.has(label));
    this.account.emails.set(id, { ...email, mailboxIds });
    if (mayUndo) this.#doubt(email);
  }

  delete(email: Email): void {
    this.account.emails.delete(email.id);
    this.#kept.delete(email.id);
    if (LABELS.some((label) => email.mailboxIds.has(label))) this.#doubt(email);
  }

  /**
   * Deletes an email while a pass runs. Not a labelled one: that would take a decision back by
   * hand.
   */
  deleteUnlabelled(index: number): void {
    const email = this.pickEmail(index);
    if (email === undefined || LABELS.some((label) => email.mailboxIds.has(label))) return;
    this.account.putEmail(email.id, null);
    this.#kept.delete(email.id);
    this.#watch?.forget(email.id);
  }

  /** While a pass runs: out of all places but Mailroom's labels, into one. */
  moveNow(index: number, place: string): void {
    const email = this.pickEmail(index);
    if (email === undefined || LABELS.some((label) => email.mailboxIds.has(label))) return;
    const labels = [...email.mailboxIds].filter((id) => id.startsWith('@'));
    this.account.putEmail(email.id, { ...email, mailboxIds: new Set([...labels, place]) });
    this.#watch?.forget(email.id);
  }

  /** While a pass runs: nobody can say how much of the decision was done by then. */
  takeLabelOffNow(index: number): void {
    const email = this.pickEmail(index);
    const sender = email === undefined ? null : findSender(email);
    if (email === undefined || sender === null) return;
    const on = LABELS.filter((label) => email.mailboxIds.has(label));
    if (on.length === 0) return;
    const kept = [...email.mailboxIds].filter((id) => !on.includes(id));
    const mailboxIds = new Set(kept.length === 0 ? ['Archive'] : kept);
    this.account.putEmail(email.id, { ...email, mailboxIds });
    this.#watch?.forget(email.id);
    this.#meddledWith.add(sender);
  }

  /** While a pass runs: what changes is no mailbox, a flag maybe. */
  touchNow(): void {
    const [email] = this.account.emails.values();
    if (email !== undefined) this.account.putEmail(email.id, email);
  }

  /** While a pass runs, into one group more. */
  joinNow(contact: Contact, group: string): void {
    const found = [...this.account.groups.values()].find(({ name }) => name === group);
    if (found === undefined || !this.account.contacts.has(cardId(contact))) return;
    if (found.exactUids.has(contact.uid)) return;
    this.account.groups.set(found.href, aGroup(group, [...found.exactUids, contact.uid]));
    this.#watch?.place(contact.uid);
    for (const address of contact.addresses) this.#meddledWith.add(address);
  }

  /**
   * What a listing leaves out of a place: all mail of senders of whom a labelled email is in it, too.
   * That is what a pass can see through. Nobody could, if only some other emails were left out.
   */
  hiddenIn([place = '']: readonly string[]): ReadonlySet<string> {
    if (place.startsWith('@')) return new Set();
    const there = [...this.account.emails.values()].filter((one) => one.mailboxIds.has(place));
    const labelled = new Set(
      there
        .filter(({ mailboxIds }) => LABELS.some((label) => mailboxIds.has(label)))
        .map(findSender),
    );
    return new Set(there.filter((one) => labelled.has(findSender(one))).map(({ id }) => id));
  }

  /** While a pass runs: the card as it is now has another name. */
  renameNow(contact: Contact, name: string): void {
    const now = this.account.contacts.get(cardId(contact));
    if (now === undefined || now.name === name) return;
    this.renameContact(now, name);
    if (this.#cards.has(cardId(now))) this.#cards.set(cardId(now), { ...now, name });
  }

  /** The user makes a card for senders who have none. */
  makeContact(addresses: readonly string[], name: string): void {
    if (addresses.some((address) => this.#contactsOf(address).length > 0)) return;
    this.#count += 1;
    const contact = aContact({ uid: `User-${this.#count}`, name, addresses });
    this.account.contacts.set(`${contact.href} ${contact.uid}`, contact);
    for (const address of addresses) this.#standings.set(address, { kind: 'contact' });
  }

  /** One more card of the user's for those who have one of the user's. */
  makeSecondCard({ uid, addresses }: Contact, name: string): void {
    if (!uid.startsWith('User-')) return;
    this.#count += 1;
    const second = aContact({ uid: `User-${this.#count}`, name, addresses });
    this.account.contacts.set(cardId(second), second);
  }

  renameContact(contact: Contact, name: string): void {
    this.account.contacts.set(cardId(contact), { ...contact, name });
    this.account.edited.add(cardId(contact));
  }

  /** The groups keep the member, as they do in real address books. */
  deleteContact(contact: Contact): void {
    this.account.contacts.delete(cardId(contact));
    this.account.edited.delete(cardId(contact));
    for (const address of contact.addresses) {
      const isKnown = this.#contactsOf(address).length > 0;
      this.#standings.set(address, { kind: isKnown ? 'unsure' : 'unknown' });
    }
  }

  /** While a pass runs: with a decision under way, nobody can say which came first. */
  deleteNow(contact: Contact): void {
    const now = this.account.contacts.get(cardId(contact));
    if (now === undefined) return;
    this.deleteContact(now);
    this.#cards.delete(cardId(now));
    for (const address of now.addresses) this.#deletedNow.add(address);
  }

  /** The user puts a sender into exactly one group, or into none. */
  regroup(contact: Contact, group: string | null): void {
    for (const [href, was] of this.account.groups) {
      const uids = [...was.exactUids].filter((uid) => uid !== contact.uid);
      const members = was.name === group ? [...uids, contact.uid] : uids;
      this.account.groups.set(href, aGroup(was.name, members));
    }
    const standing: Standing =
      group === null || group === 'Friends' ? { kind: 'contact' } : { kind: 'in', group };
    for (const address of contact.addresses) {
      const isOnlyCard = this.#contactsOf(address).length === 1;
      this.#standings.set(address, isOnlyCard ? standing : { kind: 'unsure' });
    }
  }

  /** Runs passes at the same time, each with its own faults, and watches what they must not do. */
  async pass(
    runs: readonly MemoryWorldOptions[],
    names: TriageNames = NAMES,
    only: ReadonlySet<SenderAddress> | null = null,
  ): Promise<{ readonly writes: number; readonly errors: readonly Error[] }> {
    const pending = this.#pendingDecisions();
    const watch = watchFor(this.account, NAMES);
    this.#watch = watch;
    this.#cards = this.#userCards();
    let writes = 0;
    const errors: Error[] = [];
    const run = async (options: MemoryWorldOptions): Promise<void> => {
      const world = memoryWorld(this.account, { ...options, afterWrite: watch.look });
      try {
        const { failures } = await runTriagePass(names, world, only);
        if (failures.length > 0) this.#isDisturbed = true;
        for (const { step } of failures) this.#sightings.failedSteps.add(step);
      } catch (error) {
        this.#isDisturbed = true;
        errors.push(error as Error);
        this.#sightings.errors.add((error as Error).name);
      }
      await world.settled();
      writes += world.writes.length;
      for (const { event } of world.logged) this.#sightings.events.add(event);
      for (const outcome of world.outcomes) this.#sightings.outcomes.add(outcome);
    };
    await Promise.all(runs.map(run));
    require([...watch.wrongs, ...this.#findTouched()]);
    for (const [sender, decision] of pending) {
      if (this.#labelsOf(sender).size === 0 && !this.#meddledWith.has(sender))
        this.#decide(decision);
    }
    for (const address of this.#deletedNow) {
      if (this.#standings.get(address)?.kind === 'in') {
        this.#standings.set(address, { kind: 'unsure' });
      }
    }
    this.#deletedNow.clear();
    for (const sender of this.#meddledWith) {
      for (const one of this.#relatives(sender)) this.#standings.set(one, { kind: 'unsure' });
    }
    this.#meddledWith.clear();
    return { writes, errors };
  }

  /** One pass, in circumstances of its own. */
  async run(options: MemoryWorldOptions): Promise<void> {
    await this.pass([options]);
  }

  /** Nothing disturbs any more: two passes later all is as the user decided, and stays so. */
  async settle(): Promise<void> {
    await this.pass([{}]);
    await this.pass([{}]);
    // If a pass had begun with a sender whose labels now contradict, that is neither finished nor
    // undone.
    this.#isDisturbed &&= SENDERS.some((sender) => this.#isInConflict(sender));
    const { writes, errors } = await this.pass([{}]);
    const wrongs = [...findWrongs(this.account, NAMES), ...errors.map(String)];
    if (writes > 0) wrongs.push(`a further pass asked for ${writes} writes`);
    for (const id of this.#kept) if (!this.account.emails.has(id)) wrongs.push(`${id} is lost`);
    for (const sender of SENDERS) {
      const standing = this.#standings.get(sender) ?? { kind: 'unknown' };
      // The others on a card have to wait for the one whose labels contradict.
      if (standing.kind === 'unsure' || this.#isInConflict(sender)) continue;
      const [due, found] = [placeFor(standing), this.placeOf(sender).join(' + ')];
      if (found !== due) wrongs.push(`mail of ${sender} arrives in ${found}, not in ${due}`);
      if (this.#labelsOf(sender).size > 0) wrongs.push(`${sender} is left with its label`);
    }
    require(wrongs);
  }

  #ruleContacts(): RuleContacts {
    return {
      contacts: [...this.account.contacts.values()],
      groups: [...this.account.groups.values()].map(({ href, name, exactUids }) => ({
        uid: href,
        name,
        memberUids: [...exactUids],
      })),
    };
  }

  #contactsOf(address: string): readonly Contact[] {
    return [...this.account.contacts.values()].filter(({ addresses }) =>
      addresses.some((one) => one === address),
    );
  }

  #labelSender(address: string, label: string): void {
    const all = this.#emailsOf([address]);
    for (const email of all) this.change(email, email === all.at(-1) ? [label] : [], LABELS);
  }

  #emailsOf(addresses: readonly string[]): readonly Email[] {
    return [...this.account.emails.values()].filter((email) =>
      addresses.includes(findSender(email) ?? ''),
    );
  }

  #labelsOf(sender: string): ReadonlySet<string> {
    const own = [...this.account.emails.values()].filter((email) => findSender(email) === sender);
    return new Set(
      own.flatMap(({ mailboxIds }) => LABELS.filter((label) => mailboxIds.has(label))),
    );
  }

  /** The label that everybody on a card agrees on. */
  #agreedLabel(sender: string): string | undefined {
    const labels = new Set(this.#relatives(sender).flatMap((one) => [...this.#labelsOf(one)]));
    return labels.size === 1 ? [...labels][0] : undefined;
  }

  #isInConflict(sender: string): boolean {
    return new Set(this.#relatives(sender).flatMap((one) => [...this.#labelsOf(one)])).size > 1;
  }

  #relatives(sender: string): readonly string[] {
    const addresses = this.#contactsOf(sender).flatMap((contact) => contact.addresses);
    return [...new Set<string>([sender, ...addresses])];
  }

  /** What the labels decide once a pass has carried them out: for whom, and for which group. */
  #pendingDecisions(): ReadonlyMap<string, Decision> {
    const pending = new Map<string, Decision>();
    for (const sender of SENDERS) {
      const label = this.#labelsOf(sender).size === 1 ? this.#agreedLabel(sender) : undefined;
      const category = NAMES.categories.find((one) => one.label === label);
      if (category === undefined && label !== TAKE_BACK) continue;
      const group = category?.contactGroup ?? null;
      pending.set(sender, { senders: this.#relatives(sender), group });
    }
    return pending;
  }

  #decide({ senders, group }: Decision): void {
    for (const one of senders) {
      if (group !== null) this.#standings.set(one, { kind: 'in', group });
      // Taken back: the sender is unknown again, unless the card stays.
      else {
        const left = this.#contactsOf(one);
        const isContact = left.length > 0;
        if (left.some((contact) => this.#isMailrooms(contact))) {
          require([`${one} was taken back, and keeps the card that Mailroom made`]);
        }
        this.#standings.set(one, { kind: isContact ? 'contact' : 'unknown' });
      }
    }
  }

  /** Nobody has changed the card since Mailroom made it. */
  #isMailrooms(contact: Contact): boolean {
    const isEdited = this.account.edited.has(cardId(contact));
    const friends = [...this.account.groups.values()].find(({ name }) => name === 'Friends');
    const isFriend = friends?.exactUids.has(contact.uid) === true;
    const isMade = contact.uid.startsWith('made-for-') && contact.addresses.length === 1;
    return isMade && !isEdited && !isFriend;
  }

  #userCards(): Map<string, Contact> {
    const cards = [...this.account.contacts].filter(([, { uid }]) => uid.startsWith('User-'));
    return new Map(cards);
  }

  /** The user's own card stays, with everything on it. */
  #findTouched(): readonly string[] {
    return [...this.#cards.values()].flatMap((was) => {
      const now = this.account.contacts.get(cardId(was));
      const isKept =
        now !== undefined &&
        (was.name === '' || now.name === was.name) &&
        was.addresses.every((address, index) => now.addresses[index] === address);
      return isKept ? [] : [`the user's card ${was.uid} is not as it was`];
    });
  }

  /**
   * The user took off a label that a broken pass had begun with, so it is not known what that pass
   * did.
   */
  #doubt(email: Email): void {
    const sender = findSender(email);
    if (sender === null || !this.#isDisturbed) return;
    for (const one of this.#relatives(sender)) this.#standings.set(one, { kind: 'unsure' });
  }
}

function placeFor(standing: Standing): string {
  if (standing.kind === 'unknown') return 'Screener';
  if (standing.kind === 'in' && standing.group !== 'Imbox') return standing.group;
  return 'Inbox';
}

function require(wrongs: readonly string[]): void {
  if (wrongs.length > 0) throw new Error([...new Set(wrongs)].join('\n'));
}
