import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  /** The whole environment; none of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is piped in; without it standard input is empty. */
  readonly input?: string;
  /**
   * How long standard output is left unread after its first bytes, as by a busy log collector.
   * Milliseconds.
   */
  readonly unreadMs?: number;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started. */
export interface Program {
  /** Resolves once it has ended and everything that it wrote has been read. */
  readonly result: Promise<ProgramResult>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program without a shell; `kill` reaches the program itself. */
export function startProgram(
  [file = '', ...args]: readonly string[],
  { env, cwd, input, unreadMs = 0 }: ProgramOptions,
): Program {
  const child = spawn(file, args, {
    env: { ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin?.end(input);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error(`no pipes to ${file}`);
  const ended = new Promise<Pick<ProgramResult, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const readStdout = async (): Promise<string> => {
    if (unreadMs === 0) return text(stdout);
    const chunks: Buffer[] = [];
    // Attached from the beginning: what is still unread when the child ends would be thrown away.
    for await (const chunk of stdout) {
      if (chunks.length === 0) await sleep(unreadMs);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks).toString('utf8');
  };
  const result = Promise.all([ended, readStdout(), text(stderr)]).then(([end, out, err]) => ({
    ...end,
    stdout: out,
    stderr: err,
  }));
  return { result, kill: (signal) => child.kill(signal) };
}
