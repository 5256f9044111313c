import { text } from 'node:stream/consumers';

import { type Arguments, type KnownArguments, parseCommandLine } from './command-line.ts';
import { findNodeProblem } from './node-version.ts';

/** What a command needs of `process`, which the entries alone touch. */
export type CommandHost = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'execPath' | 'exitCode' | 'on' | 'stderr' | 'stdin' | 'stdout' | 'version'
>;

export interface CommandOptions extends KnownArguments {
  readonly usage: string;
  readonly package: { readonly version: string; readonly engines: { readonly node: string } };
}

/** What a command that is to be run is given. */
export interface Command extends Arguments {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly errorOutput: NodeJS.WritableStream;
  readonly isErrorTerminal: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** Standard input, to its end. */
  readInput(): Promise<string>;
}

/**
 * Runs a command and sets the exit code to what it returns. Whatever is not to be run (an old Node,
 * `--help`, a wrong flag) is said instead. `run` imports what it needs only then, because an old
 * Node could not load it.
 */
export async function runCommand(
  host: CommandHost,
  options: CommandOptions,
  run: (command: Command) => Promise<number>,
): Promise<void> {
  const { usage, package: about } = options;
  // Until it has come to its end: Node exits when nothing is left to wait for.
  host.exitCode = 1;
  const problem = findNodeProblem(host, about.engines.node);
  if (problem !== null) {
    host.stderr.write(problem);
    return;
  }
  const { version } = about;
  const parsed = parseCommandLine(host.argv.slice(2), options, { usage, version });
  if (parsed.kind === 'print') {
    host[parsed.stream].write(parsed.text);
    host.exitCode = parsed.exitCode;
    return;
  }
  const stop = stopSignal(host);
  host.exitCode = await run({
    version,
    flags: parsed.flags,
    values: parsed.values,
    positionals: parsed.positionals,
    env: host.env,
    output: host.stdout,
    isTerminal: host.stdout.isTTY,
    errorOutput: host.stderr,
    isErrorTerminal: host.stderr.isTTY,
    stop,
    readInput: () => text(host.stdin),
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
