import { isSecretName, type Redact, REDACTED } from './redaction.ts';

/** How much of a value is shown. */
export interface ValueLimits {
  /** Characters of one string. */
  readonly text: number;
  /** Entries of one array or object. */
  readonly entries: number;
  /** Objects in objects, and causes of causes. */
  readonly depth: number;
  /** Stacks are for the developer who asked for debug lines. */
  readonly hasStacks: boolean;
}

/**
 * Anything at all as plain data for one log line: secrets out, errors as `type`, `message` and
 * `cause`, cycles and unreadable members named, long things cut. Never throws. Undefined stays
 * undefined, so that the field is left out.
 */
export function toLogValue(value: unknown, redact: Redact, limits: ValueLimits): unknown {
  return toPlain(value, { redact, limits, ancestors: [] });
}

/** Text longer than this is not searched for secrets, and so not shown at all. */
const LONGEST_SHOWN = 256 * 1024;

const UNREADABLE = '[unreadable]';

interface Context {
  readonly redact: Redact;
  readonly limits: ValueLimits;
  readonly ancestors: readonly object[];
}

function toPlain(value: unknown, context: Context): unknown {
  if (typeof value === 'string') return showText(value, context);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? showNumber(value, context) : String(value);
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    return showText(String(value), context);
  }
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'object') return value === null ? null : showObject(value, context);
  return value;
}

function showText(text: string, { redact, limits }: Context): string {
  if (text.length > LONGEST_SHOWN) return `[text of ${text.length} characters]`;
  // Redacted first: a cut through a secret would leave half of it.
  const safe = redact(text);
  if (safe.length <= limits.text) return safe;
  return `${safe.slice(0, limits.text).toWellFormed()}… (${safe.length} characters)`;
}

function showNumber(value: number, { redact }: Context): unknown {
  const text = String(value);
  return redact(text) === text ? value : REDACTED;
}

function showObject(value: object, context: Context): unknown {
  if (context.ancestors.includes(value)) return '[circular]';
  if (context.ancestors.length >= context.limits.depth) return '[deeper]';
  const inner = { ...context, ancestors: [...context.ancestors, value] };
  try {
    if (value instanceof Error) return showError(value, inner);
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    }
    if (value instanceof URL) return showText(value.href, inner);
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      return `[${value.byteLength} bytes]`;
    }
    if (Array.isArray(value) || value instanceof Set) return showList(value, inner);
    if (value instanceof Map) {
      return showEntries(
        [...value].map(([key, item]) => [String(key), () => item]),
        inner,
      );
    }
    const keys = Object.keys(value);
    return showEntries(
      keys.map((key) => [key, () => Reflect.get(value, key) as unknown]),
      inner,
    );
  } catch {
    return UNREADABLE;
  }
}

function showList(list: Iterable<unknown> & object, context: Context): readonly unknown[] {
  const shown: unknown[] = [];
  let length = 0;
  for (const item of list) {
    length += 1;
    if (length <= context.limits.entries) shown.push(toPlain(item, context) ?? null);
  }
  return length > shown.length ? [...shown, `… ${length - shown.length} more`] : shown;
}

function showEntries(
  entries: readonly (readonly [string, () => unknown])[],
  context: Context,
): Readonly<Record<string, unknown>> {
  const shown = entries
    .slice(0, context.limits.entries)
    .map(([key, read]) => [showText(key, context), showMember(key, read, context)] as const)
    .filter(([, value]) => value !== undefined);
  const left = entries.length - context.limits.entries;
  // Object.fromEntries makes an own member even of `__proto__`.
  return Object.fromEntries(left > 0 ? [...shown, ['…', `${left} more`]] : shown);
}

function showMember(key: string, read: () => unknown, context: Context): unknown {
  try {
    const value = read();
    return isSecretName(key) && typeof value === 'string' ? REDACTED : toPlain(value, context);
  } catch {
    return UNREADABLE;
  }
}

/** `status`, `code` and the like are what a person acts on, so they are shown beside the message. */
function showError(error: Error, context: Context): Readonly<Record<string, unknown>> {
  const own = Object.keys(error).filter((key) => !ERROR_MEMBERS.has(key));
  const members: (readonly [string, () => unknown])[] = [
    ['type', () => error.name],
    ['message', () => error.message],
    ...own.map((key) => [key, () => Reflect.get(error, key) as unknown] as const),
    ['stack', () => (context.limits.hasStacks ? error.stack : undefined)],
    ['cause', () => error.cause],
  ];
  if (error instanceof AggregateError) members.push(['errors', () => error.errors]);
  return showEntries(members, context);
}

const ERROR_MEMBERS: ReadonlySet<string> = new Set([
  'name',
  'type',
  'message',
  'stack',
  'cause',
  'errors',
  // HTTP libraries put these on their errors: headers with credentials, and bodies.
  'request',
  'response',
  'options',
  'data',
]);
