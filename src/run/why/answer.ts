import { messageOf, SettingsError } from '../../errors.ts';
import { createBudget } from '../../http/budget.ts';
import { createHttpClients } from '../../http/clients.ts';
import { createLogger } from '../../log/logger.ts';
import { toPlainLine } from '../../log/plain-line.ts';
import { createRedact } from '../../log/redaction.ts';
import { connect } from '../connect.ts';
import { type Environment, findSecrets } from '../../settings/environment.ts';
import { parseSettings, triageNames } from '../../settings/settings.ts';
import { emptyState } from '../../state/state.ts';
import { renderProblems } from '../../terminal/problems.ts';
import { widthOf } from '../../terminal/width.ts';
import { wrapText } from '../../terminal/wrap-text.ts';
import { parseSenderAddress } from '../../triage/sender.ts';
import { readDecisions, readWhy } from './read.ts';
import { renderDecisions, renderWhy } from './render.ts';

/** What the process hands to the command. */
export interface WhyOptions {
  readonly env: Environment;
  /** The sender in question; null: list all decisions. */
  readonly address: string | null;
  /** Such as `7d`; null: all of them. */
  readonly since: string | null;
  readonly isJson: boolean;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly errorOutput: NodeJS.WritableStream;
  readonly isErrorTerminal: boolean;
  readonly stop: AbortSignal;
}

/**
 * Says why a sender's mail goes where it goes, or lists all decisions; reads only. Returns the exit
 * code: 1, and a reason on standard error, when it cannot be told. Never throws.
 */
export async function runWhy(options: WhyOptions): Promise<0 | 1> {
  const redact = createRedact(findSecrets(options.env));
  try {
    const text = await answer(options);
    await write(options.output, redact(text));
    return 0;
  } catch (error) {
    await write(options.errorOutput, redact(renderError(error, options)));
    return 1;
  }
}

function renderError(error: unknown, { errorOutput, isErrorTerminal }: WhyOptions): string {
  const width = isErrorTerminal ? widthOf(errorOutput) : Infinity;
  const lines =
    error instanceof SettingsError
      ? renderProblems('The settings are not valid:', error.problems, width)
      : wrapText(toPlainLine(messageOf(error)), { width, indent: '  ', first: '' });
  return `${lines.join('\n')}\n`;
}

async function answer(options: WhyOptions): Promise<string> {
  const { env, stop, isJson, errorOutput } = options;
  // In a pipe a fact is a line, for grep and the like.
  const width = options.isTerminal ? widthOf(options.output) : Infinity;
  const address = options.address === null ? null : parseSenderAddress(options.address);
  if (options.address !== null && address === null) {
    throw new Error(
      'that is no usable address: it has to be one email address, such as news@shop.example, without * or spaces',
    );
  }
  const since = options.since === null ? null : parseSince(options.since, new Date());
  const { settings } = parseSettings(env);
  const budget = createBudget({ passTimeoutMs: settings.passTimeoutMs, stop, stopGraceMs: 0 });
  const log = createLogger({
    level: 'error',
    component: 'why',
    secrets: findSecrets(env),
    stream: errorOutput,
    isTerminal: true,
    useColor: false,
  });
  const connection = connect(settings, createHttpClients(settings, budget, log), emptyState, log);
  try {
    if (address === null) {
      const decisions = await readDecisions(connection, since);
      return isJson ? toJson(decisions) : renderDecisions(decisions, width);
    }
    const why = await readWhy(address, triageNames(settings), connection, log);
    return isJson ? toJson(why) : renderWhy(why, width);
  } finally {
    budget.end();
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The day so many days or weeks ago, `YYYY-MM-DD`. Throws with what it should be. */
export function parseSince(text: string, now: Date): string {
  const { count, unit } = /^(?<count>\d{1,4})(?<unit>[dw])$/u.exec(text)?.groups ?? {};
  if (count === undefined) {
    throw new Error('--since takes a number of days or weeks, such as 7d or 4w');
  }
  const days = Number(count) * (unit === 'w' ? 7 : 1);
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
