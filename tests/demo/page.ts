/** Styled text for a terminal; plain where colour is not wanted. */
export interface Page {
  heading(text: string): void;
  line(text?: string): void;
  /** Rows of equal length; columns as wide as their widest cell, two spaces between. */
  table(rows: readonly (readonly string[])[]): void;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function createPage(write: (text: string) => void, useColor: boolean): Page {
  const style =
    (code: number) =>
    (text: string): string =>
      useColor && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text;
  const bold = style(1);
  const line = (text = ''): void => write(`${text}\n`);
  return {
    heading(text) {
      line();
      line(bold(text));
    },
    line,
    table(rows) {
      const widths = rows[0]?.map((_, column) =>
        Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
      );
      for (const row of rows) {
        const cells = row.map((cell, column) => {
          const missing = (widths?.[column] ?? 0) - widthOf(cell);
          return cell + ' '.repeat(Math.max(0, missing));
        });
        line(`  ${cells.join('  ')}`.trimEnd());
      }
    },
    good: style(32),
    bad: style(31),
    dim: style(2),
  };
}

/** Columns on the screen: without styles; the demo's characters are all one column wide. */
function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the escape sequences of styles
  return text.replace(/\u001B\[\d+m/gu, '').length;
}
