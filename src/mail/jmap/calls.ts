import { JmapMethodError } from '../../errors.ts';
import {
  decodeArray,
  decodeObject,
  decodeString,
  type JsonObject,
  malformedAnswer,
} from './decode.ts';
import { readOnlyAccount } from './session.ts';

/** RFC 8620 §3.2 Invocation. */
export interface MethodCall {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly callId: string;
}

/**
 * RFC 8620 §3.7: an argument taken from an earlier answer in the same request; its key is `#name`.
 */
export interface ResultReference {
  readonly resultOf: string;
  readonly name: string;
  readonly path: string;
}

/** The answers to one request. */
export interface MethodAnswers {
  /** Throws JmapMethodError if the call failed. */
  argumentsOf(call: MethodCall): JsonObject;
}

/**
 * RFC 8620 §3.4: one answer for each call, by call id, under the method's name or `error`. Throws
 * MalformedAnswerError if one is missing, comes twice, or belongs to something that was not asked.
 */
export function matchAnswers(
  methodResponses: unknown,
  calls: readonly MethodCall[],
  host: string,
  accountId: string,
): MethodAnswers {
  const answers = new Map<string, { readonly name: string; readonly arguments: JsonObject }>();
  for (const response of decodeArray(methodResponses, 'methodResponses', decodeInvocation)) {
    const call = calls.find(({ callId }) => callId === response.callId);
    const isExpected = call !== undefined && !answers.has(response.callId);
    const isError = response.name === 'error';
    const account = response.arguments['accountId'] ?? accountId;
    if (!isExpected || !(isError || (response.name === call.name && account === accountId))) {
      throw malformedAnswer(`${host} answered a call that was not made`);
    }
    answers.set(response.callId, response);
  }
  for (const { callId, name } of calls) {
    if (!answers.has(callId)) {
      throw malformedAnswer(`${host} left ${name} without an answer`);
    }
  }
  return {
    argumentsOf(call) {
      const answer = answers.get(call.callId);
      if (answer === undefined) throw new TypeError(`no call ${call.callId} in this request`);
      if (answer.name === 'error') throw methodError(call.name, answer.arguments, host);
      return answer.arguments;
    },
  };
}

function decodeInvocation(
  value: unknown,
  where: string,
): { readonly name: string; readonly arguments: JsonObject; readonly callId: string } {
  const [name, args, callId, ...rest] = decodeArray(value, where, (item) => item);
  if (rest.length > 0) {
    throw malformedAnswer(`${where} has more than three parts`);
  }
  return {
    name: decodeString(name, `${where} name`),
    arguments: decodeObject(args, `${where} arguments`),
    callId: decodeString(callId, `${where} call id`),
  };
}

function methodError(method: string, error: JsonObject, host: string): JmapMethodError {
  const type = cleanErrorType(error['type']);
  return new JmapMethodError(`${host}: ${method} answered the method error ${type}`, type);
}

/** An error type is a short word. Anything else stays out of the log. */
function cleanErrorType(type: unknown): string {
  return typeof type === 'string' && /^[\w:./-]{1,80}$/u.test(type) ? type : '(unreadable type)';
}

/** Throws what concerns the whole account, not just one call (RFC 8620 §3.6.2). */
export function throwAccountErrors(
  answers: MethodAnswers,
  calls: readonly MethodCall[],
  host: string,
): void {
  for (const call of calls) {
    try {
      answers.argumentsOf(call);
    } catch (error) {
      if (!(error instanceof JmapMethodError)) throw error;
      if (error.type === 'accountReadOnly') throw readOnlyAccount(host);
      if (ACCOUNT_ERRORS.has(error.type)) throw error;
    }
  }
}

/** What a server answers if it does not know the account, or no longer does. */
export const ACCOUNT_ERRORS: ReadonlySet<string> = new Set([
  'accountNotFound',
  'accountNotSupportedByMethod',
]);
