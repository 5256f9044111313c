import {
  arrayOf,
  decodeArray,
  decodeBoolean,
  decodeId,
  decodeNullable,
  decodeObject,
  decodeString,
  type JsonObject,
  malformedAnswer,
} from './decode.ts';

/** RFC 8620 §5.1, the answer of a /get: its objects by id, and the ids it says do not exist. */
export interface GetAnswer {
  readonly objects: ReadonlyMap<string, JsonObject>;
  readonly notFound: ReadonlySet<string>;
  /** Of all objects of the type; null where the server gives none. */
  readonly state: string | null;
}

/** RFC 8620 §5.5, the answer of a /query. */
export interface QueryAnswer {
  readonly ids: readonly string[];
  /** Null where the server gives none; then pages by position cannot be trusted. */
  readonly queryState: string | null;
}

/** RFC 8620 §5.2, the answer of a /changes. */
export interface ChangesAnswer {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly destroyed: readonly string[];
  readonly newState: string;
  readonly hasMoreChanges: boolean;
}

/** RFC 8620 §5.3, the answer of a /set as far as creating and updating go. */
export interface SetAnswer {
  readonly created: JsonObject;
  readonly notCreated: JsonObject;
  readonly updated: JsonObject;
  readonly notUpdated: JsonObject;
  /** Null where the server gives none. */
  readonly newState: string | null;
}

/** Throws MalformedAnswerError, also when an object is there twice. `method` is for its message. */
export function decodeGetAnswer(answer: JsonObject, method: string): GetAnswer {
  const objects = new Map<string, JsonObject>();
  for (const object of decodeArray(answer['list'], `${method} list`, decodeObject)) {
    const id = decodeId(object['id'], `${method} list[].id`);
    if (objects.has(id)) {
      throw malformedAnswer(`${method} list has an id twice`);
    }
    objects.set(id, object);
  }
  const notFound =
    decodeNullable(answer['notFound'], `${method} notFound`, arrayOf(decodeId)) ?? [];
  const state = decodeNullable(answer['state'], `${method} state`, decodeString);
  return { objects, notFound: new Set(notFound), state };
}

/** Throws MalformedAnswerError; `method` is for its message. */
export function decodeQueryAnswer(answer: JsonObject, method: string): QueryAnswer {
  return {
    ids: decodeArray(answer['ids'], `${method} ids`, decodeId),
    queryState: decodeNullable(answer['queryState'], `${method} queryState`, decodeString),
  };
}

/** Throws MalformedAnswerError; `method` is for its message. */
export function decodeChangesAnswer(answer: JsonObject, method: string): ChangesAnswer {
  return {
    created: decodeArray(answer['created'], `${method} created`, decodeId),
    updated: decodeArray(answer['updated'], `${method} updated`, decodeId),
    destroyed: decodeArray(answer['destroyed'], `${method} destroyed`, decodeId),
    newState: decodeString(answer['newState'], `${method} newState`),
    hasMoreChanges: decodeBoolean(answer['hasMoreChanges'], `${method} hasMoreChanges`),
  };
}

/** Throws MalformedAnswerError; `method` is for its message. What is absent or null is empty. */
export function decodeSetAnswer(answer: JsonObject, method: string): SetAnswer {
  const part = (name: string): JsonObject =>
    decodeNullable(answer[name], `${method} ${name}`, decodeObject) ?? {};
  return {
    created: part('created'),
    notCreated: part('notCreated'),
    updated: part('updated'),
    notUpdated: part('notUpdated'),
    newState: decodeNullable(answer['newState'], `${method} newState`, decodeString),
  };
}
