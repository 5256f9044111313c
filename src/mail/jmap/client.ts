import pLimit from 'p-limit';

import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  messageOf,
  UrlNotTrustedError,
  WEB_PAGE,
} from '../../errors.ts';
import type { Http } from '../../http/http.ts';
import type { Logger } from '../../log/logger.ts';
import {
  ACCOUNT_ERRORS,
  matchAnswers,
  type MethodAnswers,
  type MethodCall,
  throwAccountErrors,
} from './calls.ts';
import { decodeObject, decodeString, malformedAnswer } from './decode.ts';
import {
  CORE_CAPABILITY,
  type JmapSession,
  MAIL_CAPABILITY,
  parseSession,
  type RememberedSession,
} from './session.ts';
import { isTooManyAtOnce } from './write-failure.ts';

/** What a JMAP client is given. */
export interface JmapClientOptions {
  readonly http: Http;
  readonly sessionUrl: string;
  /** What an earlier run stored; used only if it came from the same session URL. */
  readonly remembered: RememberedSession | null;
  readonly log: Logger;
}

/**
 * Speaks JMAP (RFC 8620) to one server: knows the session, matches answers to calls, and keeps to
 * `maxConcurrentRequests`. Callers keep to the other limits, which `session()` has.
 */
export class JmapClient {
  readonly #options: JmapClientOptions;
  #session: Promise<JmapSession> | null = null;
  /** The session comes from an earlier run, and no answer of this run has confirmed it yet. */
  #isUnconfirmed = false;
  /** The session is read again for a new state once a run: on some servers the two never agree. */
  #hasFollowedState = false;
  #known: JmapSession | null = null;
  readonly #atOnce = pLimit(MOST_REQUESTS_AT_ONCE);

  constructor(options: JmapClientOptions) {
    this.#options = options;
    const { remembered, sessionUrl, log } = options;
    if (remembered === null) return;
    if (remembered.sessionUrl !== sessionUrl) {
      log.info('discovery_dropped', { server: hostOf(sessionUrl), reason: 'other session URL' });
      return;
    }
    this.#adopt(remembered);
    this.#session = Promise.resolve(remembered);
    this.#isUnconfirmed = true;
  }

  /** Read from the server at first use, unless an earlier run left it. */
  session(): Promise<JmapSession> {
    this.#session ??= this.#readSession();
    return this.#session;
  }

  /** What the next run need not read again; null unless an answer has confirmed it. */
  remember(): Omit<RememberedSession, 'totalsBelievedSince'> | null {
    if (this.#known === null || this.#isUnconfirmed) return null;
    return { ...this.#known, sessionUrl: this.#options.sessionUrl };
  }

  /**
   * Sends method calls as one request, each with the session's `accountId` added. Sends them once
   * more if the session turns out to be out of date. Throws AccountError, JmapMethodError,
   * MalformedAnswerError, and what the HTTP client throws.
   */
  async request(calls: readonly MethodCall[]): Promise<MethodAnswers> {
    const session = await this.session();
    const wasUnconfirmed = this.#isUnconfirmed;
    try {
      return await this.#send(session, calls);
    } catch (error) {
      if (error instanceof SessionChange) return await this.#send(error.session, calls);
      if (!wasUnconfirmed || !contradictsSession(error)) throw error;
      const fresh = await this.#replaceSession(session, messageOf(error));
      return await this.#send(fresh, calls);
    }
  }

  async #send(session: JmapSession, calls: readonly MethodCall[]): Promise<MethodAnswers> {
    const response = await this.#post(session, calls);
    const body = decodeObject(await readJson(response, hostOf(session.apiUrl)), 'JMAP response');
    const answers = matchAnswers(
      body['methodResponses'],
      calls,
      hostOf(session.apiUrl),
      session.accountId,
    );
    throwAccountErrors(answers, calls, hostOf(session.apiUrl));
    await this.#checkSessionState(session, decodeString(body['sessionState'], 'sessionState'));
    return answers;
  }

  async #post(session: JmapSession, calls: readonly MethodCall[]): Promise<Response> {
    const body = JSON.stringify({
      using: [CORE_CAPABILITY, MAIL_CAPABILITY],
      methodCalls: calls.map(({ name, arguments: args, callId }) => [
        name,
        { accountId: session.accountId, ...args },
        callId,
      ]),
    });
    const post = (): Promise<Response> =>
      this.#options.http(session.apiUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
      });
    const atOnce = this.#atOnce;
    const isAlone = atOnce.concurrency === 1;
    try {
      return await atOnce(post);
    } catch (error) {
      // Another run may be using part of what the server allows: from here on one at a time.
      if (!isTooManyAtOnce(error) || isAlone) throw error;
      atOnce.concurrency = 1;
      return await atOnce(post);
    }
  }

  /**
   * RFC 8620 §3.4: a new `sessionState` means that the Session object has changed. It is read again,
   * once. If the account or the API URL is another one now, the answer does not count.
   */
  async #checkSessionState(session: JmapSession, sessionState: string): Promise<void> {
    if (sessionState !== session.sessionState && !this.#hasFollowedState) {
      this.#hasFollowedState = true;
      await this.#replaceSession(session, 'the session changed', sessionState);
    }
    const current = await this.session();
    if (current.apiUrl !== session.apiUrl || current.accountId !== session.accountId) {
      throw new SessionChange(current);
    }
    this.#isUnconfirmed = false;
  }

  /** Reads the session again, unless another request has already replaced this one. */
  async #replaceSession(
    old: JmapSession,
    reason: string,
    sessionState?: string,
  ): Promise<JmapSession> {
    if (this.#known === old) {
      this.#options.log.info('discovery_dropped', {
        server: hostOf(this.#options.sessionUrl),
        reason,
      });
      this.#known = null;
      this.#session = this.#readSession(sessionState);
    }
    return this.session();
  }

  /** `sessionState`: the one in answers, where the Session object is known to carry another. */
  async #readSession(sessionState?: string): Promise<JmapSession> {
    const { http, sessionUrl } = this.#options;
    const response = await http(sessionUrl, { headers: { accept: 'application/json' } });
    const json = await readJson(response, hostOf(sessionUrl));
    const session = parseSession(json, response.url === '' ? sessionUrl : response.url);
    this.#isUnconfirmed = false;
    return this.#adopt(sessionState === undefined ? session : { ...session, sessionState });
  }

  #adopt(session: JmapSession): JmapSession {
    this.#known = session;
    const { concurrency } = this.#atOnce;
    this.#atOnce.concurrency = Math.min(concurrency, session.limits.maxConcurrentRequests);
    return session;
  }
}

/** More would not make it faster, whatever the server allows. */
const MOST_REQUESTS_AT_ONCE = 8;

/** The answer came for an account or from a URL that the session no longer names. */
class SessionChange extends MalformedAnswerError {
  readonly session: JmapSession;
  constructor(session: JmapSession) {
    super('the JMAP session changed');
    this.session = session;
  }
}

async function readJson(response: Response, host: string): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    const isPage = response.headers.get('content-type')?.includes('html') === true;
    const sent = isPage
      ? `${WEB_PAGE}, and not JSON. Is MAILROOM_JMAP_SESSION_URL right?`
      : 'not JSON';
    // No cause: the parser's message quotes the text.
    throw malformedAnswer(`what ${host} sent is ${sent}`);
  }
}

/** What a server answers if an earlier run's session no longer holds. */
function contradictsSession(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.isPermanent;
  return (
    error instanceof CredentialsError ||
    error instanceof UrlNotTrustedError ||
    error instanceof AccountError ||
    error instanceof MalformedAnswerError ||
    (error instanceof JmapMethodError && ACCOUNT_ERRORS.has(error.type))
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the JMAP server';
}
