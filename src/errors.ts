/**
 * The errors that break a run. Each says in words what a person needs to know: which server, what
 * status or error type, what to do. They never hold a credential, a subject or a body.
 * `runFailureKind` is the one table from error to exit.
 */
export abstract class MailroomError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The settings are wrong; `problems` has one line per variable, without its value. */
export class SettingsError extends MailroomError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`settings are not valid: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/**
 * The account is not as Mailroom needs it: missing mailboxes or groups, no mail account, read-only.
 */
export class AccountError extends MailroomError {}

/** What is missing, all of it, and what to do. */
export function notSetUp(problems: readonly string[]): AccountError {
  return new AccountError(
    `the account is not set up for Mailroom: ${problems.join('; ')}. Create what is missing (npx tsx src/setup.ts --apply does), or correct the names in the MAILROOM_ settings`,
  );
}

/** A URL given by a server, or a redirect, leads where credentials must not go. Nothing was sent. */
export class UrlNotTrustedError extends MailroomError {}

/** The server refused the credentials: 401, or 403 to anything but a PUT. */
export class CredentialsError extends MailroomError {
  /** Of the answer; null where the credentials never got that far. */
  readonly status: number | null;
  /** As in HttpStatusError. */
  readonly detail: string;
  constructor(
    message: string,
    { status = null, detail = '' }: { status?: number | null; detail?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

/** No answer: DNS, TLS, connection refused or reset. */
export class NetworkError extends MailroomError {}

/** No complete answer within `MAILROOM_REQUEST_TIMEOUT` or what `MAILROOM_PASS_TIMEOUT` left. */
export class TimeoutError extends MailroomError {}

/** An answer with an HTTP status other than success, after all retries. */
export class HttpStatusError extends MailroomError {
  readonly status: number;
  /**
   * What the server said in a form made for programs: the members of problem+json (RFC 9457), the
   * element in DAV:error (RFC 4918 §16), a Kubernetes Status. Short, one line; never a whole body.
   */
  readonly detail: string;
  constructor(message: string, status: number, options?: ErrorOptions & { detail?: string }) {
    super(message, options);
    this.status = status;
    this.detail = options?.detail ?? '';
  }
  /** Trying again changes nothing: 4xx but those that say "not now". */
  get isPermanent(): boolean {
    return this.status >= 400 && this.status < 500 && !RETRYABLE_4XX.has(this.status);
  }
}

const RETRYABLE_4XX: ReadonlySet<number> = new Set([401, 408, 409, 412, 423, 425, 429]);

/**
 * An answer that cannot be right: not JSON, not XML, cut short, for another call, empty where it
 * cannot be.
 */
export class MalformedAnswerError extends MailroomError {}

/** What messages call a page for people that arrives in place of data. */
export const WEB_PAGE = 'a web page, perhaps a log-in page';

/** A JMAP method-level error (RFC 8620 §3.6.2). */
export class JmapMethodError extends MailroomError {
  readonly type: string;
  constructor(message: string, type: string) {
    super(message);
    this.type = type;
  }
}

/** Both servers failed, mail and contacts; the message has what each said. */
export class BothServersError extends MailroomError {
  readonly errors: readonly MailroomError[];
  constructor(errors: readonly MailroomError[]) {
    super(errors.map(({ message }) => message).join('; and '));
    this.errors = errors;
  }
}

/** SIGTERM or SIGINT came; what was begun is at a consistent point. */
export class StoppedError extends MailroomError {}

/** Every sender that was tried failed; the message says why, for the first of them. */
export class EverySenderFailedError extends MailroomError {}

/** The state could not be written. */
export class StateWriteError extends MailroomError {}

/**
 * `startup`: a person has to act, so exit 1 at once. A defect of our own is one too, because the
 * next pass would meet it again. `transient`: the next pass may succeed.
 */
export function runFailureKind(error: unknown): 'startup' | 'transient' | 'stopped' {
  if (error instanceof StoppedError) return 'stopped';
  if (error instanceof BothServersError) {
    return error.errors.some((one) => runFailureKind(one) === 'startup') ? 'startup' : 'transient';
  }
  if (
    error instanceof SettingsError ||
    error instanceof AccountError ||
    error instanceof UrlNotTrustedError ||
    error instanceof CredentialsError ||
    isDefect(error)
  ) {
    return 'startup';
  }
  return 'transient';
}

/** What JavaScript throws where the code is wrong. Failures of servers have classes of their own. */
function isDefect(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError ||
    error instanceof SyntaxError ||
    error instanceof URIError ||
    errorCodeOf(error) === 'ERR_ASSERTION'
  );
}

/** The message of an error; of anything else that was thrown, its text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Node's name for what went wrong, such as `ENOENT`; null where there is none. */
export function errorCodeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}
