import { isObject, type JsonObject } from './jmap-context.ts';
import { invalidArguments, MethodError } from './jmap-errors.ts';

/** Arguments with every `#name` (RFC 8620 §3.7) replaced by what it refers to. */
export function resolveReferences(
  args: JsonObject,
  earlier: readonly (readonly [string, JsonObject, string])[],
): JsonObject {
  const resolved: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith('#')) {
      resolved[name] = value;
      continue;
    }
    const plain = name.slice(1);
    if (plain in args) throw invalidArguments(name);
    if (!isObject(value)) throw new MethodError('invalidResultReference');
    const response = earlier.find(([, , callId]) => callId === value['resultOf']);
    if (
      response === undefined ||
      response[0] !== value['name'] ||
      typeof value['path'] !== 'string'
    ) {
      throw new MethodError('invalidResultReference');
    }
    resolved[plain] = evaluate(response[1], value['path']);
  }
  return resolved;
}

/** A JSON pointer (RFC 6901) with `*` for every entry of an array; arrays within are flattened. */
function evaluate(document: unknown, path: string): unknown {
  if (path === '') return document;
  if (!path.startsWith('/')) throw new MethodError('invalidResultReference');
  const [token = '', ...rest] = path.slice(1).split('/');
  const remaining = rest.map((part) => `/${part}`).join('');
  if (Array.isArray(document)) {
    if (token === '*') return document.flatMap((entry) => evaluate(entry, remaining));
    const index = /^(?:0|[1-9]\d*)$/u.test(token) ? Number(token) : Infinity;
    if (index < document.length) return evaluate(document[index], remaining);
  }
  const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
  if (isObject(document) && key in document) return evaluate(document[key], remaining);
  throw new MethodError('invalidResultReference');
}
