import { Writable } from 'node:stream';

/** Writes lines to the reader, and knows which are still on their way. */
export interface LineOutput {
  /** Takes lines, each with its newline. */
  readonly stream: Writable;
  /** Says that one more line is coming: the logger passes lines on later. */
  readonly expect: () => void;
  /** Resolves when all announced lines were handed to the operating system, or cannot be. */
  readonly flush: (stop?: AbortSignal) => Promise<void>;
}

/**
 * Lines wait here while the reader is slow. When it is gone (EPIPE) they are dropped: a pass does
 * not fail because nobody reads its log.
 */
export function createLineOutput(target: NodeJS.WritableStream): LineOutput {
  let pending = 0;
  let isGone = false;
  let waiting: (() => void)[] = [];

  const settle = (lines: number): void => {
    pending -= lines;
    if (pending > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const send = (text: string, lines: number, done: () => void): void => {
    const finish = (): void => {
      done();
      settle(lines);
    };
    if (isGone) finish();
    else target.write(text, finish);
  };
  target.on('error', () => {
    isGone = true;
  });

  return {
    stream: new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => send(chunk, 1, () => done()),
      // Lines that waited behind a slow one are written together.
      writev: (chunks, done) =>
        send(chunks.map(({ chunk }) => chunk as string).join(''), chunks.length, () => done()),
    }),
    expect() {
      pending += 1;
    },
    flush: (stop) =>
      new Promise((resolve) => {
        if (pending <= 0) {
          resolve();
          return;
        }
        waiting.push(resolve);
        const giveUp = (): unknown => setTimeout(resolve, FLUSH_AFTER_STOP_MS).unref();
        if (stop?.aborted === true) giveUp();
        else stop?.addEventListener('abort', giveUp, { once: true });
      }),
  };
}

/** The part of the 20 s for stopping that is left for the log. */
const FLUSH_AFTER_STOP_MS = 2000;
