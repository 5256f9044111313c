import { Writable } from 'node:stream';

import { toPlainLine } from '../log/plain-line.ts';
import { cutToColumns } from './columns.ts';
import { widthOf } from './width.ts';

/** One line on a terminal that says what is being done, for as long as it takes. */
export interface Progress {
  /** What is being done under this name; null: it is done. */
  set(name: string, doing: string | null): void;
  /** `stream` for everybody else who writes to it: their text replaces the line. */
  readonly output: NodeJS.WritableStream;
  /** The same for another stream that ends on the same terminal. */
  around(stream: NodeJS.WritableStream): NodeJS.WritableStream;
  /** Takes the line away for good. */
  end(): void;
}

/** A shorter wait needs no explanation. */
const QUIET_MS = 2000;

const REDRAW_MS = 250;

const FRAMES = ['|', '/', '-', '\\'];

/** On `stream`, a terminal; shows nothing before two seconds have passed. */
export function createProgress(stream: NodeJS.WritableStream): Progress {
  const startedMs = performance.now();
  const doing = new Map<string, string>();
  let isShown = false;
  let frame = 0;

  const clear = (): void => {
    if (isShown) stream.write('\r\u001B[K');
    isShown = false;
  };
  const draw = (): void => {
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs < QUIET_MS) return;
    const seconds = Math.floor(elapsedMs / 1000);
    const tasks = [...doing].map(([name, what]) => `${name}: ${what}`).join('; ');
    frame = (frame + 1) % FRAMES.length;
    const line = `${FRAMES[frame] ?? ''} ${seconds} s  ${tasks}`;
    stream.write(`\r\u001B[K${fit(line, widthOf(stream))}`);
    isShown = true;
  };
  const around = (target: NodeJS.WritableStream): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        clear();
        target.write(chunk, () => done());
      },
    });
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();

  return {
    set(name, what) {
      if (what === null) doing.delete(name);
      else doing.set(name, what);
    },
    output: around(stream),
    around,
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

/** A line that wraps, or fills the last column, cannot be cleared again. */
function fit(line: string, columns: number): string {
  return cutToColumns(toPlainLine(line), columns - 1);
}
