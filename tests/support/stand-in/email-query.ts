import { invalidArguments, MethodError } from './jmap-errors.ts';
import { checkArguments, isObject, type JmapContext, type JsonObject } from './jmap-context.ts';
import type { EmailRecord, MailState } from './mail-state.ts';

type Predicate = (email: EmailRecord) => boolean;
type Order = (a: EmailRecord, b: EmailRecord) => number;

interface CompiledFilter {
  readonly matches: Predicate;
  /** The answer depends on the text index, which lags behind. */
  readonly isText: boolean;
}

/** RFC 8621 §4.4. Sorted results are kept until the JMAP state changes, so that paging is cheap. */
export function queryEmails(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, [
    'filter',
    'sort',
    'position',
    'anchor',
    'anchorOffset',
    'limit',
    'calculateTotal',
    'collapseThreads',
  ]);
  const { state, settings } = context;
  const { position = 0, anchor = null, anchorOffset = 0, limit = null } = args;
  if (!isInteger(position)) throw invalidArguments('position');
  if (anchor !== null && typeof anchor !== 'string') throw invalidArguments('anchor');
  if (!isInteger(anchorOffset)) throw invalidArguments('anchorOffset');
  if (limit !== null && (!isInteger(limit) || limit < 0)) throw invalidArguments('limit');
  const ids = sortedIds(args, context);
  const start = findStart(ids, position, anchor, anchorOffset);
  const granted = Math.min(limit ?? Infinity, settings.queryCap);
  const isCapped = granted < (limit ?? Infinity);
  return {
    queryState: String(state.state),
    canCalculateChanges: false,
    position: start,
    ids: ids.slice(start, start + granted),
    ...(args['calculateTotal'] === true ? { total: ids.length } : {}),
    ...(isCapped && settings.tellsQueryCap ? { limit: granted } : {}),
  };
}

/** RFC 8620 §5.5: negative positions count from the end; with an anchor, position is ignored. */
function findStart(
  ids: readonly string[],
  position: number,
  anchor: string | null,
  anchorOffset: number,
): number {
  if (anchor === null) {
    return position < 0 ? Math.max(0, ids.length + position) : Math.min(position, ids.length);
  }
  const at = ids.indexOf(anchor);
  if (at === -1) throw new MethodError('anchorNotFound');
  return Math.min(Math.max(0, at + anchorOffset), ids.length);
}

const remembered = new WeakMap<MailState, { key: string; ids: readonly string[] }>();

function sortedIds(args: JsonObject, context: JmapContext): readonly string[] {
  const { state } = context;
  const filter = args['filter'] ?? null;
  const sort = args['sort'] ?? null;
  const key = JSON.stringify([state.state, filter, sort]);
  const known = remembered.get(state);
  if (known?.key === key) return known.ids;
  const compiled =
    filter === null
      ? { matches: () => true, isText: false }
      : compileFilter(filter, 'filter', context);
  const order = compileSort(sort);
  const found = [...state.emails.values()].filter(compiled.matches);
  // Without a sort the order is undefined. Newest first, so that nobody relies on oldest first.
  const ids = (order === null ? found.toReversed() : found.toSorted(order)).map(({ id }) => id);
  if (!compiled.isText) remembered.set(state, { key, ids });
  return ids;
}

function compileFilter(filter: unknown, path: string, context: JmapContext): CompiledFilter {
  if (!isObject(filter)) throw invalidArguments(path);
  return 'operator' in filter
    ? compileOperator(filter, path, context)
    : compileCondition(filter, path, context);
}

function compileOperator(filter: JsonObject, path: string, context: JmapContext): CompiledFilter {
  const { operator, conditions } = filter;
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw invalidArguments(`${path}/conditions`);
  }
  const parts = conditions.map((condition, index) =>
    compileFilter(condition, `${path}/conditions[${index}]`, context),
  );
  const isText = parts.some((part) => part.isText);
  switch (operator) {
    case 'AND':
      return { matches: (email) => parts.every((part) => part.matches(email)), isText };
    case 'OR':
      return { matches: (email) => parts.some((part) => part.matches(email)), isText };
    case 'NOT':
      return { matches: (email) => !parts.some((part) => part.matches(email)), isText };
    default:
      throw invalidArguments(`${path}/operator`);
  }
}

function compileCondition(filter: JsonObject, path: string, context: JmapContext): CompiledFilter {
  const parts = Object.entries(filter).map(([name, value]) => {
    const matches = compileProperty(name, value, `${path}/${name}`, context);
    return { matches, isText: name === 'from' };
  });
  return {
    matches: (email) => parts.every((part) => part.matches(email)),
    isText: parts.some((part) => part.isText),
  };
}

function compileProperty(
  name: string,
  value: unknown,
  path: string,
  context: JmapContext,
): Predicate {
  const { state, settings } = context;
  const isMailbox = (id: unknown): id is string =>
    typeof id === 'string' && state.mailboxes.has(id);
  switch (name) {
    case 'inMailbox':
      if (!isMailbox(value)) throw invalidArguments(path);
      if (settings.refusesNestedMailbox && path !== 'filter/inMailbox') {
        throw new MethodError('unsupportedFilter');
      }
      return (email) => email.mailboxIds.has(value);
    case 'inMailboxOtherThan': {
      if (!Array.isArray(value) || !value.every(isMailbox)) throw invalidArguments(path);
      const others = new Set<string>(value);
      return (email) => [...email.mailboxIds].some((id) => !others.has(id));
    }
    case 'before':
      if (!isUtcDate(value)) throw invalidArguments(path);
      return (email) => email.receivedAt < value;
    case 'after':
      if (!isUtcDate(value)) throw invalidArguments(path);
      return (email) => email.receivedAt >= value;
    case 'hasKeyword':
      if (typeof value !== 'string' || value === '') throw invalidArguments(path);
      return (email) => email.keywords.has(value.toLowerCase());
    case 'from': {
      if (typeof value !== 'string') throw invalidArguments(path);
      if (!settings.hasSearchIndex) throw new MethodError('serverFail');
      const indexedUntilMs = Date.now() - settings.searchLagMs;
      return (email) => email.addedAtMs <= indexedUntilMs && matchesFrom(email, value);
    }
    default:
      throw invalidArguments(path);
  }
}

/** Finds whole words in any letter case, as an index does. An address counts as one word. */
function matchesFrom({ from }: EmailRecord, term: string): boolean {
  const wanted = term.toLowerCase();
  return (from ?? []).some(({ name, email }) => {
    // Lengths first: lower case never shortens a text, and for most of 400,000 emails this is
    // enough.
    if (wanted.includes('@')) {
      return email.length <= wanted.length && email.toLowerCase() === wanted;
    }
    const words = `${name ?? ''} ${email}`.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    return wanted.split(/[^\p{L}\p{N}]+/u).every((word) => words.includes(word));
  });
}

function compileSort(sort: unknown): Order | null {
  if (sort === null || (Array.isArray(sort) && sort.length === 0)) return null;
  if (!Array.isArray(sort)) throw invalidArguments('sort');
  const orders = sort.map((comparator, index): Order => {
    if (!isObject(comparator)) throw invalidArguments(`sort[${index}]`);
    const { property, isAscending = true } = comparator;
    if (property !== 'receivedAt' && property !== 'id') {
      throw new MethodError('unsupportedSort', { sort: [`sort[${index}]`] });
    }
    const sign = isAscending === false ? -1 : 1;
    return (a, b) => sign * compareText(a[property], b[property]);
  });
  return (a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return compareText(a.id, b.id);
  };
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** RFC 8620 §1.4. */
function isUtcDate(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u.test(value);
}
