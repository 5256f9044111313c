import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  UrlNotTrustedError,
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
import { decodeObject, decodeString } from './decode.ts';
import { Gate } from './gate.ts';
import {
  CORE_CAPABILITY,
  type JmapSession,
  MAIL_CAPABILITY,
  parseSession,
  type RememberedSession,
} from './session.ts';
import { isTooManyAtOnce } from './write-failure.ts';

export interface JmapClientOptions {
  readonly http: Http;
  readonly sessionUrl: string;
  /** What an earlier run left; used only if it is of the same session URL. */
  readonly remembered: RememberedSession | null;
  readonly log: Logger;
}

/**
 * Speaks JMAP (RFC 8620) to one server: knows the session, matches answers to calls, and keeps to
 * `maxConcurrentRequests`. The other limits are the callers' to respect: see `session()`.
 */
export class JmapClient {
  readonly #options: JmapClientOptions;
  #session: Promise<JmapSession> | null = null;
  /** The session is an earlier run's, and no answer of this run has borne it out yet. */
  #isUnconfirmed = false;
  /** A mismatch of session states is followed up once a run: some servers' two states never agree. */
  #hasFollowedState = false;
  #known: JmapSession | null = null;
  readonly #gate = new Gate(MOST_REQUESTS_AT_ONCE);

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

  /** The session; read from the server at first use unless remembered. */
  session(): Promise<JmapSession> {
    this.#session ??= this.#readSession();
    return this.#session;
  }

  /** What the next run may skip to read; null when nothing is known that an answer has borne out. */
  remember(): RememberedSession | null {
    if (this.#known === null || this.#isUnconfirmed) return null;
    return { ...this.#known, sessionUrl: this.#options.sessionUrl };
  }

  /**
   * Sends method calls as one request, each with the session's `accountId` added; once more when
   * the session turns out to be out of date. Throws AccountError, JmapMethodError,
   * MalformedAnswerError, and what the HTTP client throws.
   */
  async request(calls: readonly MethodCall[]): Promise<MethodAnswers> {
    const session = await this.session();
    const wasUnconfirmed = this.#isUnconfirmed;
    try {
      return await this.#send(session, calls);
    } catch (error) {
      if (error instanceof SessionChange) {
        return await this.#send(error.session, calls);
      }
      if (!wasUnconfirmed || !contradictsSession(error)) throw error;
      const fresh = await this.#replaceSession(session, describe(error));
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
    const gate = this.#gate;
    const isAlone = gate.capacity === 1;
    try {
      return await gate.run(post);
    } catch (error) {
      // Another run may use up a part of what the server allows: go on one by one.
      if (!isTooManyAtOnce(error) || isAlone) throw error;
      gate.narrowTo(1);
      return await gate.run(post);
    }
  }

  /**
   * RFC 8620 §3.4: another `sessionState` than the session's means that the Session object changed.
   * It is read again, once; when account or URL are others now, the answer does not count.
   */
  async #checkSessionState(session: JmapSession, sessionState: string): Promise<void> {
    if (sessionState !== session.state && !this.#hasFollowedState) {
      this.#hasFollowedState = true;
      await this.#replaceSession(session, 'the session changed', sessionState);
    }
    const current = await this.session();
    if (current.apiUrl !== session.apiUrl || current.accountId !== session.accountId) {
      throw new SessionChange(current);
    }
    this.#isUnconfirmed = false;
  }

  /** Reads the session anew, unless another request has replaced this one already. */
  async #replaceSession(old: JmapSession, reason: string, state?: string): Promise<JmapSession> {
    if (this.#known === old) {
      this.#options.log.info('discovery_dropped', {
        server: hostOf(this.#options.sessionUrl),
        reason,
      });
      this.#known = null;
      this.#session = this.#readSession(state);
    }
    return this.session();
  }

  /** `state`: the one that answers carry, where it is known to differ from the Session object's. */
  async #readSession(state?: string): Promise<JmapSession> {
    const { http, sessionUrl } = this.#options;
    const response = await http(sessionUrl, { headers: { accept: 'application/json' } });
    const json = await readJson(response, hostOf(sessionUrl));
    const session = parseSession(json, response.url === '' ? sessionUrl : response.url);
    this.#isUnconfirmed = false;
    return this.#adopt(state === undefined ? session : { ...session, state });
  }

  #adopt(session: JmapSession): JmapSession {
    this.#known = session;
    this.#gate.narrowTo(session.limits.maxConcurrentRequests);
    return session;
  }
}

/** More would help nobody, whatever the server allows. */
const MOST_REQUESTS_AT_ONCE = 8;

/** The answer belongs to an account or a URL that are not the session's any more. */
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
    // No cause: the parser's message quotes the text.
    throw new MalformedAnswerError(`malformed JMAP answer: what ${host} sent is not JSON`);
  }
}

/** What a server says when the session of an earlier run holds no more: read it anew, try again. */
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

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the JMAP server';
}
