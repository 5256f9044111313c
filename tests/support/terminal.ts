import { startProgram } from './process.ts';

export interface TerminalOptions {
  readonly columns: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * What a shell command sent to a terminal, and what is left of it on the screen. On a slow machine
 * a progress line appears and is removed again.
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
