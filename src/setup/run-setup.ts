import { SettingsError } from '../errors.ts';
import { createBudget } from '../http/budget.ts';
import { createHttpClients } from '../http/clients.ts';
import { type ServerTime, watchClock } from '../http/clock.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { createRedact } from '../log/redaction.ts';
import { connect } from '../run/connect.ts';
import { type Environment, findSecrets } from '../settings/environment.ts';
import { parseSettings, type SettingsParsed, triageNames } from '../settings/settings.ts';
import { describeUnknown } from '../settings/unknown.ts';
import { emptyState } from '../state/state.ts';
import { isColorWanted, isDumb } from '../terminal/color.ts';
import { noProgress } from '../terminal/no-progress.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { renderProblems } from '../terminal/problems.ts';
import { widthOf } from '../terminal/width.ts';
import { findLayout } from '../triage/layout.ts';
import { checkClock } from './check-clock.ts';
import { checkContacts } from './check-contacts.ts';
import { checkMail } from './check-mail.ts';
import { checkState } from './check-state.ts';
import { type Check, isReady } from './check.ts';
import { findAccountDoubt, findAlikeDoubts, findCategoryDoubts } from './doubts.ts';
import { planFastmailRules } from '../triage/fastmail-rules.ts';
import { findRoutingDoubts } from './routing-doubts.ts';
import { renderSetupJson, renderSetupText, type SetupReport } from './report.ts';

/** What the process hands to setup. */
export interface SetupOptions {
  readonly version: string;
  readonly env: Environment;
  /** `--apply`: create what is missing. */
  readonly mayWrite: boolean;
  readonly isJson: boolean;
  /** `--rules`. */
  readonly areRulesWanted: boolean;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** For progress, and for what the servers' clients log. */
  readonly errorOutput: NodeJS.WritableStream;
  readonly isErrorTerminal: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
}

/**
 * Compares the account with the settings, creates what is missing when it may, and prints what it
 * found. Returns the exit code: 0 when a pass would find all it needs. Never throws.
 */
export async function runSetup(options: SetupOptions): Promise<0 | 1> {
  const redact = createRedact(findSecrets(options.env));
  const print = (text: string): Promise<void> =>
    new Promise((resolve) => {
      options.output.write(redact(text), () => resolve());
    });
  let read: SettingsParsed;
  try {
    read = parseSettings(options.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    await print(renderInvalid(error.problems, options));
    return 1;
  }
  const report = await examine(read, options);
  const text = {
    useColor: isColorWanted(options.env, options.isTerminal),
    width: widthOf(options.output),
    areRulesWanted: options.areRulesWanted,
  };
  await print(options.isJson ? renderSetupJson(report) : renderSetupText(report, text));
  return isReady(report.checks) ? 0 : 1;
}

/** After a signal a write under way may finish; nothing new is begun. */
const STOP_GRACE_MS = 5000;

function renderInvalid(
  problems: readonly string[],
  { isJson, version, output }: SetupOptions,
): string {
  if (isJson) return `${JSON.stringify({ ok: false, version, problems }, null, 2)}\n`;
  const sentence = 'The settings are not valid, so nothing was checked:';
  return `${renderProblems(sentence, problems, widthOf(output)).join('\n')}\n`;
}

async function examine(
  { settings, unknown }: SettingsParsed,
  options: SetupOptions,
): Promise<SetupReport> {
  const isShown = options.isErrorTerminal && !isDumb(options.env);
  const progress = (isShown ? createProgress : noProgress)(options.errorOutput);
  const log = createSetupLogger(options, progress);
  const { passTimeoutMs } = settings;
  const { stop } = options;
  const mayWrite = options.mayWrite && !settings.isDryRun;
  const budget = createBudget({ passTimeoutMs, stop, stopGraceMs: STOP_GRACE_MS });
  const http = createHttpClients(settings, budget, log);
  const times: ServerTime[] = [];
  const watched = {
    mail: watchClock(http.mail, (time) => times.push(time)),
    contacts: watchClock(http.contacts, (time) => times.push(time)),
  };
  const { mail, contacts } = connect(settings, watched, emptyState, log);
  const names = triageNames(settings);
  const digestMailbox = settings.digest === 'off' ? null : settings.digestMailbox;
  const [mailChecks, contactsChecks, state] = await Promise.all([
    checkMail({ mail, names, digestMailbox, mayWrite, progress }),
    checkContacts({ contacts, username: settings.cardDavUsername, names, mayWrite, progress }),
    checkState({ ...settings, budget }),
  ]);
  const { mailboxes } = mailChecks;
  const { groups } = contactsChecks;
  const checks = [...mailChecks.checks, ...contactsChecks.checks];
  const layout =
    mailboxes === null || groups === null ? null : findLayout(mailboxes, groups, names);
  const routingDoubts =
    layout?.kind === 'complete' && groups !== null
      ? // Whatever fails here has been read without failing a moment ago, and is no part of the checks.
        await findRoutingDoubts({ mail, contacts, layout: layout.layout, groups }).catch(() => [])
      : [];
  progress.end();
  await log.flush();
  return {
    version: options.version,
    isApplied: mayWrite,
    checks: [...checks, ...checkLayout(layout, checks), state, checkClock(times.at(-1) ?? null)],
    categories: names.categories,
    rules: planFastmailRules(names),
    warnings: [
      ...unknown.map(describeUnknown),
      ...(options.mayWrite && settings.isDryRun
        ? ['MAILROOM_DRY_RUN is set, so --apply created nothing']
        : []),
      ...findCategoryDoubts(names.categories),
      ...findAlikeDoubts(names.categories),
      ...(mailChecks.session === null
        ? []
        : findAccountDoubt(mailChecks.session, settings.cardDavUsername)),
      ...routingDoubts,
    ],
  };
}

/** What is wrong although every mailbox and group exists: two names for one mailbox. */
function checkLayout(
  layout: ReturnType<typeof findLayout> | null,
  checks: readonly Check[],
): readonly Check[] {
  if (layout?.kind !== 'incomplete' || !isReady(checks)) return [];
  return layout.problems.map((detail) => ({
    area: 'categories',
    name: 'use of mailboxes',
    status: 'failed',
    detail,
  }));
}

function createSetupLogger(
  { env, errorOutput, isErrorTerminal }: SetupOptions,
  progress: Progress,
): Logger & { flush(): Promise<void> } {
  return createLogger({
    level: 'warning',
    component: 'setup',
    secrets: findSecrets(env),
    stream: isErrorTerminal ? progress.output : errorOutput,
    isTerminal: true,
    useColor: isColorWanted(env, isErrorTerminal),
  });
}
