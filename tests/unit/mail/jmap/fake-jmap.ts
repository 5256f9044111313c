import type { Http } from '../../../../src/http/http.ts';
import type { LogEvent } from '../../../../src/log/events.ts';
import type { Logger } from '../../../../src/log/logger.ts';
import { createMailStore } from '../../../../src/mail/mail-store.ts';
import type { JmapMailStore } from '../../../../src/mail/mail-store.ts';
import type { RememberedSession } from '../../../../src/mail/jmap/session.ts';

export const SESSION_URL = 'https://jmap.example.com/session';
export const API_URL = 'https://jmap.example.com/api/';

// oxlint-disable-next-line typescript/no-explicit-any -- arguments are asserted on, not used
export type Invocation = readonly [name: string, args: Readonly<Record<string, any>>, id: string];

/** What the fake answers one request with: method responses, a whole body, or an error of the HTTP client. */
export type FakeAnswer =
  | { readonly responses: readonly unknown[]; readonly sessionState?: string }
  | { readonly body: string }
  | Error;

export interface FakeOptions {
  readonly limits?: Readonly<Record<string, unknown>>;
  /** What a GET of the session gives, by count of the reads so far. */
  readonly session?: (reads: number) => unknown;
  readonly remembered?: RememberedSession | null;
}

export interface FakeJmap {
  readonly store: JmapMailStore;
  /** The method calls of every POST, in order. */
  readonly posts: readonly {
    readonly url: string;
    readonly calls: readonly Invocation[];
    readonly bytes: number;
  }[];
  /** How often the session was read. */
  readonly sessionReads: () => number;
  readonly logged: readonly LogEvent[];
  /** The most POSTs that were under way at the same moment. */
  readonly mostAtOnce: () => number;
}

/** A mail store before a server that says exactly what a case is about. */
export function fakeJmap(
  answer: (calls: readonly Invocation[], post: number) => FakeAnswer | Promise<FakeAnswer>,
  options: FakeOptions = {},
): FakeJmap {
  const posts: { url: string; calls: readonly Invocation[]; bytes: number }[] = [];
  const logged: LogEvent[] = [];
  let sessionReads = 0;
  let underWay = 0;
  let mostAtOnce = 0;
  const http: Http = async (url, init) => {
    if (String(url) === SESSION_URL) {
      sessionReads += 1;
      const session = options.session?.(sessionReads) ?? aSession({ limits: options.limits ?? {} });
      if (session instanceof Error) throw session;
      return Response.json(session);
    }
    const text = init?.body as string;
    const calls = (JSON.parse(text) as { methodCalls: Invocation[] }).methodCalls;
    posts.push({ url: String(url), calls, bytes: Buffer.byteLength(text) });
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    try {
      // A turn of the event loop, so that requests that may be under way together are.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const said = await answer(calls, posts.length);
      if (said instanceof Error) throw said;
      if ('body' in said) return new Response(said.body);
      const { responses, sessionState = 'S1' } = said;
      return Response.json({ methodResponses: responses, sessionState });
    } finally {
      underWay -= 1;
    }
  };
  return {
    store: createMailStore({
      ownUsernames: [],
      http,
      sessionUrl: SESSION_URL,
      remembered: options.remembered ?? null,
      log: collectingLogger(logged),
    }),
    posts,
    sessionReads: () => sessionReads,
    logged,
    mostAtOnce: () => mostAtOnce,
  };
}

/** A Session object (RFC 8620 §2); `limits` are those of the core capability. */
export function aSession(
  change: { readonly limits?: Readonly<Record<string, unknown>> } & Readonly<
    Record<string, unknown>
  > = {},
): Readonly<Record<string, unknown>> {
  const { limits = {}, ...rest } = change;
  return {
    capabilities: { 'urn:ietf:params:jmap:core': limits, 'urn:ietf:params:jmap:mail': {} },
    accounts: { A1: { name: 'jane@example.com', isPersonal: true, isReadOnly: false } },
    primaryAccounts: { 'urn:ietf:params:jmap:mail': 'A1' },
    username: 'jane@example.com',
    apiUrl: '/api/',
    state: 'S1',
    ...rest,
  };
}

/** What an earlier run remembered of `aSession()`. */
export function aRememberedSession(change: Partial<RememberedSession> = {}): RememberedSession {
  return {
    sessionUrl: SESSION_URL,
    totalsBelievedSince: new Date().toISOString(),
    apiUrl: API_URL,
    accountId: 'A1',
    accountName: 'jane@example.com',
    username: 'jane@example.com',
    sessionState: 'S1',
    capabilities: [],
    limits: {
      maxSizeRequest: 10_000_000,
      maxConcurrentRequests: 4,
      maxCallsInRequest: 16,
      maxObjectsInGet: 500,
      maxObjectsInSet: 500,
    },
    ...change,
  };
}

/** An object of a Mailbox/get list. */
export function aMailboxObject(change: Readonly<Record<string, unknown>> = {}): object {
  return { id: 'inbox', name: 'Inbox', parentId: null, role: 'inbox', totalEmails: 0, ...change };
}

/** An object of an Email/get list. */
export function anEmailObject(change: Readonly<Record<string, unknown>> = {}): object {
  return {
    id: 'e1',
    mailboxIds: { screener: true },
    from: [{ name: 'Jane', email: 'jane@sender.example' }],
    'header:From:asRaw:all': [' Jane <jane@sender.example>'],
    receivedAt: '2026-11-01T08:00:00Z',
    ...change,
  };
}

function collectingLogger(logged: LogEvent[]): Logger {
  const log = (event: LogEvent): void => {
    logged.push(event);
  };
  const logger: Logger = { debug: log, info: log, warning: log, error: log, child: () => logger };
  return logger;
}
