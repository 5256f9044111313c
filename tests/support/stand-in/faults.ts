import type { Answer, RequestKind, ServerRequest } from './exchange.ts';

/** A rule that makes one request, or some, go wrong. */
export interface FaultRule {
  /** A kind, a JMAP method that the request calls, or any request at all. */
  readonly on: RequestKind | `${string}/${string}` | 'any';
  /** The first matching request that it hits, counted from 1. Default 1. */
  readonly nth?: number;
  /** How many it hits from there on. Default 1; `Infinity` for all. */
  readonly times?: number;
  /** Narrows what matches. Requests for which it is false are not counted. */
  readonly when?: (request: ServerRequest) => boolean;
  /** No request need meet it. Default: one must, or `close` throws, because nothing was tested then. */
  readonly mayMiss?: true;
  readonly fault: Fault;
}

export type Fault =
  /** The connection is reset, and nothing is done. */
  | { readonly kind: 'resetBefore' }
  /** The request is carried out, and its answer is lost. */
  | { readonly kind: 'resetAfter' }
  /** No answer ever comes. Nothing is done, unless `isDone`. */
  | { readonly kind: 'stall'; readonly isDone?: boolean }
  /** The answer's head comes at once, its body in pieces over this time. */
  | { readonly kind: 'slowBody'; readonly totalMs: number }
  /**
   * The body ends after so many bytes: the connection breaks, or with `isClean` the shorter body
   * looks complete to HTTP.
   */
  | { readonly kind: 'truncateBody'; readonly bytes: number; readonly isClean?: boolean }
  /** This answer comes instead. Nothing is done, unless `isDone`. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly isDone?: boolean;
    }
  /** A log-in page, as from a captive portal or a proxy. Nothing is done. */
  | { readonly kind: 'html'; readonly status?: number }
  /** No body; status 200 by default. Nothing is done. */
  | { readonly kind: 'empty'; readonly status?: number }
  /** A function changes the answer's JSON. */
  | { readonly kind: 'replaceJson'; readonly change: (json: JsonAnswer) => unknown }
  /** A function changes the answer's text (XML, vCard). */
  | { readonly kind: 'replaceText'; readonly change: (text: string) => string }
  /** A method response comes back under a call id that nobody used. */
  | { readonly kind: 'wrongCallId' }
  /** The method's response is left out of the answer, although it was executed. */
  | { readonly kind: 'missingResponse'; readonly method: string }
  /** The method is not executed and answers with this error (RFC 8620 §3.6.2). */
  | { readonly kind: 'methodError'; readonly method: string; readonly type: string }
  /** Updates of these emails, or of all, are not tried and are answered with this SetError. */
  | {
      readonly kind: 'setError';
      readonly emailIds: 'all' | readonly string[];
      readonly type: string;
    }
  /** The answer comes without its ETag header. */
  | { readonly kind: 'dropEtag' }
  /** A function changes the answer's ETag header. */
  | { readonly kind: 'alterEtag'; readonly change: (etag: string) => string }
  /** Somebody else acts on the account just before this request is handled. */
  | { readonly kind: 'otherClient'; readonly act: () => void | Promise<void> };

/** The body of a JMAP answer or session, for a test's function to change. */
// oxlint-disable-next-line typescript/no-explicit-any -- it is for changing what is well known
type JsonAnswer = any;

/** The rules, and how often each was met. Rules may be added and removed while requests come in. */
export class FaultPlan {
  readonly rules: FaultRule[] = [];
  readonly #met = new WeakMap<FaultRule, number>();

  /** The faults that hit this request, in the order of the rules. Counts the request. */
  strike(request: ServerRequest): readonly Fault[] {
    return this.rules.filter((rule) => this.#isStruck(rule, request)).map(({ fault }) => fault);
  }

  /** Rules that must be met, and were not, one line each. */
  findMissed(): readonly string[] {
    return this.rules
      .filter((rule) => rule.mayMiss !== true && (this.#met.get(rule) ?? 0) < (rule.nth ?? 1))
      .map(
        ({ on, nth = 1, fault }) =>
          `no request met the fault ${fault.kind} on ${on} (${nth === 1 ? 'the first' : `number ${nth}`})`,
      );
  }

  #isStruck(rule: FaultRule, request: ServerRequest): boolean {
    const { on, nth = 1, times = 1, when } = rule;
    const isMeant = on === 'any' || on === request.kind || request.jmapMethods.includes(on);
    if (!isMeant || when?.(request) === false) return false;
    const met = (this.#met.get(rule) ?? 0) + 1;
    this.#met.set(rule, met);
    return met >= nth && met < nth + times;
  }
}

/** The answer to give without carrying out the request, if a fault says so. */
export function answerInstead(faults: readonly Fault[]): Answer | null {
  for (const fault of faults) {
    if (fault.kind === 'status' && fault.isDone !== true) return statusAnswer(fault);
    if (fault.kind === 'html') {
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>',
      };
    }
    if (fault.kind === 'empty') return { status: fault.status ?? 200, headers: {}, body: '' };
  }
  return null;
}

/** The answer as the faults change it, once the request has been carried out. */
export function alterAnswer(answer: Answer, faults: readonly Fault[]): Answer {
  return faults.reduce(alterByOne, answer);
}

function alterByOne(answer: Answer, fault: Fault): Answer {
  switch (fault.kind) {
    case 'status':
      return fault.isDone === true ? statusAnswer(fault) : answer;
    case 'replaceJson':
      return alterJson(answer, fault.change);
    case 'replaceText':
      return { ...answer, body: fault.change(answer.body.toString()) };
    case 'wrongCallId':
      return alterJson(answer, (json) => {
        const [first] = json.methodResponses;
        first[2] = `${first[2]}-other`;
        return json;
      });
    case 'missingResponse':
      return alterJson(answer, (json) => ({
        ...json,
        methodResponses: json.methodResponses.filter(([name]: [string]) => name !== fault.method),
      }));
    case 'dropEtag': {
      const { etag: _, ...headers } = answer.headers;
      return { ...answer, headers };
    }
    case 'alterEtag': {
      const etag = fault.change(answer.headers['etag'] ?? '');
      return { ...answer, headers: { ...answer.headers, etag } };
    }
    // These act on the request or on the connection.
    case 'resetBefore':
    case 'resetAfter':
    case 'stall':
    case 'slowBody':
    case 'truncateBody':
    case 'html':
    case 'empty':
    case 'methodError':
    case 'setError':
    case 'otherClient':
      return answer;
    default:
      return fault satisfies never;
  }
}

function alterJson(answer: Answer, change: (json: JsonAnswer) => unknown): Answer {
  return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body.toString()))) };
}

function statusAnswer(fault: Extract<Fault, { readonly kind: 'status' }>): Answer {
  return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' };
}
