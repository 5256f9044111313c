import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createProgress, type Progress } from '../../../src/terminal/progress.ts';

const CLEAR = '\r\u001B[K';

describe('progress', () => {
  let stream: PassThrough & { columns?: number };

  beforeEach(() => {
    vi.useFakeTimers();
    stream = new PassThrough({ encoding: 'utf8' });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const start = (isTerminal: boolean): Progress => createProgress({ stream, isTerminal });
  const written = (): string => stream.read() ?? '';

  it('says nothing for two seconds', () => {
    const progress = start(true);
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(1900);
    progress.end();

    expect(written()).toBe('');
  });

  it('says after two seconds what is being done, and for how long', () => {
    const progress = start(true);
    progress.set('mail', 'reading mailboxes');
    progress.set('contacts', 'reading groups');
    vi.advanceTimersByTime(3000);
    progress.end();

    expect(written()).toContain('3 s  mail: reading mailboxes; contacts: reading groups');
  });

  it('leaves an empty line at the end', () => {
    const progress = start(true);
    vi.advanceTimersByTime(3000);
    progress.end();
    vi.advanceTimersByTime(3000);

    expect(written().endsWith(CLEAR)).toBe(true);
  });

  it('makes room for what others write', () => {
    const progress = start(true);
    vi.advanceTimersByTime(2500);
    stream.read();
    progress.output.write('a log line\n');

    expect(written()).toBe(`${CLEAR}a log line\n`);
    progress.end();
  });

  it('never wraps, whatever a server calls its things', () => {
    stream.columns = 30;
    const progress = start(true);
    progress.set('mail', `writing\n\u001B[2J${'x'.repeat(200)}`);
    vi.advanceTimersByTime(2500);
    progress.end();

    const lines = written()
      .split(CLEAR)
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line.length).toBeLessThan(30);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
  });

  it('is seen on a terminal that says it is 0 wide', () => {
    stream.columns = 0;
    const progress = start(true);
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(2500);
    progress.end();

    expect(written()).toContain('mail: reading mailboxes');
  });

  it('is silent on a pipe', () => {
    const progress = start(false);
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(10_000);
    progress.output.write('a log line\n');
    progress.end();

    expect(written()).toBe('a log line\n');
  });
});
