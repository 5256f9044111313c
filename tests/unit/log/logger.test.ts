import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createLogger, type LoggerOptions, type RootLogger } from '../../../src/log/logger.ts';
import { isColorWanted } from '../../../src/terminal/color.ts';
import { type LogFields, type LogLevel } from '../../../src/log/line.ts';

const NOON = new Date('2026-11-15T12:00:00.000Z');

describe('a line', () => {
  it('is one JSON object: timestamp, level, event, component, then the fields', async () => {
    const { log, output } = capture();

    log.info('poll_complete', { processed: 2, failed: 0 });

    expect(await output()).toBe(
      '{"timestamp":"2026-11-15T12:00:00.000Z","level":"info","event":"poll_complete",' +
        '"component":"main","processed":2,"failed":0}\n',
    );
  });

  it.each<[configured: LogLevel, written: readonly LogLevel[]]>([
    ['debug', ['debug', 'info', 'warning', 'error']],
    ['info', ['info', 'warning', 'error']],
    ['warning', ['warning', 'error']],
    ['error', ['error']],
  ])('is written at level %s when its level is one of %j', async (level, written) => {
    const { log, lines } = capture({ level });

    log.debug('poll_failed');
    log.info('poll_failed');
    log.warning('poll_failed');
    log.error('poll_failed');

    expect((await lines()).map((line) => line['level'])).toEqual(written);
  });

  it('names the component of the child that wrote it', async () => {
    const { log, lines } = capture();

    log.child('mail').info('discovery_done');
    log.child('mail').child('pages').info('discovery_done');
    log.info('discovery_done');

    expect((await lines()).map((line) => line['component'])).toEqual(['mail', 'pages', 'main']);
  });

  it('keeps its own members from fields of the same names', async () => {
    const { log, lines } = capture();

    log.info('poll_failed', { timestamp: 1, level: 'x', event: 'y', component: 'z', message: 'm' });

    expect(await lines()).toEqual([
      {
        timestamp: NOON.toISOString(),
        level: 'info',
        event: 'poll_failed',
        component: 'main',
        field_timestamp: 1,
        field_level: 'x',
        field_event: 'y',
        field_component: 'z',
        message: 'm',
      },
    ]);
  });

  it('comes in the order of the calls', async () => {
    const { log, lines } = capture();

    for (let index = 0; index < 1000; index += 1) log.info('emails_swept', { index });

    expect((await lines()).map((line) => line['index'])).toEqual(
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });
});

describe('a field', () => {
  const circular: Record<string, unknown> = { name: 'loop' };
  circular['self'] = circular;
  const shared = { a: 1 };

  it.each<[rule: string, value: unknown, shown: unknown]>([
    ['text', 'Grüße 🙂', 'Grüße 🙂'],
    ['null', null, null],
    ['a boolean', false, false],
    ['a big integer', 12n, '12'],
    ['not a number', Number.NaN, 'NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['a date', NOON, '2026-11-15T12:00:00.000Z'],
    ['an invalid date', new Date('x'), 'Invalid Date'],
    ['a URL', new URL('https://a.example/b'), 'https://a.example/b'],
    ['a map', new Map([['a', 1]]), { a: 1 }],
    ['a set', new Set(['a']), ['a']],
    ['bytes', new Uint8Array(3), '[3 bytes]'],
    ['a function', () => undefined, '[function]'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
    ['undefined within', { a: undefined, b: [undefined] }, { b: [null] }],
    ['a cycle', circular, { name: 'loop', self: '[circular]' }],
    ['the same object twice', [shared, shared], [{ a: 1 }, { a: 1 }]],
    [
      'a getter that throws',
      Object.defineProperty({}, 'x', { enumerable: true, get: fail }),
      { x: '[unreadable]' },
    ],
    ['an object that cannot be read', new Proxy({}, { ownKeys: fail }), '[unreadable]'],
    ['an own __proto__', JSON.parse('{"__proto__":{"x":1}}'), JSON.parse('{"__proto__":{"x":1}}')],
    ['a toJSON that throws', { toJSON: fail, a: 1 }, { toJSON: '[function]', a: 1 }],
  ])('of %s', async (_rule, value, shown) => {
    const { log, lines } = capture();

    log.info('poll_failed', { value });

    expect((await lines())[0]?.['value']).toEqual(shown);
  });

  it('that is undefined is left out', async () => {
    const { log, lines } = capture();

    log.info('poll_failed', { value: undefined });

    expect((await lines())[0]).not.toHaveProperty('value');
  });

  it('with an error says type, message and causes, without stacks', async () => {
    const { log, lines } = capture();
    const root = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

    log.error('poll_failed', { error: new TypeError('failed', { cause: root }) });

    expect((await lines())[0]?.['error']).toEqual({
      type: 'TypeError',
      message: 'failed',
      cause: { type: 'Error', message: 'reset', code: 'ECONNRESET' },
    });
  });

  it('with an error shows the stack where debug lines are wanted', async () => {
    const { log, lines } = capture({ level: 'debug' });

    log.error('poll_failed', { error: new Error('failed') });

    expect((await lines())[0]?.['error']).toMatchObject({
      stack: expect.stringContaining('logger.test.ts'),
    });
  });

  it('with an error shows neither request nor response that a library hung on it', async () => {
    const { log, output } = capture({ level: 'debug' });
    const error = Object.assign(new Error('failed'), {
      request: { headers: { authorization: 'x' } },
      response: { body: 'hidden' },
      options: { password: 'hidden' },
      data: 'hidden',
    });

    log.error('poll_failed', { error });

    expect(await output()).toContain('"message":"failed"');
    expect(await output()).not.toMatch(/hidden|authorization/u);
  });

  it('with an error that is its own cause ends', async () => {
    const { log, lines } = capture();
    const error = new Error('round');
    error.cause = error;

    log.error('poll_failed', { error });

    expect((await lines())[0]?.['error']).toEqual({
      type: 'Error',
      message: 'round',
      cause: '[circular]',
    });
  });

  it.each<[rule: string, fields: LogFields]>([
    ['one long text', { value: 'x'.repeat(1_000_000) }],
    ['text longer than is searched', { value: 'x'.repeat(300 * 1024) }],
    ['many texts', { value: Array.from({ length: 5000 }, () => 'x'.repeat(1000)) }],
    [
      'many fields',
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, 'é'.repeat(50)])),
    ],
    [
      'long names',
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}${'n'.repeat(9000)}`, 1])),
    ],
    ['text that grows when escaped', { value: '\u0000'.repeat(4000) }],
    ['deep nesting', { value: nested(10_000) }],
    [
      'wide nesting',
      {
        value: Array.from({ length: 50 }, () =>
          Array.from({ length: 50 }, () => ({ a: 'x'.repeat(99) })),
        ),
      },
    ],
  ])('is cut so that a line is no longer than 16 KiB: %s', async (_rule, fields) => {
    const { log, output, lines } = capture();

    log.info('poll_failed', { ...fields });

    expect(Buffer.byteLength(await output())).toBeLessThanOrEqual(16 * 1024 + 1);
    expect(await lines()).toMatchObject([{ event: 'poll_failed', component: 'main' }]);
  });

  it('that is cut says so', async () => {
    const { log, lines } = capture();

    log.info('poll_failed', { text: 'x'.repeat(5000), list: Array.from({ length: 300 }, () => 1) });

    const [line] = await lines();
    expect(line?.['text']).toMatch(/^x{4000}… \(5000 characters\)$/u);
    expect(line?.['list']).toContain('… 100 more');
  });

  it.each([
    ['a line break', 'a\nb'],
    ['an escape sequence', '\u001B[31mred'],
    ['a C1 escape', '\u009B31mred'],
    ['a line separator', 'a\u2028b\u2029c'],
    ['a turn of the reading direction', 'a\u202Eb\u2066c'],
    ['an invisible character', 'a\u200Bb\uFEFFc'],
    ['half a surrogate pair', 'a\uD800b'],
  ])('with %s is escaped in JSON, and still the same', async (_rule, value) => {
    const { log, output, lines } = capture();

    log.info('poll_failed', { value });

    expect((await output()).trimEnd()).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
    expect((await lines())[0]?.['value']).toBe(value);
  });
});

describe('on a terminal', () => {
  const terminal = { isTerminal: true };

  it('a line is short text', async () => {
    const { log, output } = capture(terminal);

    log.warning('name_mismatch_warning', { sender: 'a@b.example', name: 'Jane Doe', count: 2 });

    expect(await output()).toBe(
      '12:00:00 warning name_mismatch_warning main sender=a@b.example name="Jane Doe" count=2\n',
    );
  });

  it('a line is coloured where that is wanted', async () => {
    const { log, output } = capture({ ...terminal, useColor: true });

    log.error('poll_failed');

    expect(await output()).toBe('12:00:00 \u001B[31merror   poll_failed\u001B[39m main\n');
  });

  it.each(['a\nb', 'a\u001B[2Jb', 'a\u009Bb', 'a\u202Eb', 'a\rb', 'a\u2028b', 'a\u0007b'])(
    'nothing in a value acts: %j',
    async (value) => {
      const { log, output } = capture(terminal);

      log.info('poll_failed', { value, [value]: 1 });

      expect((await output()).slice(0, -1)).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u);
    },
  );

  it('secrets are taken out of names of fields too', async () => {
    const { log, output } = capture({ ...terminal, secrets: ['made-up-secret'] });

    log.info('poll_failed', { 'made-up-secret': 1, inner: { 'a made-up-secret': 2 } });

    expect(await output()).not.toContain('made-up-secret');
    expect(await output()).toContain('[redacted]');
  });

  it('secrets are taken out as well', async () => {
    const { log, output } = capture({ ...terminal, secrets: ['made-up-secret'] });

    log.info('poll_failed', { value: 'a made-up-secret b' });

    expect(await output()).toContain('value="a [redacted] b"');
  });

  it.each<[env: Record<string, string>, isTerminal: boolean, wanted: boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j, terminal %j: colour is wanted: %j', (env, isTerminal, wanted) => {
    expect(isColorWanted(env, isTerminal)).toBe(wanted);
  });
});

describe('flush', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('has nothing to wait for when nothing was written', async () => {
    const { log } = capture();

    await expect(log.flush()).resolves.toBeUndefined();
  });

  it('waits for a stream that takes its time', async () => {
    const written: string[] = [];
    const slow = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        setTimeout(() => {
          written.push(chunk);
          done();
        }, 10);
      },
    });
    const log = createLogger({ ...usual(), stream: slow });
    for (let index = 0; index < 50; index += 1) log.info('emails_swept', { index });

    await log.flush();

    expect(written.join('').trimEnd().split('\n')).toHaveLength(50);
  });

  it('waits two seconds at most for a reader that reads nothing, after a stop', async () => {
    vi.useFakeTimers();
    const deaf = new Writable({ write: () => undefined });
    const stop = new AbortController();
    const log = createLogger({ ...usual(), stream: deaf });
    const flushed: string[] = [];
    log.info('run_started');
    void log.flush(stop.signal).then(() => flushed.push('first'));
    await vi.advanceTimersByTimeAsync(10_000);
    stop.abort();
    void log.flush(stop.signal).then(() => flushed.push('second'));

    await vi.advanceTimersByTimeAsync(1999);
    expect(flushed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(flushed).toEqual(['first', 'second']);
  });

  it('may be called again', async () => {
    const { log, lines } = capture();

    log.info('run_started');
    await log.flush();
    log.info('poll_complete');
    await log.flush();

    expect(await lines()).toHaveLength(2);
  });

  it('gives up on a stream that fails, without an exception', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const log = createLogger({ ...usual(), stream: broken });

    log.info('run_started');
    await log.flush();
    log.info('poll_complete');

    await expect(log.flush()).resolves.toBeUndefined();
  });
});

describe('lines that are held back', () => {
  const held = new Set(['conflict_detected'] as const);

  it('come out when they are released, with the time of what happened', async () => {
    let minute = 0;
    const { log, lines } = capture({
      held,
      now: () => new Date(NOON.getTime() + 60_000 * (minute += 1)),
    });
    log.child('triage').warning('conflict_detected');
    log.info('run_started');

    log.release();

    expect(
      (await lines()).map(({ event, component, timestamp }) => [event, component, timestamp]),
    ).toEqual([
      ['run_started', 'main', '2026-11-15T12:02:00.000Z'],
      ['conflict_detected', 'triage', '2026-11-15T12:01:00.000Z'],
    ]);
  });

  it('are dropped where nobody releases them, and nothing waits for them', async () => {
    const { log, lines } = capture({ held });
    log.release();
    log.warning('conflict_detected');
    log.info('poll_complete');

    await log.flush();

    expect((await lines()).map(({ event }) => event)).toEqual(['poll_complete']);
  });
});

describe('a real process', () => {
  const lines = 20_000;

  it('loses no line where the reader of its pipe is slow', async () => {
    const child = startNoise(lines);
    const arrived: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      arrived.push(chunk);
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), 2);
    });

    const [code] = (await once(child, 'close')) as [number];

    const indexes = Buffer.concat(arrived)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { index: number }).index);
    expect(code).toBe(0);
    expect(indexes).toEqual(Array.from({ length: lines }, (_, index) => index));
  });

  it('goes on, and ends well, when its reader goes away', async () => {
    const child = startNoise(lines, 1);
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));

    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number];

    expect(Buffer.concat(errors).toString('utf8')).toBe('flushed\n');
    expect(code).toBe(0);
  });

  it('waits for a reader that has not begun to read', async () => {
    const child = startNoise(lines);
    await delay(300);
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });

    const [code] = (await once(child, 'close')) as [number];

    expect(code).toBe(0);
    expect(bytes).toBeGreaterThan(lines * 200);
  });
});

function startNoise(...args: readonly number[]): ReturnType<typeof spawnNoise> {
  return spawnNoise(args.map(String));
}

function spawnNoise(args: readonly string[]) {
  const program = new URL('../../support/noisy-process.ts', import.meta.url).pathname;
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function usual(): Omit<LoggerOptions, 'stream'> {
  return {
    level: 'info',
    component: 'main',
    secrets: [],
    isTerminal: false,
    useColor: false,
    now: () => NOON,
  };
}

function capture(options: Partial<LoggerOptions> = {}): {
  readonly log: RootLogger;
  readonly output: () => Promise<string>;
  readonly lines: () => Promise<readonly Record<string, unknown>[]>;
} {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const log = createLogger({ ...usual(), stream, ...options });
  const output = async (): Promise<string> => {
    await log.flush();
    return chunks.join('');
  };
  return {
    log,
    output,
    lines: async () =>
      (await output())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = { value };
  return value;
}

function fail(): never {
  throw new Error('not readable');
}
