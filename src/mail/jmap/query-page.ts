import { decodeGetAnswer, decodeQueryAnswer, type QueryAnswer } from './answers.ts';
import type { MethodCaller } from './batch.ts';
import type { MethodCall, ResultReference } from './calls.ts';
import { type JsonObject, malformedAnswer } from './decode.ts';

/** What one page asks for: the arguments of the /query except `accountId`, and what to get. */
export interface PageRequest {
  readonly type: 'Email' | 'Mailbox';
  readonly query: JsonObject;
  readonly properties: readonly string[];
}

/** One page: the ids of the /query, and the objects they name. */
export interface Page extends QueryAnswer {
  /** In the order of `ids`; without those deleted between the /query and the /get. */
  readonly objects: readonly JsonObject[];
  /** Of all objects of the type, when these were read; null where the server gives none. */
  readonly state: string | null;
}

/**
 * One page of a /query with the objects it names, by result reference in one request where the
 * server takes two calls. Throws MalformedAnswerError also when the /get leaves out an id without
 * saying that it is not found: a short answer proves nothing.
 */
export async function readPage(client: MethodCaller, request: PageRequest): Promise<Page> {
  const { limits } = await client.session();
  return limits.maxCallsInRequest >= 2 ? readAtOnce(client, request) : readInTwo(client, request);
}

async function readAtOnce(client: MethodCaller, request: PageRequest): Promise<Page> {
  const query = queryCall(request);
  const ids: ResultReference = { resultOf: query.callId, name: query.name, path: '/ids' };
  const get = getCall(request, { '#ids': ids });
  const answers = await client.request([query, get]);
  // The /query first: if it failed, the /get's error only says so.
  const queryAnswer = decodeQueryAnswer(answers.argumentsOf(query), query.name);
  return joinPage(queryAnswer, answers.argumentsOf(get), get.name);
}

async function readInTwo(client: MethodCaller, request: PageRequest): Promise<Page> {
  const query = queryCall(request);
  const queryAnswers = await client.request([query]);
  const queryAnswer = decodeQueryAnswer(queryAnswers.argumentsOf(query), query.name);
  if (queryAnswer.ids.length === 0) return { ...queryAnswer, objects: [], state: null };
  const get = getCall(request, { ids: queryAnswer.ids });
  const getAnswers = await client.request([get]);
  return joinPage(queryAnswer, getAnswers.argumentsOf(get), get.name);
}

function queryCall({ type, query }: PageRequest): MethodCall {
  return { name: `${type}/query`, arguments: query, callId: 'query' };
}

function getCall({ type, properties }: PageRequest, ids: JsonObject): MethodCall {
  return { name: `${type}/get`, arguments: { ...ids, properties }, callId: 'get' };
}

function joinPage(query: QueryAnswer, getArguments: JsonObject, method: string): Page {
  const { objects, notFound, state } = decodeGetAnswer(getArguments, method);
  const asked = new Set(query.ids);
  const isShort = query.ids.some((id) => !objects.has(id) && !notFound.has(id));
  const isForeign = [...objects.keys()].some((id) => !asked.has(id));
  if (isShort || isForeign) {
    throw malformedAnswer(
      `${method} ${isShort ? 'leaves out objects that were asked for' : 'has objects nobody asked for'}`,
    );
  }
  const inOrder = [...asked].map((id) => objects.get(id)).filter((object) => object !== undefined);
  return { ...query, objects: inOrder, state };
}
