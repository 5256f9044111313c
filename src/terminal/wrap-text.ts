import { columnsOf } from './columns.ts';

/** The shape of the wrapped text. */
export interface WrapOptions {
  /** Columns of a line, the indent included. */
  readonly width: number;
  /** What each line begins with. */
  readonly indent: string;
  /** What the first line begins with in place of the indent. */
  readonly first?: string;
}

/** Lines of whole words; a word that is longer than a line stays whole, so that it can be copied. */
export function wrapText(text: string, { width, indent, first }: WrapOptions): readonly string[] {
  const lines: string[] = [];
  let line = first ?? indent;
  let isEmpty = true;
  for (const word of text.split(/\s+/u).filter((one) => one !== '')) {
    const isTooLong = columnsOf(line) + (isEmpty ? 0 : 1) + columnsOf(word) > width;
    // Below it there is more room, if the line begins further to the right than the next ones.
    if (isTooLong && (!isEmpty || columnsOf(line) > columnsOf(indent))) {
      lines.push(line.trimEnd());
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
