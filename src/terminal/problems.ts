import { toPlainLine } from '../log/plain-line.ts';
import { wrapText } from './wrap-text.ts';

/** A sentence, then a line for each problem, which goes on below where it is too long. */
export function renderProblems(
  sentence: string,
  problems: readonly string[],
  width: number,
): readonly string[] {
  return [
    ...wrapText(sentence, { width, indent: '' }),
    ...problems.flatMap((problem) =>
      wrapText(toPlainLine(problem), { width, indent: '    ', first: '  ' }),
    ),
  ];
}
