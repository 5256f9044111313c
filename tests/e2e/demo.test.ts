import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { playDemo } from '../demo/play.ts';
import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { PROJECT } from '../support/run-mailroom.ts';

/*
 * README's first command. It says that all came out right, so it must not say so when it did not:
 * here it also plays with programs that do nothing, that fail, and that do their work once too often.
 */

const programs = builtPrograms();

async function play(
  command: readonly string[],
  useColor = false,
): Promise<{ readonly exitCode: number; readonly text: string }> {
  let text = '';
  const exitCode = await playDemo({
    command,
    useColor,
    write: (part) => {
      text += part;
    },
  });
  return { exitCode, text };
}

/** The demo as it should go. */
let shown: string;
beforeAll(async () => {
  ({ text: shown } = await play(programs.runOnce));
});

// oxlint-disable-next-line no-control-regex -- the escape sequences of styles
const STYLE = /\u001B\[/u;

test('npm run demo: the real program brings the account to the end state, in plain text on a pipe', async () => {
  const { exitCode, stdout, stderr } = await startProgram(
    [process.execPath, '--import', 'tsx', 'tests/demo/demo.ts'],
    { cwd: PROJECT, env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color' } },
  ).result;

  expect(stdout).toContain('✓ All 79 emails, 9 contacts and 4 groups are as they must be.');
  expect(stdout).toContain('nothing to do: 4 requests, 0 writes.');
  expect(stdout).not.toMatch(STYLE);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

test('README shows lines that it prints, in their order', async () => {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8');
  const lines = (/```text\n(A PASS.*?)```/su.exec(readme)?.[1] ?? '').split('\n').filter(Boolean);
  const printed = shown.split('\n').filter((line) => lines.includes(line));

  expect(lines.length).toBeGreaterThan(10);
  expect(printed).toEqual(lines);
});

describe('on a terminal of 80 × 24', () => {
  test('no line is wider, and all of it is less than three screens', () => {
    const lines = shown.split('\n');

    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.length).toBeLessThan(3 * 24);
  });

  test('it has no table of senders but the one that a pass prints', () => {
    expect(shown.match(/^SENDER .*$/gmu)).toHaveLength(2);
    expect(shown).toContain('10 of 11 senders handled');
    // Nothing but the verdict says that all is well, least of all a conflict's line.
    expect(shown.match(/✓/gu)).toHaveLength(1);
  });

  test('its last act is the next email, where it was decided; a decision taken back counts', () => {
    const [, last = ''] = shown.split('THE NEXT EMAIL');

    expect(last).toMatch(/^ {2}Feed +digest@weekly\.example$/mu);
    expect(last).toMatch(/^ {2}Jail +offers@deals\.example, hi@gadget\.example$/mu);
    expect(last).toMatch(/^ {2}Screener +news@trail\.example, club@books\.example, /mu);
    expect(last.split('\n').length).toBeLessThan(24);
  });
});

test('styles change nothing but the looks', async () => {
  const styled = await play(programs.runOnce, true);
  // oxlint-disable-next-line no-control-regex -- the escape sequences of styles
  const looks = styled.text.replaceAll(/\u001B\[\d+m/gu, '');

  expect(styled.text).toMatch(STYLE);
  expect(looks).toBe(shown);
});

describe('the demo fails', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-demo-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const script = async (name: string, lines: readonly string[]): Promise<readonly string[]> => {
    const path = join(folder, name);
    await writeFile(path, lines.join('\n'));
    return [process.execPath, path];
  };
  const DONE = `console.log('10 of 10 senders handled');`;

  test('when a program claims to be done and did nothing: each sender is named', async () => {
    const { exitCode, text } = await play(await script('idle.mjs', [DONE]));

    expect(exitCode).toBe(1);
    expect(text).toContain('NOT as it must be');
    expect(text).toContain(
      'jane@doe.example: emails in @ToPerson + Screener: 1; Screener: 3, not Inbox: 4',
    );
    expect(text).toContain('jane@doe.example: in group none, not Imbox');
    expect(text).toContain('hi@gadget.example: in group Feed, not Jail');
    expect(text).toContain('2 contacts, not 10');
    expect(text).toMatch(/^ {2}mia@new\.example +no label/mu);
    expect(text).not.toContain('mia@new.example:');
    expect(text).not.toContain('✓');
  });

  test('when the program only reads', async () => {
    const { exitCode, text } = await play([...programs.runOnce, '--dry-run']);

    expect(exitCode).toBe(1);
    expect(text).toContain('NOT as it must be');
  });

  test('when the program fails: what it said is shown', async () => {
    const { exitCode, text } = await play([...programs.runOnce, '--no-such-flag']);

    expect(exitCode).toBe(1);
    expect(text).toContain('--no-such-flag');
    expect(text).toContain('exit code 1');
  });

  test('when mail, a card and a group are changed beside the work', async () => {
    const meddle = await script('meddle.mjs', [
      `import { spawnSync } from 'node:child_process';`,
      `const { status, stdout } = spawnSync(process.execPath, [${JSON.stringify(programs.runOnce[1])}, ...process.argv.slice(2)], { encoding: 'utf8' });`,
      `const { MAILROOM_CARDDAV_USERNAME: user, MAILROOM_CARDDAV_PASSWORD: password } = process.env;`,
      `const authorization = 'Basic ' + Buffer.from(user + ':' + password).toString('base64');`,
      `const book = new URL('/dav/addressbooks/user/' + encodeURIComponent(user) + '/Default/', process.env.MAILROOM_CARDDAV_URL);`,
      // The landlord's card is the second sender's.
      `const card = new URL('00000000-0000-4000-8000-000000000001.vcf', book);`,
      `const text = await (await fetch(card, { headers: { authorization } })).text();`,
      `const body = text.replace('Easter', 'Whitsun');`,
      `await fetch(card, { method: 'PUT', headers: { authorization, 'content-type': 'text/vcard' }, body });`,
      `process.stdout.write(stdout);`,
      `process.exitCode = status;`,
    ]);

    const { exitCode, text } = await play(meddle);

    expect(exitCode).toBe(1);
    expect(text).toContain('tom@reed.example: the card changed in more than its note');
    expect(text).toContain('the third pass wrote: PUT ');
  });
});
