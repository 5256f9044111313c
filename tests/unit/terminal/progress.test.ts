import { PassThrough } from 'node:stream';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { noProgress } from '../../../src/terminal/no-progress.ts';
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

  const start = (): Progress => createProgress(stream);
  const written = (): string => stream.read() ?? '';

  it('says nothing for two seconds', () => {
    const progress = start();
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(1900);
    progress.end();

    expect(written()).toBe('');
  });

  it('says after two seconds what is being done, and for how long', () => {
    const progress = start();
    progress.set('mail', 'reading mailboxes');
    progress.set('contacts', 'reading groups');
    vi.advanceTimersByTime(3000);
    progress.end();

    expect(written()).toContain('3 s  mail: reading mailboxes; contacts: reading groups');
  });

  it('leaves an empty line at the end', () => {
    const progress = start();
    vi.advanceTimersByTime(3000);
    progress.end();
    vi.advanceTimersByTime(3000);

    expect(written().endsWith(CLEAR)).toBe(true);
  });

  it('makes room for what others write', () => {
    const progress = start();
    vi.advanceTimersByTime(2500);
    stream.read();
    progress.output.write('a log line\n');

    expect(written()).toBe(`${CLEAR}a log line\n`);
    progress.end();
  });

  it.each([
    ['a long name', 'x'.repeat(200)],
    ['characters two columns wide', '報'.repeat(200)],
    ['emoji of many code units, which take two columns', '👩‍👩‍👧'.repeat(30)],
    ['accents that take none', 'e\u0301'.repeat(200)],
  ])('never wraps, whatever a server calls its things: %s', (_kind, name) => {
    stream.columns = 30;
    const progress = start();
    progress.set('mail', `writing\n\u001B[2J${name}`);
    vi.advanceTimersByTime(2500);
    progress.end();

    const lines = written()
      .split(CLEAR)
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(stringWidth(line)).toBeLessThan(30);
      // As much as there is room for.
      expect(stringWidth(line)).toBeGreaterThan(26);
      expect(line).not.toMatch(/\p{Cc}/u);
    }
  });

  it('is seen on a terminal that says it is 0 wide', () => {
    stream.columns = 0;
    const progress = start();
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(2500);
    progress.end();

    expect(written()).toContain('mail: reading mailboxes');
  });

  it('is silent on a pipe', () => {
    const progress = noProgress(stream);
    progress.set('mail', 'reading mailboxes');
    vi.advanceTimersByTime(10_000);
    progress.output.write('a log line\n');
    progress.end();

    expect(written()).toBe('a log line\n');
  });
});
