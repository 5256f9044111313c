import type { LogEvent } from './events.ts';
import { HARMFUL } from './plain-line.ts';
import type { Redact } from './redaction.ts';
import { toLogValue, type ValueLimits } from './value.ts';

/** How serious a line is, from the least to the most. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** What follows the event; anything may be in it. Undefined values are left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line of the log, before it is written. */
export interface LogRecord {
  readonly timestamp: Date;
  readonly level: LogLevel;
  readonly event: LogEvent;
  readonly component: string;
  readonly fields: LogFields;
}

/** How a line is written. */
export interface LineOptions {
  readonly redact: Redact;
  /** Stacks of errors are shown. */
  readonly hasStacks: boolean;
}

/** One JSON object, no longer than 16 KiB, safe to print on any terminal. Never throws. */
export function renderJsonLine(record: LogRecord, options: LineOptions): string {
  const head = {
    timestamp: record.timestamp.toISOString(),
    level: record.level,
    event: record.event,
    component: record.component,
  };
  for (const limits of SHRINKING_LIMITS) {
    const fields = showFields(record.fields, options, limits);
    const line = neutralize(JSON.stringify({ ...head, ...fields }));
    if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  }
  return JSON.stringify({ ...head, fields_cut: true });
}

/** Short text for people, the time local: `12:04:31 warning name_mismatch_warning triage sender=a@b.example`. */
export function renderTextLine(
  record: LogRecord,
  options: LineOptions & { readonly useColor: boolean },
): string {
  const fields = showFields(record.fields, options, TEXT_LIMITS);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${showPlain(value)}`);
  const time = record.timestamp.toTimeString().slice(0, 8);
  const level = record.level.padEnd('warning'.length);
  const paint = options.useColor ? COLORS[record.level] : (text: string) => text;
  const rest = [record.component, ...pairs].join(' ');
  return `${time} ${paint(`${level} ${record.event}`)} ${neutralize(rest)}`;
}

const MAX_LINE_BYTES = 16 * 1024;

const SHRINKING_LIMITS: readonly Omit<ValueLimits, 'hasStacks'>[] = [
  { text: 4000, entries: 200, depth: 8 },
  { text: 500, entries: 20, depth: 5 },
  { text: 100, entries: 10, depth: 3 },
];

const TEXT_LIMITS: Omit<ValueLimits, 'hasStacks'> = { text: 300, entries: 10, depth: 4 };

const RESERVED: ReadonlySet<string> = new Set(['timestamp', 'level', 'event', 'component']);

const COLORS: Readonly<Record<LogLevel, (text: string) => string>> = {
  debug: (text) => `\u001B[2m${text}\u001B[22m`,
  info: (text) => `\u001B[32m${text}\u001B[39m`,
  warning: (text) => `\u001B[33m${text}\u001B[39m`,
  error: (text) => `\u001B[31m${text}\u001B[39m`,
};

function showFields(
  fields: LogFields,
  { redact, hasStacks }: LineOptions,
  limits: Omit<ValueLimits, 'hasStacks'>,
): Readonly<Record<string, unknown>> {
  const shown = toLogValue(fields, redact, { ...limits, hasStacks });
  if (typeof shown !== 'object' || shown === null) return { fields: shown };
  return Object.fromEntries(
    Object.entries(shown).map(([key, value]) => [RESERVED.has(key) ? `field_${key}` : key, value]),
  );
}

function showPlain(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/u.test(value) ? value : JSON.stringify(value);
}

/**
 * JSON.stringify escapes only the first 32 control characters. The others, and the marks that turn
 * the direction of text, could forge what a terminal shows; outside strings JSON has none of them.
 */
function neutralize(text: string): string {
  return text.replaceAll(
    HARMFUL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
