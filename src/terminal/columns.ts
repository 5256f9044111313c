import stringWidth from 'string-width';

/**
 * How many columns of a terminal a text needs: a Chinese character or an emoji needs two, an accent
 * none.
 */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** As much of the text as fits, with `…` at the end where something was cut. */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (columnsOf(cut + segment) > columns - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** With spaces at the end. */
export function padToColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
