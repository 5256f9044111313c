import {
  arrayOf,
  decodeArray,
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
}

/** RFC 8620 §5.5, the answer of a /query. */
export interface QueryAnswer {
  readonly ids: readonly string[];
  /** Null where the server gives none; then pages by position cannot be trusted. */
  readonly queryState: string | null;
}

/** RFC 8620 §5.3, the answer of a /set as far as creating and updating go. */
export interface SetAnswer {
  readonly created: JsonObject;
  readonly notCreated: JsonObject;
  readonly updated: JsonObject;
  readonly notUpdated: JsonObject;
}

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
  return { objects, notFound: new Set(notFound) };
}

export function decodeQueryAnswer(answer: JsonObject, method: string): QueryAnswer {
  return {
    ids: decodeArray(answer['ids'], `${method} ids`, decodeId),
    queryState: decodeNullable(answer['queryState'], `${method} queryState`, decodeString),
  };
}

export function decodeSetAnswer(answer: JsonObject, method: string): SetAnswer {
  const part = (name: string): JsonObject =>
    decodeNullable(answer[name], `${method} ${name}`, decodeObject) ?? {};
  return {
    created: part('created'),
    notCreated: part('notCreated'),
    updated: part('updated'),
    notUpdated: part('notUpdated'),
  };
}
