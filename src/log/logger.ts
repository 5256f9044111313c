import winston from 'winston';

import type { LogEvent } from './events.ts';
import { type LogFields, type LogLevel, renderJsonLine, renderTextLine } from './line.ts';
import { createLineOutput } from './output.ts';
import { createRedact } from './redaction.ts';

/** Logs events with fields, one line each. No method throws, whatever the fields are. */
export interface Logger {
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warning(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
  /** The same log under another component name. */
  child(component: string): Logger;
}

/** The log of a whole run, which can also wait until everything is written. */
export interface RootLogger extends Logger {
  /** Writes the lines that were held back so far. Those that never are released are dropped. */
  release(): void;
  /**
   * Resolves when every line so far was handed to the operating system, or the reader is gone.
   * After `stop` it waits two seconds at most: the reader may read no more. Never rejects. The run's
   * last act: what is written later is not waited for.
   */
  flush(stop?: AbortSignal): Promise<void>;
}

/** Which lines are written, how, and where to. */
export interface LoggerOptions {
  /** Lines below it are not written. */
  readonly level: LogLevel;
  readonly component: string;
  /** Values that must never be printed, in whatever form they appear. */
  readonly secrets: readonly string[];
  /** Standard output. */
  readonly stream: NodeJS.WritableStream;
  /** Text for people rather than JSON. */
  readonly isTerminal: boolean;
  readonly useColor: boolean;
  /** Lines of these events wait for `release`; none: all are written at once. */
  readonly held?: ReadonlySet<LogEvent>;
  readonly now?: () => Date;
}

/** The program's log: JSON lines, or text on a terminal; secrets are taken out of every value. */
export function createLogger(options: LoggerOptions): RootLogger {
  const now = options.now ?? (() => new Date());
  const lineOptions = {
    redact: createRedact(options.secrets),
    hasStacks: options.level === 'debug',
    useColor: options.useColor,
  };
  const render = options.isTerminal ? renderTextLine : renderJsonLine;
  const output = createLineOutput(options.stream);
  const sink = winston.createLogger({
    levels: LEVELS,
    level: options.level,
    format: winston.format.printf((info) => info.message as string),
    transports: new winston.transports.Stream({ stream: output.stream, eol: '\n' }),
  });

  let waiting: { readonly level: LogLevel; readonly message: string }[] = [];
  const send = (line: { readonly level: LogLevel; readonly message: string }): void => {
    output.expect();
    sink.log(line);
  };
  const at = (component: string): Logger => {
    const write = (level: LogLevel, event: LogEvent, fields: LogFields = {}): void => {
      if (LEVELS[level] > LEVELS[options.level]) return;
      const record = { timestamp: now(), level, event, component, fields };
      const line = { level, message: render(record, lineOptions) };
      if (options.held?.has(event) === true) waiting.push(line);
      else send(line);
    };
    return {
      debug: (event, fields) => write('debug', event, fields),
      info: (event, fields) => write('info', event, fields),
      warning: (event, fields) => write('warning', event, fields),
      error: (event, fields) => write('error', event, fields),
      child: at,
    };
  };
  const release = (): void => {
    for (const line of waiting) send(line);
    waiting = [];
  };
  return { ...at(options.component), release, flush: output.flush };
}

/** Our names for the levels, not winston's. */
const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warning: 1, info: 2, debug: 3 };
