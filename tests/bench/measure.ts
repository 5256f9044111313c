import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a process and its children cost. */
export interface Usage {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** From start to end, as the shell sees it. */
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
}

export interface MeasuredCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * Runs a command and measures it from outside, so nothing is loaded into the program. The shell's
 * own `time` counts in milliseconds and is on every machine.
 */
export async function measure({ command, env, cwd }: MeasuredCommand): Promise<Usage> {
  const child = spawn('bash', ['-c', `TIMEFORMAT='%3R %3U %3S'; time "$@"`, 'bash', ...command], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode));
  });
  const [exitCode, stdout, stderr] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  const times = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  const [wall = NaN, user = NaN, system = NaN] = times;
  if (Number.isNaN(system)) throw new Error(`no times from the shell: ${stderr}`);
  return { exitCode, stdout, wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

/** The most memory (resident set, MiB) that any Node process of the command had. Linux only. */
export async function measureMemory(measured: MeasuredCommand): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-bench-'));
  const file = join(folder, 'memory');
  try {
    const { exitCode, stdout } = await measure({
      ...measured,
      env: { ...measured.env, NODE_OPTIONS: `--require=${PROBE}`, BENCH_MEMORY_FILE: file },
    });
    if (exitCode !== 0) throw new Error(`the measured program failed: ${stdout}`);
    const kibibytes = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
    return Math.max(...kibibytes) / 1024;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const PROBE = fileURLToPath(new URL('memory-probe.cjs', import.meta.url));
