import { messageOf, SettingsError } from '../errors.ts';
import { createBudget } from '../http/budget.ts';
import type { Environment } from '../settings/environment.ts';
import { parseStatusSettings, type StatusSettings } from '../settings/state-settings.ts';
import { parsePipedState } from '../state/config-map-store.ts';
import { type Health, judgeHealth } from '../state/health.ts';
import { createStateStore } from '../state/place.ts';
import type { RunState } from '../state/state.ts';
import { type StateRead, toState } from '../state/store.ts';
import { widthOf } from '../terminal/width.ts';

/** What the process hands to the health check. */
export interface StatusOptions {
  readonly env: Environment;
  /** `--stdin`: what is piped in is judged, not what is stored. */
  readonly isPiped: boolean;
  /** `--json`: the line for programs also on a terminal. */
  readonly isJson: boolean;
  readonly isTerminal: boolean;
  readonly readInput: () => Promise<string>;
  readonly output: NodeJS.WritableStream;
  readonly errorOutput: NodeJS.WritableStream;
}

/** What `status` prints, and where. */
interface StatusReport {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly exitCode: 0 | 1;
}

/** The health check: prints what it found, and returns the exit code. Never throws. */
export async function runStatus(options: StatusOptions): Promise<0 | 1> {
  const piped = options.isPiped ? await options.readInput() : null;
  const isText = options.isTerminal && !options.isJson;
  const width = isText ? widthOf(options.output) : null;
  const report = await reportStatus(options.env, piped, width);
  const stream = report.stream === 'stdout' ? options.output : options.errorOutput;
  stream.write(report.text);
  return report.exitCode;
}

/**
 * Judges the stored state, or `piped` (state.json, or its ConfigMap as JSON). A state that cannot be
 * read is unhealthy: if the check called it healthy, nobody would look. The text is one line of JSON,
 * or for a person who has a terminal of `width` columns.
 */
export async function reportStatus(
  env: Environment,
  piped: string | null,
  width: number | null,
): Promise<StatusReport> {
  let settings: StatusSettings;
  try {
    settings = parseStatusSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { stream: 'stderr', text: `${error.problems.join('\n')}\n`, exitCode: 1 };
  }
  const read = piped === null ? await readStored(settings) : parsePipedState(piped);
  if (read.kind === 'unreadable') {
    const reason = `the state cannot be read: ${read.problem}`;
    if (width !== null) {
      const { renderSentences } = await import('./status-text.ts');
      const text = renderSentences([`Unhealthy: ${reason}.`], width);
      return { stream: 'stdout', text, exitCode: 1 };
    }
    const line = {
      status: 'unhealthy',
      reason,
      last_poll_age_seconds: null,
      consecutive_failures: null,
      last_failure: null,
      waiting: null,
      digest: null,
      ping_failure: null,
    };
    return { stream: 'stdout', text: `${JSON.stringify(line)}\n`, exitCode: 1 };
  }
  const state = toState(read);
  const { pollIntervalSeconds, maxConsecutiveFailures: maxFailures } = settings;
  // A state that is piped in comes from another place, where the settings may differ.
  const stored = piped === null ? null : state.schedule;
  const health = judgeHealth(state, new Date(), stored ?? { pollIntervalSeconds, maxFailures });
  return {
    stream: 'stdout',
    text: width === null ? `${JSON.stringify(health)}\n` : await tell(health, state, width),
    exitCode: health.status === 'ok' ? 0 : 1,
  };
}

/** A health check of the cluster has no use for what measures columns. */
async function tell(health: Health, state: RunState, width: number): Promise<string> {
  const { renderHealth } = await import('./status-text.ts');
  return renderHealth(health, state, width);
}

/** Two tries of 5 s each, and the wait between them. */
const STATUS_TIME_MS = 15_000;

async function readStored(settings: StatusSettings): Promise<StateRead> {
  const budget = createBudget({
    passTimeoutMs: STATUS_TIME_MS,
    stop: new AbortController().signal,
    stopGraceMs: 0,
  });
  try {
    return await createStateStore({ ...settings, budget }).read();
  } catch (error) {
    return { kind: 'unreadable', problem: messageOf(error), lastSuccessfulRun: null };
  }
}
