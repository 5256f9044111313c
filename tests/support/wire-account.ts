import { readRuleContacts, toSieve } from './server-rules.ts';
import type {
  MailboxOptions,
  StoredCard,
  StoredEmail,
  TestAccount,
  TestEmail,
} from './test-account.ts';
import {
  callDav,
  callJmap,
  type Credentials,
  type DavRequest,
  type DavResource,
  groupCard,
  MAIL_CAPABILITIES,
  parseMultistatus,
  readSession,
  responseOf,
  type Session,
} from './wire.ts';

export interface WireServer extends Credentials {
  readonly kind: TestAccount['kind'];
  readonly sessionUrl: string;
  readonly cardDavUrl: string;
  /** Path of the address book that `putCard` writes to, with a slash at its end. */
  readonly defaultBookHref: string;
  /** Hands over messages of RFC 5322 as mail relays do. */
  readonly deliver: (messages: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface MailboxRow {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly role: string | null;
}

/** The account on a real server, used as any client would. */
export async function openWireAccount(server: WireServer): Promise<TestAccount> {
  const session = await readSession(server.sessionUrl, server.token);
  const mail = wireMail(server, session);
  const contacts = wireContacts(server);
  const readCards = async (): Promise<readonly string[]> =>
    [...(await contacts.cards())].map(([, { card }]) => card);
  const { kind, sessionUrl, cardDavUrl, token, username, password, close } = server;
  return {
    kind,
    sessionUrl,
    cardDavUrl,
    token,
    username,
    password,
    close,
    ...mail,
    ...contacts,
    setRules: async (rules) =>
      setSieveScript(server, session, toSieve(rules, readRuleContacts(await readCards()))),
    async emailsFromGroup(groupHref) {
      const group = (await contacts.cards()).get(groupHref)?.card ?? '';
      const fromContactGroupId = /^UID:(?<uid>.*)$/mu.exec(group)?.groups?.['uid'];
      const calls = [
        [
          'Email/query',
          { accountId: session.accountId, filter: { fromContactGroupId } },
          'fromContactGroup',
        ],
      ];
      const using = [...MAIL_CAPABILITIES, 'https://cyrusimap.org/ns/jmap/mail'];
      const answer = await callJmap(session.apiUrl, token, calls, using);
      return new Set(responseOf(answer, 'Email/query')['ids'] as readonly string[]);
    },
  };
}

/** Stores a script and makes it the active one (the server's own early form of RFC 9661). */
async function setSieveScript(
  { token }: WireServer,
  { accountId, apiUrl, uploadUrl }: Session,
  script: string,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sieve' };
  const upload = await fetch(uploadUrl, { method: 'POST', headers, body: script });
  const { blobId } = (await upload.json()) as { blobId: string };
  const create = { new: { name: `rules-${crypto.randomUUID()}`, blobId } };
  const args = { accountId, create, onSuccessActivateScript: '#new' };
  const using = ['urn:ietf:params:jmap:core', 'https://cyrusimap.org/ns/jmap/sieve'];
  const answer = await callJmap(apiUrl, token, [['SieveScript/set', args, '0']], using);
  createdId(responseOf(answer, 'SieveScript/set'));
}

type MailPart = Pick<
  TestAccount,
  | 'createMailbox'
  | 'createMailboxes'
  | 'mailboxId'
  | 'mailboxIds'
  | 'addEmail'
  | 'deliverEmail'
  | 'deliverEmails'
  | 'addEmails'
  | 'moveEmail'
  | 'deleteEmail'
  | 'emails'
>;

function wireMail({ token, deliver }: WireServer, session: Session): MailPart {
  const { accountId, apiUrl } = session;
  const invoke = async (
    method: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> =>
    responseOf(await callJmap(apiUrl, token, [[method, { accountId, ...args }, '0']]), method);

  const readMailboxes = async (): Promise<readonly MailboxRow[]> => {
    const all = await invoke('Mailbox/get', {
      ids: null,
      properties: ['name', 'parentId', 'role'],
    });
    return all['list'] as readonly MailboxRow[];
  };

  const createMailbox = async (name: string, options: MailboxOptions = {}): Promise<string> => {
    const parentId = options.parentId ?? null;
    const existing = (await readMailboxes()).find(
      (mailbox) => mailbox.name === name && mailbox.parentId === parentId,
    );
    if (existing !== undefined) return existing.id;
    const role = options.role === undefined ? {} : { role: options.role };
    const answer = await invoke('Mailbox/set', { create: { new: { name, parentId, ...role } } });
    return createdId(answer);
  };

  const createMailboxes = async (names: readonly string[]): Promise<void> => {
    const mailboxes = await readMailboxes();
    const isThere = (name: string): boolean =>
      mailboxes.some((mailbox) => mailbox.name === name && mailbox.parentId === null);
    const missing = names.filter((name) => !isThere(name));
    for (const chunk of chunks(missing, session.maxObjectsInSet)) {
      const create = Object.fromEntries(chunk.map((name) => [name, { name, parentId: null }]));
      const { notCreated } = await invoke('Mailbox/set', { create });
      if (notCreated) throw new Error(`createMailboxes: ${JSON.stringify(notCreated)}`);
    }
  };

  const mailboxIds = async (paths: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const mailboxes = await readMailboxes();
    return new Map(paths.map((path) => [path, findMailbox(path, mailboxes).id]));
  };

  const addEmail = async (email: TestEmail): Promise<string> => {
    const upload = await fetch(session.uploadUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'message/rfc822' },
      body: rawMessage(email),
    });
    const { blobId } = (await upload.json()) as { blobId: string };
    const mailboxIds = Object.fromEntries(email.mailboxIds.map((id) => [id, true]));
    const receivedAt = email.receivedAt === undefined ? {} : { receivedAt: email.receivedAt };
    return createdId(
      await invoke('Email/import', { emails: { new: { blobId, mailboxIds, ...receivedAt } } }),
    );
  };

  const deliverEmails: TestAccount['deliverEmails'] = async (emails) => {
    const subjects = emails.map(() => crypto.randomUUID());
    await deliver(
      emails.map(({ from }, index) =>
        rawMessage({ from, mailboxIds: [], subject: subjects[index] ?? '' }),
      ),
    );
    const newest = await invoke('Email/query', {
      sort: [{ property: 'receivedAt', isAscending: false }],
      // More than that, because times are whole seconds.
      limit: emails.length + 100,
    });
    const got = await invoke('Email/get', { ids: newest['ids'], properties: ['subject'] });
    const rows = got['list'] as readonly EmailRow[];
    return subjects.map((subject, index) => {
      const found = rows.find((row) => row.subject === subject);
      if (found === undefined) throw new Error(`not delivered: ${emails[index]?.from}`);
      return found.id;
    });
  };

  const addEmails = async (added: readonly TestEmail[]): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (const chunk of chunks(added, 250)) {
      const create = Object.fromEntries(chunk.map((email, index) => [index, newEmail(email)]));
      const { created, notCreated } = await invoke('Email/set', { create });
      if (notCreated) throw new Error(`addEmails: ${JSON.stringify(notCreated).slice(0, 500)}`);
      const made = created as Readonly<Record<string, { readonly id: string }>>;
      ids.push(...chunk.map((_, index) => made[index]?.id ?? ''));
    }
    return ids;
  };

  const moveEmail: TestAccount['moveEmail'] = async (id, { add = [], remove = [] }) => {
    const patch = Object.fromEntries([
      ...add.map((mailbox) => [`mailboxIds/${mailbox}`, true]),
      ...remove.map((mailbox) => [`mailboxIds/${mailbox}`, null]),
    ]) as Readonly<Record<string, true | null>>;
    const answer = await invoke('Email/set', { update: { [id]: patch } });
    if (answer['notUpdated']) throw new Error(`moveEmail: ${JSON.stringify(answer)}`);
  };

  const deleteEmail = async (id: string): Promise<void> => {
    await invoke('Email/set', { destroy: [id] });
  };

  const emails = async (): Promise<ReadonlyMap<string, StoredEmail>> => {
    const ids = new Set<string>();
    for (;;) {
      const page = await invoke('Email/query', {
        sort: [{ property: 'receivedAt' }],
        position: ids.size,
        limit: 1000,
      });
      const pageIds = page['ids'] as readonly string[];
      if (pageIds.length === 0) break;
      for (const id of pageIds) ids.add(id);
    }
    const all = new Map<string, StoredEmail>();
    for (const chunk of chunks([...ids], session.maxObjectsInGet)) {
      const got = await invoke('Email/get', {
        ids: chunk,
        properties: ['mailboxIds', 'subject', 'from'],
      });
      for (const { id, mailboxIds, subject, from } of got['list'] as readonly EmailRow[]) {
        all.set(id, {
          mailboxIds: new Set(Object.keys(mailboxIds)),
          subject: subject ?? '',
          from,
        });
      }
    }
    return all;
  };

  return {
    createMailbox,
    createMailboxes,
    mailboxId: async (path) => (await mailboxIds([path])).get(path) ?? '',
    mailboxIds,
    addEmail,
    deliverEmail: async (email) => (await deliverEmails([email]))[0] ?? '',
    deliverEmails,
    addEmails,
    moveEmail,
    deleteEmail,
    emails,
  };
}

function findMailbox(path: string, mailboxes: readonly MailboxRow[]): MailboxRow {
  let found: MailboxRow | undefined;
  for (const [depth, name] of path.split('/').entries()) {
    const parentId: string | null = found?.id ?? null;
    found = mailboxes.find((mailbox) =>
      depth === 0 && name === 'Inbox'
        ? mailbox.role === 'inbox'
        : mailbox.name === name && mailbox.parentId === parentId,
    );
    if (found === undefined) throw new Error(`no mailbox ${path}`);
  }
  if (found === undefined) throw new Error('a path has a name at least');
  return found;
}

type ContactsPart = Pick<
  TestAccount,
  'putCard' | 'deleteCard' | 'cards' | 'cardOfVersion4' | 'putGroup' | 'createAddressBook'
>;

/** The contacts of the account on a real server. */
export function wireContacts(
  server: Pick<WireServer, 'cardDavUrl' | 'defaultBookHref' | keyof Credentials>,
): ContactsPart {
  const { cardDavUrl, defaultBookHref } = server;
  const homeHref = new URL('..', new URL(defaultBookHref, cardDavUrl)).pathname;
  const request = async (method: string, href: string, init?: DavRequest): Promise<Response> => {
    const response = await callDav(server, method, new URL(href, cardDavUrl), init);
    if (response.ok) return response;
    throw new Error(`${method} ${href}: ${response.status} ${await response.text()}`);
  };
  const listChildren = async (href: string): Promise<readonly DavResource[]> => {
    const headers = { depth: '1', 'content-type': 'text/xml' };
    const body = '<propfind xmlns="DAV:"><prop><getetag/><resourcetype/></prop></propfind>';
    const response = await request('PROPFIND', href, { headers, body });
    return parseMultistatus(await response.text()).filter((resource) => resource.href !== href);
  };

  const putCard = async (
    name: string,
    card: string | Uint8Array,
    bookHref = defaultBookHref,
  ): Promise<string> => {
    const href = bookHref + encodeURIComponent(name);
    const body = typeof card === 'string' ? card : new Uint8Array(card);
    await request('PUT', href, { headers: { 'content-type': 'text/vcard; charset=utf-8' }, body });
    return href;
  };

  const deleteCard = async (href: string): Promise<void> => {
    await request('DELETE', href);
  };

  const cards = async (): Promise<ReadonlyMap<string, StoredCard>> => {
    const books = (await listChildren(homeHref)).filter((resource) => resource.isAddressBook);
    const all = new Map<string, StoredCard>();
    for (const book of books) {
      for (const { href } of await listChildren(book.href)) {
        const headers = { 'accept-encoding': 'identity' };
        const response = await request('GET', href, { headers });
        all.set(href, {
          etag: response.headers.get('etag') ?? '',
          ...decodeCard(Buffer.from(await response.arrayBuffer())),
        });
      }
    }
    return all;
  };

  const cardOfVersion4 = async (href: string): Promise<string> => {
    const headers = { accept: 'text/vcard; version=4.0' };
    return (await request('GET', href, { headers })).text();
  };

  const putGroup = (name: string, memberUids: readonly string[] = []): Promise<string> => {
    const uid = crypto.randomUUID();
    return putCard(`${uid}.vcf`, groupCard(uid, name, memberUids));
  };

  const createAddressBook = async (name: string): Promise<string> => {
    const href = `${homeHref}${encodeURIComponent(name)}/`;
    const body =
      '<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/>' +
      '<addressbook xmlns="urn:ietf:params:xml:ns:carddav"/></resourcetype></prop></set></mkcol>';
    await request('MKCOL', href, { headers: { 'content-type': 'text/xml' }, body });
    return href;
  };

  return { putCard, deleteCard, cards, cardOfVersion4, putGroup, createAddressBook };
}

function decodeCard(bytes: Buffer): Omit<StoredCard, 'etag'> {
  return { card: bytes.toString('utf8'), bytes };
}

interface EmailRow {
  readonly id: string;
  readonly mailboxIds: Readonly<Record<string, true>>;
  readonly subject: string | null;
  readonly from: StoredEmail['from'];
}

/** Every message needs its own Message-ID: a server takes equal messages for one. */
function rawMessage({ from, subject = 'A subject' }: TestEmail): string {
  return [
    ...(from === null ? [] : [`From: ${from}`]),
    'To: alice@example.org',
    `Subject: ${subject}`,
    `Message-ID: <${crypto.randomUUID()}@example.org>`,
    'Date: Sun, 01 Nov 2026 12:00:00 +0000',
    '',
    'A body.',
    '',
  ].join('\r\n');
}

/** RFC 8621 §4.6: the server makes the message. */
function newEmail({ from, mailboxIds, subject = 'A subject', receivedAt }: TestEmail): unknown {
  return {
    mailboxIds: Object.fromEntries(mailboxIds.map((id) => [id, true])),
    ...(from === null ? {} : { 'header:From:asRaw': ` ${from}` }),
    subject,
    ...(receivedAt === undefined ? {} : { receivedAt }),
    textBody: [{ partId: 'body', type: 'text/plain' }],
    bodyValues: { body: { value: 'A body.' } },
  };
}

function createdId(answer: Readonly<Record<string, unknown>>): string {
  const created = answer['created'] as Record<string, { id: string }> | null | undefined;
  const id = created?.['new']?.id;
  if (id === undefined) throw new Error(`not created: ${JSON.stringify(answer)}`);
  return id;
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
