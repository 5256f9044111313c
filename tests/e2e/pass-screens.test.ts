import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { arrangeEveryKind, REFUSED, refuseCard } from '../support/every-kind.ts';
import { arrangeFortySenders } from '../support/forty-senders.ts';
import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import type { OnStandIn } from '../support/run-mailroom-on-stand-in.ts';
import { onStandIn } from '../support/run-mailroom-on-stand-in.ts';
import { setupEnvironment } from '../support/run-setup.ts';
import { typeOnTerminal } from '../support/terminal.ts';

/* What stands on a terminal when a pass has ended, kept as text in `screens`. */

const programs = builtPrograms();
const PASS = programs.runOnce.join(' ');

/** An account of its own for each test, with the environment of a user who works on it. */
async function onAccount(
  arrange: (world: OnStandIn) => Promise<void>,
  act: (world: OnStandIn, env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  await onStandIn(programs, {}, async (world) => {
    await arrange(world);
    const { env, remove } = await setupEnvironment(world.account);
    try {
      await act(world, { ...env, TERM: 'xterm' });
    } finally {
      await remove();
    }
  });
}

/** Ports differ from run to run, and are as long as one another. */
const withoutPort = (text: string): string =>
  text.replaceAll(/127\.0\.0\.1:\d{5}/gu, '127.0.0.1:00000');

const tooWide = (text: string, columns: number): readonly string[] =>
  text.split('\n').filter((line) => line.length > columns);

describe('a terminal of', () => {
  let world: OnStandIn;
  let env: Readonly<Record<string, string>>;
  let end: () => void;
  let ended: Promise<void>;
  beforeAll(async () => {
    await new Promise<void>((resolve, reject) => {
      ended = onAccount(arrangeEveryKind, (arranged, environment) => {
        [world, env] = [arranged, environment];
        resolve();
        return new Promise((done) => {
          end = done;
        });
      });
      ended.catch(reject);
    });
  });
  afterAll(async () => {
    end?.();
    await ended;
  });

  test.each([60, 80, 140])('%i columns: a dry run with all that can be said', async (columns) => {
    const { shown } = await typeOnTerminal(`${PASS} --dry-run 2>/dev/null`, { columns, env });

    expect(tooWide(shown, columns)).toEqual([]);
    await expect(shown).toMatchFileSnapshot(`screens/dry-run-${columns}.txt`);
  });

  test('80 columns: with colours, but for NO_COLOR and TERM=dumb', async () => {
    const type = async (change: Readonly<Record<string, string>>): Promise<string> =>
      (
        await typeOnTerminal(`${PASS} --dry-run --verbose`, {
          columns: 80,
          env: { ...env, ...change },
        })
      ).sent;

    // oxlint-disable-next-line no-control-regex -- the escape sequences of styles
    const coloured = /\u001B\[\d+m/u;
    expect(await type({})).toMatch(coloured);
    expect(await type({ NO_COLOR: '1' })).not.toMatch(coloured);
    expect(await type({ TERM: 'dumb' })).not.toContain('\u001B');
  });

  test('80 columns: log lines with the local time', async () => {
    const hour = async (zone: string): Promise<number> => {
      const { shown } = await typeOnTerminal(`${PASS} --dry-run --verbose`, {
        columns: 80,
        env: { ...env, NO_COLOR: '1', TZ: zone },
      });
      return Number(/^(\d\d):\d\d:\d\d info/mu.exec(shown)?.[1]);
    };

    // An hour may end in between.
    expect([9, 10]).toContain(((await hour('Asia/Tokyo')) - (await hour('UTC')) + 24) % 24);
  });

  test('80 columns: what the table tells is no log line above it as well', async () => {
    const type = async (rest: string): Promise<string> =>
      (await typeOnTerminal(`${PASS} --dry-run ${rest}`, { columns: 80, env })).shown;

    const table = await type('2>/dev/null');
    // Elsewhere they are in full, and so is everything with --verbose.
    const log = await type('2>log.txt; cat log.txt; rm log.txt');

    expect(await type('')).toBe(table);
    // A file has no colours.
    expect(log).not.toContain('\u001B');
    for (const lines of [log, stripVTControlCharacters(await type('--verbose'))]) {
      expect(lines).toMatch(/ conflict_detected triage sender=/u);
      expect(lines).toMatch(/ contact_kept triage sender=/u);
      expect(lines).toMatch(/ would_warn_of_name triage sender=/u);
    }
  });

  test('80 columns: the pass, with a card that the server refuses', async () => {
    refuseCard(world);

    const { shown } = await typeOnTerminal(`${PASS} 2>/dev/null`, { columns: 80, env });

    expect(tooWide(shown, 80)).toEqual([]);
    await expect(withoutPort(shown)).toMatchFileSnapshot('screens/pass-80.txt');
  });

  test('80 columns: the next pass has only what is left', async () => {
    const { shown } = await typeOnTerminal(`${PASS} 2>/dev/null`, { columns: 80, env });

    await expect(withoutPort(shown)).toMatchFileSnapshot('screens/what-is-left-80.txt');
  });

  test('80 columns: why a sender’s mail goes where it goes, and all decisions', async () => {
    const type = async (...args: readonly string[]): Promise<string> =>
      (await typeOnTerminal([...programs.why, ...args].join(' '), { columns: 80, env })).shown;

    const screens = [await type('tom@kind.example'), await type('both@kind.example'), await type()];

    const shown = screens.join('\n').replaceAll(/\d{4}-\d\d-\d\d/gu, '2026-11-25');
    expect(tooWide(shown, 80)).toEqual([]);
    await expect(shown).toMatchFileSnapshot('screens/why-80.txt');
  });

  test('80 columns: status after that', async () => {
    const { shown } = await typeOnTerminal(programs.status.join(' '), { columns: 80, env });

    const timeless = shown
      .replace(/was .* ago/u, 'was 5 seconds ago')
      .replace(/Last run: .* [AP]M/u, 'Last run: 11/25/2026, 12:00:00 PM');
    expect(tooWide(shown, 80)).toEqual([]);
    await expect(timeless).toMatchFileSnapshot('screens/status-80.txt');
  });
});

test('no email carries a triage label', async () => {
  await onAccount(
    async () => undefined,
    async (_world, env) => {
      const { shown } = await typeOnTerminal(PASS, { columns: 80, env });

      await expect(shown).toMatchFileSnapshot('screens/no-label-80.txt');
    },
  );
});

test.each([
  ['with a token that is refused', 'token-refused', { MAILROOM_JMAP_TOKEN: 'made-up-token' }],
  ['with settings that are not valid', 'invalid', { MAILROOM_LABEL_TO_FEED: 'ToFeed' }],
])('a pass %s: why, and what to do', async (_name, file, change) => {
  await onAccount(
    async () => undefined,
    async (_world, env) => {
      const command = `${PASS} 2>/dev/null`;
      const { shown } = await typeOnTerminal(command, { columns: 80, env: { ...env, ...change } });

      await expect(withoutPort(shown)).toMatchFileSnapshot(`screens/pass-${file}-80.txt`);
    },
  );
});

test('a pass that breaks off: what became of single senders before that is told by the log', async () => {
  await onAccount(
    async ({ scenario }) => {
      await scenario.email({ from: 'both@kind.example', in: ['Screener', '@ToFeed'] });
      await scenario.email({ from: 'both@kind.example', in: ['Screener', '@ToJail'] });
      await scenario.email({ from: 'news@kind.example', in: ['Screener', '@ToFeed'] });
    },
    async ({ account }, env) => {
      account.faults.push({
        on: 'put-card',
        times: Infinity,
        fault: { kind: 'status', status: 401 },
      });

      const { shown } = await typeOnTerminal(PASS, { columns: 80, env: { ...env, NO_COLOR: '1' } });

      expect(shown).toMatch(
        /warning conflict_detected triage sender=both@kind\.example[^]*\n\nThe pass failed, and you need to act: /u,
      );
      // The text below has it.
      expect(shown).not.toContain('error   startup_failed');
    },
  );
});

test('40 senders, planned and done, fit on two screens of 80 × 24', async () => {
  await onAccount(arrangeFortySenders, async (_world, env) => {
    for (const [file, flags] of [
      ['forty-dry-run-80', '--dry-run'],
      ['forty-pass-80', ''],
    ] as const) {
      const { shown } = await typeOnTerminal(`${PASS} ${flags}`, { columns: 80, env });

      expect(shown).toMatch(/^40 of 40 senders /mu);
      expect(tooWide(shown, 80)).toEqual([]);
      // The prompt takes the last line.
      expect(shown.trimEnd().split('\n').length).toBeLessThan(2 * 24);
      await expect(shown).toMatchFileSnapshot(`screens/${file}.txt`);
    }
  });
});

describe('the plan says what the pass then does', () => {
  const FUTURE: readonly (readonly [string, string])[] = [
    ['What a pass would do now (nothing was written):\n', ''],
    ['would be handled', 'handled'],
    ['would move', 'moved'],
    ['the email gets', 'the email has'],
  ];
  /** With the columns of a screen, so that no line is broken. */
  const planAndPass = async (
    refuse: (world: OnStandIn) => void,
  ): Promise<readonly [plan: string, pass: string]> => {
    let texts: readonly [string, string] = ['', ''];
    await onAccount(arrangeEveryKind, async (world, env) => {
      const columns = 300;
      refuse(world);
      const plan = await typeOnTerminal(`${PASS} --dry-run 2>/dev/null`, { columns, env });
      const pass = await typeOnTerminal(`${PASS} 2>/dev/null`, { columns, env });
      const past = FUTURE.reduce((text, [is, was]) => text.replaceAll(is, was), plan.shown);
      expect(past).not.toBe(plan.shown);
      texts = [past, withoutPort(pass.shown)];
    });
    return texts;
  };

  test('to the word, in another tense', async () => {
    const [plan, pass] = await planAndPass(() => undefined);

    expect(pass).toBe(plan);
  });

  test('but for what a server then refuses, which nobody can know', async () => {
    const [plan, pass] = await planAndPass(refuseCard);

    const others = (text: string): readonly string[] =>
      text
        .split('\n')
        .filter((line) => !line.startsWith(REFUSED) && !/ handled| not done/u.test(line));
    expect(others(pass)).toEqual(others(plan));
    expect(pass).toMatch(/^ {2}! not done \(contact\): PUT .*: HTTP 403\./mu);
    expect(pass).not.toBe(plan);
  });
});

test('in a pipe: 80 columns, without a single escape sequence', async () => {
  await onAccount(arrangeEveryKind, async (_world, env) => {
    const command = [...programs.runOnce, '--dry-run', '--format', 'text'];
    const { stdout, stderr } = await startProgram(command, { env }).result;

    expect(tooWide(stdout, 80)).toEqual([]);
    expect(stdout.split('\n').some((line) => line.length > 70)).toBe(true);
    expect(stdout).not.toContain('\u001B');
    // A contact that is kept has no other name.
    expect(stderr.match(/would_warn_of_name.*/gu)).toEqual([
      'would_warn_of_name triage sender=tom@kind.example displayName="Tom Reed" contactName="The landlord"',
    ]);
  });
});
