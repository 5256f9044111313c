/** Columns of a terminal; 80 for everything else, and for terminals that say they have none. */
export function widthOf(output: NodeJS.WritableStream): number {
  return ('columns' in output && Number(output.columns)) || 80;
}
