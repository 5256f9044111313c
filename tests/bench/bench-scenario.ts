import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { accountEnvironment } from '../support/account-environment.ts';
import { isStandIn, parseLogLines } from '../support/run-mailroom.ts';
import type { TestAccount } from '../support/test-account.ts';
import { measure, type MeasuredCommand, measureMemory } from './measure.ts';
import { type BenchProgram, PROJECT } from './programs.ts';
import { countByKind } from './request-counts.ts';
import { type BenchScenario, fillAccount, prepareForScenario } from './scenarios.ts';
import { type Spread, spreadOf } from './statistics.ts';

export interface BenchOptions {
  readonly scenario: BenchScenario;
  readonly program: BenchProgram;
  /** Added before each request. */
  readonly latencyMs: number;
  readonly openServer: () => Promise<TestAccount>;
}

export interface BenchResult {
  readonly scenario: string;
  readonly program: string;
  readonly latencyMs: number;
  readonly runs: number;
  /** As the program counts them, its state in a file. */
  readonly requests: number;
  /** As the server saw them; null where it keeps no record. */
  readonly requestsByKind: Readonly<Record<string, number>> | null;
  /** Bodies, both ways; null where the server keeps no record. */
  readonly bytes: number | null;
  /** `duration_ms` of the last log line. */
  readonly durationMs: Spread;
  /** The process from start to end. */
  readonly wallMs: Spread;
  readonly cpuMs: Spread;
  /** CPU in multiples of `node -e 0`, which ran right after. */
  readonly cpuRatio: Spread;
  readonly memoryMebibytes: Spread;
}

/** Each run has an account of its own; only passes that change nothing share one. */
export async function benchScenario(options: BenchOptions): Promise<BenchResult> {
  const { scenario, program, latencyMs } = options;
  const passes: Pass[] = [];
  const memory: number[] = [];
  for (let run = 0; run < scenario.runs; run += 1) {
    passes.push(await measureOnce(options));
  }
  for (let run = 0; run < Math.ceil(scenario.runs / 3); run += 1) {
    memory.push(await withPreparedAccount(options, ({ measured }) => measureMemory(measured)));
  }
  const [first] = passes;
  if (first === undefined) throw new Error('no runs');
  const { requests, requestsByKind, bytes } = first;
  return {
    scenario: scenario.name,
    program: program.name,
    latencyMs,
    runs: passes.length,
    requests,
    requestsByKind,
    bytes,
    durationMs: spreadOf(passes.map((pass) => pass.durationMs)),
    wallMs: spreadOf(passes.map((pass) => pass.wallMs)),
    cpuMs: spreadOf(passes.map((pass) => pass.cpuMs)),
    cpuRatio: spreadOf(passes.map((pass) => pass.cpuMs / pass.emptyCpuMs)),
    memoryMebibytes: spreadOf(memory),
  };
}

/** One pass, on an account of its own. Throws when the pass did not do its work. */
export function measureOnce(options: BenchOptions): Promise<Pass> {
  return withPreparedAccount(options, measurePass);
}

interface Prepared {
  readonly account: TestAccount;
  readonly measured: MeasuredCommand;
  readonly scenario: BenchScenario;
}

export interface Pass {
  readonly requests: number;
  readonly requestsByKind: Readonly<Record<string, number>> | null;
  readonly bytes: number | null;
  readonly durationMs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of `node -e 0`. */
  readonly emptyCpuMs: number;
}

async function withPreparedAccount<Result>(
  { scenario, program, latencyMs, openServer }: BenchOptions,
  work: (prepared: Prepared) => Promise<Result>,
): Promise<Result> {
  const account = await openServer();
  const home = await mkdtemp(join(tmpdir(), 'mailroom-bench-'));
  try {
    await prepareForScenario(account, scenario);
    const env = accountEnvironment(account, home, join(home, 'state.json'));
    const measured = { command: program.command, env, cwd: PROJECT };
    if (scenario.isRemembered) requireSuccess(await measure(measured), 0);
    await fillAccount(account, scenario);
    if (isStandIn(account)) {
      account.latencyMs = latencyMs;
      account.clearRequests();
    }
    return await work({ account, measured, scenario });
  } finally {
    await account.close();
    await rm(home, { recursive: true });
  }
}

async function measurePass({ account, measured, scenario }: Prepared): Promise<Pass> {
  const usage = await measure(measured);
  const end = requireSuccess(usage, scenario.senders);
  const empty = await measure({ ...measured, command: [process.execPath, '-e', '0'] });
  const requests = isStandIn(account) ? account.requests : null;
  return {
    requests: end['http_requests'],
    requestsByKind: requests === null ? null : countByKind(requests),
    bytes: requests?.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0) ?? null,
    durationMs: end['duration_ms'],
    wallMs: usage.wallMs,
    cpuMs: usage.cpuMs,
    emptyCpuMs: empty.cpuMs,
  };
}

/**
 * The last log line. Throws for a pass that did not do its work: what that one costs says nothing.
 */
function requireSuccess(
  { exitCode, stdout }: { readonly exitCode: number | null; readonly stdout: string },
  senders: number,
): ReturnType<typeof parseLogLines>[number] {
  const end = parseLogLines(stdout).at(-1);
  if (exitCode !== 0 || end?.event !== 'poll_complete' || end['processed'] !== senders) {
    throw new Error(`the measured pass failed: ${stdout.slice(-2000)}`);
  }
  return end;
}
