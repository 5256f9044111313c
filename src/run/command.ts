import { text } from 'node:stream/consumers';

import { type Arguments, parseCommandLine } from '../terminal/command-line.ts';
import { COMMANDS } from '../terminal/commands.ts';
import { findKeptByNpm } from '../terminal/kept-by-npm.ts';
import { findNodeProblem } from '../terminal/node-version.ts';
import { writeTerminationMessage } from './termination-message.ts';

/** The part of `process` that a command needs. Only the entries touch it. */
export type CommandHost = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'execPath' | 'exitCode' | 'on' | 'stderr' | 'stdin' | 'stdout' | 'version'
>;

/** Which command it is, and what its `--version` says. */
export interface CommandOptions {
  readonly name: keyof typeof COMMANDS;
  /** package.json. */
  readonly about: { readonly version: string; readonly engines: { readonly node: string } };
}

/** What a command is given when it runs. */
export interface Command extends Arguments {
  readonly version: string;
  /** What is set, and outside a cluster also what `.env` of the current folder says. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly errorOutput: NodeJS.WritableStream;
  readonly isErrorTerminal: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** Standard input, to its end. */
  readInput(): Promise<string>;
  readonly writeTerminationMessage: (text: string) => void;
}

/**
 * Runs a command and sets the exit code to what it returns. With an old Node, `--help` or a wrong
 * flag, it prints what there is to say instead. `run` imports what it needs only when it runs,
 * because an old Node could not load it.
 */
export async function runCommand(
  host: CommandHost,
  { name, about }: CommandOptions,
  run: (command: Command) => Promise<number>,
): Promise<void> {
  // Until the command has ended: Node exits when nothing is left to wait for.
  host.exitCode = 1;
  const problem = findNodeProblem(host, about.engines.node);
  if (problem !== null) {
    host.stderr.write(problem);
    return;
  }
  const { version } = about;
  const args = host.argv.slice(2);
  const kept = findKeptByNpm(host.env, COMMANDS[name], args);
  if (kept !== null) {
    host.stderr.write(kept);
    return;
  }
  const parsed = parseCommandLine(args, COMMANDS[name], version);
  if (parsed.kind === 'print') {
    host[parsed.stream].write(parsed.text);
    host.exitCode = parsed.exitCode;
    return;
  }
  await import('../http/install.ts');
  const { findMissingFile, readEnvironment } = await import('../settings/environment.ts');
  const say = (sentence: string): void => void host.stderr.write(`${sentence}\n`);
  const missing = name === 'status' ? null : findMissingFile(host.env);
  if (missing !== null) say(missing);
  const stop = stopSignal(host);
  host.exitCode = await run({
    version,
    flags: parsed.flags,
    values: parsed.values,
    positionals: parsed.positionals,
    env: readEnvironment(host.env, say),
    output: host.stdout,
    isTerminal: host.stdout.isTTY,
    errorOutput: host.stderr,
    isErrorTerminal: host.stderr.isTTY,
    stop,
    readInput: () => text(host.stdin),
    writeTerminationMessage,
  });
  if (stop.aborted && host.stdout.writableLength > 0) abandon(host.stdout);
}

/**
 * What a reader does not read would keep the process alive for ever. Standard output cannot be
 * closed in a public way, so its handle is.
 */
function abandon(stream: NodeJS.WritableStream & { _handle?: { close?(): void } }): void {
  stream.on('error', () => undefined);
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  stream._handle?.close?.();
}

function stopSignal(host: CommandHost): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.on(signal, () => stop.abort());
  return stop.signal;
}
