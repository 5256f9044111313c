import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { findPlaces, readRuleContacts, type ServerRule } from '../server-rules.ts';
import type { StoredCard, StoredEmail, TestAccount } from '../test-account.ts';
import { basicAuthorization, groupCard } from '../wire.ts';
import { answerCardDav, answerWellKnown } from './carddav.ts';
import { ContactsState } from './contacts-state.ts';
import { type Answer, htmlAnswer, type RecordedRequest, type ServerRequest } from './exchange.ts';
import { alterAnswer, answerInstead, type Fault, FaultPlan, type FaultRule } from './faults.ts';
import { answerJmap, answerSession, SESSION_PATH } from './jmap.ts';
import type { JmapContext } from './jmap-context.ts';
import { MailState } from './mail-state.ts';
import { readRuleAddresses } from './from-header.ts';
import { completeOptions, type StandInOptions, type StandInSettings } from './options.ts';
import { readRequest, sendAnswer } from './transport.ts';

/**
 * Fastmail in one process: JMAP and CardDAV over HTTP, as strict as the real servers
 * (`tests/contract/fidelity-mail.test.ts` and its neighbours check it), with faults on demand and a
 * record of every request.
 */
export interface StandIn extends TestAccount {
  readonly kind: 'stand-in';
  /** Scheme, host and port. */
  readonly origin: string;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** The fault rules. Tests may add and remove them at any time. */
  readonly faults: FaultRule[];
  /** The account's data, for tests to read, and to change as other clients would. */
  readonly mail: MailState;
  readonly contacts: ContactsState;
  /** Added before each request is handled. */
  latencyMs: number;
  /** Forgets what was recorded. */
  clearRequests(): void;
  /** From now on the server accepts only these credentials. */
  changeCredentials(changed: { readonly token?: string; readonly password?: string }): void;
}

/** Starts a stand-in on a free loopback port. It has the mailboxes that every account has. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const server = new StandInServer(completeOptions(options), options.latencyMs ?? 0);
  await server.listen(options.port ?? 0);
  return server;
}

class StandInServer implements StandIn {
  readonly kind = 'stand-in';
  readonly mail = new MailState();
  readonly contacts: ContactsState;
  readonly username: string;
  latencyMs: number;
  token: string;
  password: string;
  origin = '';
  readonly #settings: StandInSettings;
  readonly #principalHref: string;
  #rules: readonly ServerRule[] = [];
  readonly #plan = new FaultPlan();
  readonly #server: Server;
  readonly #stopping = new AbortController();
  #requests: Mutable<RecordedRequest>[] = [];
  #concurrentJmapRequests = 0;

  constructor(settings: StandInSettings, latencyMs: number) {
    this.#settings = settings;
    this.latencyMs = latencyMs;
    this.token = settings.token;
    this.username = settings.username;
    this.password = settings.password;
    const user = encodeURIComponent(settings.username);
    this.#principalHref = `/dav/principals/user/${user}/`;
    this.contacts = new ContactsState(`/dav/addressbooks/user/${user}/`, settings);
    this.#server = createServer((request, response) => {
      void this.#handle(request, response);
    });
    // Searching a large mailbox takes longer than Node's five seconds, after which a request would
    // be sent twice.
    this.#server.keepAliveTimeout = 60_000;
  }

  get sessionUrl(): string {
    return `${this.origin}${SESSION_PATH}`;
  }

  get cardDavUrl(): string {
    return `${this.origin}/`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  get faults(): FaultRule[] {
    return this.#plan.rules;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  changeCredentials({ token, password }: { token?: string; password?: string }): void {
    this.token = token ?? this.token;
    this.password = password ?? this.password;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address();
        const bound = typeof address === 'object' && address !== null ? address.port : port;
        this.origin = `http://127.0.0.1:${bound}`;
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    const missed = this.#plan.findMissed();
    if (missed.length > 0) throw new Error(`stand-in: ${missed.join('; ')}`);
  }

  async createMailbox(
    name: string,
    { parentId, role }: { parentId?: string; role?: string } = {},
  ): Promise<string> {
    const existing = this.mail.findMailbox(name, parentId ?? null);
    return existing?.id ?? this.mail.createMailbox(name, parentId ?? null, role ?? null);
  }

  async createMailboxes(names: readonly string[]): Promise<void> {
    for (const name of names) await this.createMailbox(name);
  }

  async mailboxIds(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    for (const path of paths) ids.set(path, await this.mailboxId(path));
    return ids;
  }

  async mailboxId(path: string): Promise<string> {
    let id: string | null = null;
    for (const name of path.split('/')) {
      const found = this.mail.findMailbox(name, id);
      if (found === undefined) throw new Error(`no mailbox ${path}`);
      ({ id } = found);
    }
    return id ?? '';
  }

  async addEmail(email: Parameters<TestAccount['addEmail']>[0]): Promise<string> {
    return this.mail.addEmail(email);
  }

  async deliverEmail({ from }: Parameters<TestAccount['deliverEmail']>[0]): Promise<string> {
    // Only in the default address book, as on Cyrus.
    const [book] = this.contacts.books.values();
    const cards = [...(book?.cards.values() ?? [])].map(({ bytes }) => bytes.toString('utf8'));
    const places = findPlaces(readRuleAddresses(from), this.#rules, readRuleContacts(cards));
    const mailboxIds = await Promise.all(places.map((place) => this.mailboxId(place)));
    return this.mail.addEmail({ from, mailboxIds });
  }

  async deliverEmails(
    emails: Parameters<TestAccount['deliverEmails']>[0],
  ): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const email of emails) ids.push(await this.deliverEmail(email));
    return ids;
  }

  async setRules(rules: readonly ServerRule[]): Promise<void> {
    this.#rules = rules;
  }

  async addEmails(emails: Parameters<TestAccount['addEmails']>[0]): Promise<readonly string[]> {
    return emails.map((email) => this.mail.addEmail(email));
  }

  async moveEmail(
    id: string,
    { add = [], remove = [] }: Parameters<TestAccount['moveEmail']>[1],
  ): Promise<void> {
    const email = this.mail.emails.get(id);
    if (email === undefined) throw new Error(`no email ${id}`);
    const removed = new Set(remove);
    const kept = [...email.mailboxIds].filter((mailboxId) => !removed.has(mailboxId));
    this.mail.setMailboxes(email, new Set([...kept, ...add]));
  }

  async deleteEmail(id: string): Promise<void> {
    this.mail.destroyEmail(id);
  }

  async emails(): Promise<ReadonlyMap<string, StoredEmail>> {
    return new Map(
      [...this.mail.emails].map(([id, { mailboxIds, subject, from }]) => [
        id,
        { mailboxIds, subject, from },
      ]),
    );
  }

  async putCard(name: string, card: string | Uint8Array, bookHref?: string): Promise<string> {
    const href = `${bookHref ?? `${this.contacts.homeHref}Default/`}${encodeURIComponent(name)}`;
    const outcome = this.contacts.putCard(href, Buffer.from(card));
    if (outcome.kind === 'created' || outcome.kind === 'replaced') return href;
    throw new Error(`putCard ${name}: ${JSON.stringify(outcome)}`);
  }

  async deleteCard(href: string): Promise<void> {
    if (!this.contacts.deleteCard(href)) throw new Error(`no card ${href}`);
  }

  async cards(): Promise<ReadonlyMap<string, StoredCard>> {
    const all = [...this.contacts.books.values()].flatMap(({ cards }) => [...cards.values()]);
    return new Map(
      all.map(({ href, etag, bytes }) => [href, { etag, card: bytes.toString('utf8'), bytes }]),
    );
  }

  async cardOfVersion4(href: string): Promise<string> {
    return this.contacts.findCard(href)?.bytesOfVersion4.toString('utf8') ?? '';
  }

  async putGroup(name: string, memberUids: readonly string[] = []): Promise<string> {
    const uid = crypto.randomUUID();
    return this.putCard(`${uid}.vcf`, groupCard(uid, name, memberUids));
  }

  async emailsFromGroup(groupHref: string): Promise<ReadonlySet<string>> {
    const addresses = this.contacts.addressesInGroup(groupHref);
    return new Set(
      [...this.mail.emails]
        .filter(([, { from }]) => from?.some(({ email }) => addresses.has(email.toLowerCase())))
        .map(([id]) => id),
    );
  }

  async createAddressBook(name: string): Promise<string> {
    return this.contacts.createBook(name);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(message);
      const record = this.#record(request);
      await this.#serve(request, response, record);
    } catch (error) {
      // A client may go away. Any other error must not look like a server's answer.
      if (message.destroyed || response.destroyed || this.#stopping.signal.aborted) return;
      response.writeHead(599, { 'content-type': 'text/plain' });
      response.end(`stand-in: ${String(error instanceof Error ? error.stack : error)}`);
    }
  }

  async #serve(
    request: ServerRequest,
    response: ServerResponse,
    record: Mutable<RecordedRequest>,
  ): Promise<void> {
    const faults = this.#plan.strike(request);
    const isJmap = request.kind === 'jmap';
    if (isJmap) this.#concurrentJmapRequests += 1;
    try {
      if (this.latencyMs > 0) {
        await sleep(this.latencyMs, undefined, { signal: this.#stopping.signal });
      }
      for (const fault of faults) if (fault.kind === 'otherClient') await fault.act();
      const stall = faults.find((fault) => fault.kind === 'stall');
      if (stall !== undefined && stall.isDone !== true) return;
      if (faults.some(({ kind }) => kind === 'resetBefore')) {
        response.socket?.resetAndDestroy();
        return;
      }
      const answer = answerInstead(faults) ?? alterAnswer(this.#answer(request, faults), faults);
      if (stall !== undefined) return;
      const bytesOut = await sendAnswer(response, answer, faults);
      if (bytesOut === null) return;
      record.status = answer.status;
      record.bytesOut = bytesOut;
    } finally {
      if (isJmap) this.#concurrentJmapRequests -= 1;
    }
  }

  #answer(request: ServerRequest, faults: readonly Fault[]): Answer {
    const { kind } = request;
    if (kind === 'well-known') return answerWellKnown(this.origin);
    const isForMail = kind === 'session' || kind === 'jmap';
    if (request.headers.authorization !== this.#expectedAuthorization(isForMail)) {
      const { headers, ...page } = htmlAnswer(401, 'Unauthorized');
      const scheme = isForMail ? 'Bearer' : 'Basic';
      return { ...page, headers: { ...headers, 'www-authenticate': `${scheme} realm="stand-in"` } };
    }
    if (!isForMail) return answerCardDav(request, this.contacts, this.#principalHref);
    const context = this.#jmapContext(faults);
    if (kind === 'session') {
      return request.method === 'GET'
        ? answerSession(context, this.origin)
        : htmlAnswer(405, 'Method Not Allowed');
    }
    if (request.method !== 'POST') return htmlAnswer(405, 'Method Not Allowed');
    const failing = faults.filter((fault) => fault.kind === 'methodError');
    const methodError = (method: string): string | undefined =>
      failing.find((fault) => fault.method === method)?.type;
    return answerJmap(request, context, { methodError }, this.#concurrentJmapRequests);
  }

  #jmapContext(faults: readonly Fault[]): JmapContext {
    const refused = faults.filter((fault) => fault.kind === 'setError');
    return {
      state: this.mail,
      settings: this.#settings,
      injectedSetError: (emailId) =>
        refused.find(({ emailIds }) => emailIds === 'all' || emailIds.includes(emailId))?.type,
    };
  }

  #expectedAuthorization(isForMail: boolean): string {
    const { token, username, password } = this;
    return isForMail ? `Bearer ${token}` : basicAuthorization({ token, username, password });
  }

  #record(request: ServerRequest): Mutable<RecordedRequest> {
    const { kind, method, path, jmapMethods, headers, body } = request;
    const record = {
      kind,
      method,
      path,
      jmapMethods,
      headers,
      status: null,
      bytesIn: body.length,
      bytesOut: 0,
      authorization: headers.authorization ?? null,
      body: body.toString('utf8'),
    };
    this.#requests.push(record);
    return record;
  }
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
