import { startProgram } from './process.ts';

export interface TerminalOptions {
  readonly columns: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * All that a terminal was sent by a shell command, and what of it is left on the screen: a line that
 * says what is being done is taken away again, whenever the machine is slow enough for one.
 */
export async function typeOnTerminal(
  command: string,
  { columns, env, cwd }: TerminalOptions,
): Promise<{ readonly sent: string; readonly shown: string }> {
  const { stdout: sent } = await startProgram(
    ['script', '-qefc', `stty cols ${columns} rows 24; ${command}`, '/dev/null'],
    { env, ...(cwd === undefined ? {} : { cwd }) },
  ).result;
  // oxlint-disable-next-line no-control-regex -- how the line is cleared
  const shown = sent.replaceAll(/\r\u001B\[K[^\r\n]*/gu, '').replaceAll('\r', '');
  return { sent, shown };
}
