import { wrapText } from '../../src/terminal/wrap-text.ts';

/** Styled text for a terminal of 80 columns; plain text where colour is not wanted. */
export interface Page {
  /** The title of an act, and what it is about. */
  heading(title: string, about?: string): void;
  line(text?: string): void;
  /** Text with commas in it, wrapped behind its name. */
  entry(name: string, nameWidth: number, text: string): void;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function createPage(write: (text: string) => void, useColor: boolean): Page {
  const style =
    (code: number) =>
    (text: string): string =>
      useColor ? `\u001B[${code}m${text}\u001B[0m` : text;
  const bold = style(1);
  const line = (text = ''): void => write(`${text}\n`);
  return {
    heading(title, about = '') {
      line();
      line(`${bold(title)}${about === '' ? '' : `  ${about}`}`);
    },
    line,
    entry(name, nameWidth, text) {
      const first = `  ${name.padEnd(nameWidth)}  `;
      const indent = ' '.repeat(first.length);
      for (const one of wrapText(text, { width: 80, indent, first })) line(one);
    },
    good: style(32),
    bad: style(31),
  };
}
