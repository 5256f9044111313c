import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { PROJECT } from '../support/run-mailroom.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';

/*
 * "Start in six steps" of README, typed word by word on a terminal: each `$` line of a console block
 * is run, and what stands below it has to be on the screen. `...` stands for what is left out.
 */

interface Typed {
  readonly command: string;
  readonly shown: readonly string[];
}

let account: StandIn;
let folder: string;
let blocks: readonly (readonly Typed[])[] = [];

beforeAll(async () => {
  account = await startStandIn({ username: 'you@example.com' });
  folder = await mkdtemp(join(tmpdir(), 'mailroom-readme-'));
  for (const name of ['src', 'node_modules', 'package.json', 'tsconfig.json']) {
    await symlink(join(PROJECT, name), join(folder, name));
  }
  // Step 3: the example, with its three lines filled in, and two more for another server.
  const example = await readFile(join(PROJECT, '.env.example'), 'utf8');
  const filledIn = example
    .replace(/^(MAILROOM_JMAP_TOKEN)=.*$/mu, `$1=${account.token}`)
    .replace(/^(MAILROOM_CARDDAV_PASSWORD)=.*$/mu, `$1=${account.password}`);
  await writeFile(
    join(folder, '.env'),
    `${filledIn}\nMAILROOM_JMAP_SESSION_URL=${account.sessionUrl}\nMAILROOM_CARDDAV_URL=${account.cardDavUrl}\n`,
  );
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  blocks = [...readme.matchAll(/```console\n(?<block>.*?)```/gsu)].map(({ groups }) =>
    parseBlock(groups?.['block'] ?? ''),
  );
});
afterAll(async () => {
  await account?.close();
  await rm(folder, { recursive: true });
});

/** All that a terminal was sent, without styles and cursor movements. */
async function type(command: string): Promise<string> {
  const { stdout } = await startProgram(
    ['script', '-qefc', `stty cols 100; ${command}`, '/dev/null'],
    {
      cwd: folder,
      env: { PATH: `${join(PROJECT, 'node_modules/.bin')}:${process.env['PATH']}`, HOME: folder },
    },
  ).result;
  // oxlint-disable-next-line no-control-regex -- the escape sequences of a terminal
  return stdout.replaceAll(/\u001B\[[\d;?]*[A-Za-z]|\r/gu, '');
}

function parseBlock(block: string): readonly Typed[] {
  return block
    .split(/^\$ /mu)
    .slice(1)
    .map((part) => {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      return { command, shown: shown.filter((line) => line !== '...') };
    });
}

/** Whether the lines are there in this order; `...` at a line's end stands for more of it. */
function findMissing(screen: string, shown: readonly string[]): readonly string[] {
  let from = 0;
  return shown.filter((line) => {
    const text = line.replace(/^\.\.\. | \.\.\.$/gu, '');
    const at = screen.indexOf(text, from);
    if (at !== -1) from = at + text.length;
    return at === -1;
  });
}

describe('README, step by step', () => {
  test('step 4: setup looks, then creates', async () => {
    for (const { command, shown } of blocks[0] ?? []) {
      expect({ command, missing: findMissing(await type(command), shown) }).toEqual({
        command,
        missing: [],
      });
    }
  });

  test('step 6: a label, a dry run, a pass', async () => {
    const screener = await account.mailboxId('Screener');
    const label = await account.mailboxId('@ToFeed');
    const from = 'The News <news@sender.example>';
    for (const mailboxIds of [[screener], [screener], [screener], [screener], [screener, label]]) {
      await account.addEmail({ from, mailboxIds });
    }

    for (const { command, shown } of blocks[1] ?? []) {
      expect({ command, missing: findMissing(await type(command), shown) }).toEqual({
        command,
        missing: [],
      });
    }

    const feed = await account.mailboxId('Feed');
    const places = [...(await account.emails()).values()].map(({ mailboxIds }) => [...mailboxIds]);
    expect(places).toEqual(Array.from({ length: 5 }, () => [feed]));
  });

  test('the line for cron, as cron runs it', async () => {
    const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
    const [, line = ''] = /^\*\/5 \* \* \* \* (.+)$/mu.exec(readme) ?? [];
    // A home with a clone in it that was built, and a `logger` that keeps what it is told.
    const home = await mkdtemp(join(tmpdir(), 'mailroom-home-'));
    const clone = join(home, 'mailroom');
    await mkdir(clone);
    await symlink(join(PROJECT, 'node_modules'), join(clone, 'node_modules'));
    await symlink(builtPrograms().folder, join(clone, 'dist'));
    await symlink(join(folder, '.env'), join(clone, '.env'));
    const log = join(home, 'log');
    const logger = join(home, 'logger');
    await writeFile(logger, `#!/bin/sh\necho "$@" > '${log}'\ncat >> '${log}'\n`, { mode: 0o755 });

    const { exitCode, stderr } = await startProgram(['sh', '-c', line], {
      env: { HOME: home, PATH: `${home}:/usr/bin:/bin` },
    }).result;

    const [tag, ...lines] = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await rm(home, { recursive: true });
    expect({ exitCode, stderr, tag }).toEqual({ exitCode: 0, stderr: '', tag: '-t mailroom' });
    expect(lines.at(-1)).toContain('"event":"poll_complete"');
  });

  test('npm says nothing of the Node that it begins on', async () => {
    const { stdout } = await startProgram(['npm', 'config', 'get', 'loglevel'], {
      cwd: PROJECT,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    }).result;

    expect(stdout.trim()).toBe('error');
  });

  test('every command was run, and all but the last have something to show', () => {
    const typed = blocks.flat();

    expect(blocks).toHaveLength(2);
    expect(typed.map(({ command }) => command.split('src/')[1])).toEqual([
      'setup.ts',
      'setup.ts --apply',
      'run-once.ts --dry-run',
      'run-once.ts',
    ]);
    expect(typed.slice(0, -1).filter(({ shown }) => shown.length === 0)).toEqual([]);
  });
});
