import { type Answer, htmlAnswer, type ServerRequest } from './exchange.ts';
import { changedEmails, getEmails, setEmails } from './email-methods.ts';
import { queryEmails } from './email-query.ts';
import {
  isObject,
  isStringArray,
  type JmapContext,
  type JmapMethod,
  type JsonObject,
} from './jmap-context.ts';
import { MethodError, RequestRefused } from './jmap-errors.ts';
import { getMailboxes, setMailboxes } from './mailbox-methods.ts';
import { resolveReferences } from './result-reference.ts';
import { MAX_MAILBOXES_PER_EMAIL } from './set-errors.ts';

export const SESSION_PATH = '/jmap/session';
export const API_PATH = '/jmap/api/';
const CORE = 'urn:ietf:params:jmap:core';
const MAIL = 'urn:ietf:params:jmap:mail';
const ACCOUNT_ID = 'u00000001';

type Invocation = readonly [string, JsonObject, string];

/** The methods that fail by a fault rule, without being executed. */
export interface JmapFaults {
  readonly methodError: (method: string) => string | undefined;
}

const METHODS: ReadonlyMap<string, { readonly using: string; readonly run: JmapMethod }> = new Map([
  ['Core/echo', { using: CORE, run: (args: JsonObject) => args }],
  ['Mailbox/get', { using: MAIL, run: getMailboxes }],
  ['Mailbox/set', { using: MAIL, run: setMailboxes }],
  ['Email/query', { using: MAIL, run: queryEmails }],
  ['Email/get', { using: MAIL, run: getEmails }],
  ['Email/set', { using: MAIL, run: setEmails }],
  ['Email/changes', { using: MAIL, run: changedEmails }],
]);

/** RFC 8620 §2. */
export function answerSession({ settings }: JmapContext, origin: string): Answer {
  const base = settings.hasAbsoluteUrls ? origin : '';
  const mail = {
    maxMailboxesPerEmail: MAX_MAILBOXES_PER_EMAIL,
    maxSizeMailboxName: 490,
    maxMailboxDepth: null,
    maxSizeAttachmentsPerEmail: 50_000_000,
    emailQuerySortOptions: ['receivedAt', 'id'],
    mayCreateTopLevelMailbox: true,
  };
  return json(200, 'application/json', {
    capabilities: {
      [CORE]: {
        maxSizeUpload: 50_000_000,
        maxConcurrentUpload: 10,
        collationAlgorithms: ['i;ascii-casemap'],
        ...settings.limits,
      },
      [MAIL]: {},
    },
    accounts: {
      [ACCOUNT_ID]: {
        name: settings.username,
        isPersonal: true,
        isReadOnly: false,
        accountCapabilities: { [CORE]: {}, [MAIL]: mail },
      },
    },
    primaryAccounts: { [CORE]: ACCOUNT_ID, [MAIL]: ACCOUNT_ID },
    username: settings.username,
    apiUrl: `${base}${API_PATH}`,
    downloadUrl: `${base}/jmap/download/{accountId}/{blobId}/{name}?type={type}`,
    uploadUrl: `${base}/jmap/upload/{accountId}/`,
    eventSourceUrl: `${base}/jmap/event/?types={types}&closeafter={closeafter}&ping={ping}`,
    state: SESSION_STATE,
  });
}

const SESSION_STATE = 'session-1';

/** RFC 8620 §3: the whole request is checked, then its calls run one after the other. */
export function answerJmap(
  request: ServerRequest,
  context: JmapContext,
  faults: JmapFaults,
  concurrentRequests: number,
): Answer {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/iu.test(contentType)) return htmlAnswer(415, 'Unsupported Media Type');
  try {
    return json(200, 'application/json', run(request, context, faults, concurrentRequests));
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const { status, type, extra } = error;
    const problem = { type: `urn:ietf:params:jmap:error:${type}`, status, ...extra };
    return json(status, 'application/problem+json', problem);
  }
}

function run(
  request: ServerRequest,
  context: JmapContext,
  faults: JmapFaults,
  concurrentRequests: number,
): JsonObject {
  const { limits, overLimit } = context.settings;
  if (concurrentRequests > limits.maxConcurrentRequests) {
    throw new RequestRefused(400, 'limit', { limit: 'maxConcurrentRequests' });
  }
  if (request.body.length > limits.maxSizeRequest) {
    throw new RequestRefused(413, 'limit', { limit: 'maxSizeRequest' });
  }
  const { using, calls } = parseRequest(request.json);
  if (calls.length > limits.maxCallsInRequest) {
    throw new RequestRefused(400, 'limit', { limit: 'maxCallsInRequest' });
  }
  if (overLimit === 'refuseRequest') for (const [, args] of calls) checkSizes(args, context);
  const responses: Invocation[] = [];
  for (const call of calls) responses.push(runCall(call, responses, using, context, faults));
  return { methodResponses: responses, sessionState: SESSION_STATE };
}

function runCall(
  [name, given, callId]: Invocation,
  earlier: readonly Invocation[],
  using: ReadonlySet<string>,
  context: JmapContext,
  faults: JmapFaults,
): Invocation {
  try {
    const method = METHODS.get(name);
    if (method === undefined || !using.has(method.using)) throw new MethodError('unknownMethod');
    const injected = faults.methodError(name);
    if (injected !== undefined) throw new MethodError(injected);
    const args = resolveReferences(given, earlier);
    if (name === 'Core/echo') return [name, args, callId];
    const { accountId } = args;
    if (typeof accountId !== 'string') throw new MethodError('invalidArguments');
    if (accountId !== ACCOUNT_ID) throw new MethodError('accountNotFound');
    return [name, { accountId, ...method.run(args, context) }, callId];
  } catch (error) {
    if (!(error instanceof MethodError)) throw error;
    return ['error', { type: error.type, ...error.extra }, callId];
  }
}

/** Runs before anything is executed, so that a refused request has done nothing. */
function checkSizes(args: JsonObject, { settings: { limits } }: JmapContext): void {
  const { ids, create, update, destroy } = args;
  if (Array.isArray(ids) && ids.length > limits.maxObjectsInGet) {
    throw new RequestRefused(400, 'limit', { limit: 'maxObjectsInGet' });
  }
  const objects = [create, update, destroy].reduce<number>(
    (sum, part) => sum + Object.keys(part ?? {}).length,
    0,
  );
  if (objects > limits.maxObjectsInSet) {
    throw new RequestRefused(400, 'limit', { limit: 'maxObjectsInSet' });
  }
}

function parseRequest(body: unknown): {
  readonly using: ReadonlySet<string>;
  readonly calls: readonly Invocation[];
} {
  if (body === undefined) throw new RequestRefused(400, 'notJSON');
  if (!isObject(body)) throw new RequestRefused(400, 'notRequest');
  const { using, methodCalls } = body;
  if (!isStringArray(using) || !Array.isArray(methodCalls) || !methodCalls.every(isInvocation)) {
    throw new RequestRefused(400, 'notRequest');
  }
  const unknown = using.find((capability) => capability !== CORE && capability !== MAIL);
  if (unknown !== undefined) {
    throw new RequestRefused(400, 'unknownCapability', { detail: `unknown: ${unknown}` });
  }
  return { using: new Set(using), calls: methodCalls };
}

function isInvocation(value: unknown): value is Invocation {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    typeof value[0] === 'string' &&
    isObject(value[1]) &&
    typeof value[2] === 'string'
  );
}

function json(status: number, type: string, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache, no-store' },
    body: JSON.stringify(value),
  };
}
