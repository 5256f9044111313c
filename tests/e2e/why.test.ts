import { expect, test } from 'vitest';

import { describeEachServer } from '../support/test-account.ts';
import { builtPrograms } from '../support/programs.ts';
import { type ProgramResult, startProgram } from '../support/process.ts';
import { setupEnvironment } from '../support/run-setup.ts';
import { contactCard } from '../support/torture-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/* Why a sender's mail goes where it goes, what was decided, and a pass for one sender alone. */

const programs = builtPrograms();

describeEachServer('why', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);

  async function why(...args: readonly string[]): Promise<ProgramResult> {
    const { env, remove } = await setupEnvironment(account);
    const result = await startProgram([...programs.why, ...args], { env }).result;
    await remove();
    return result;
  }

  test('a pass for one sender alone, and what is then known of both', async () => {
    for (const name of ['news', 'shop']) {
      const from = `${name}@why.example`;
      await scenario.email({ from, in: ['Screener', '@ToFeed'] });
      await scenario.email({ from, in: ['Screener'] });
    }

    const run = await mailroom.run({ args: ['--only', 'NEWS@why.example'] });

    expect(run.end).toMatchObject({ triaged_senders: 1, processed: 1, emails_swept: 2 });
    const news = await why('news@why.example');
    expect([news.exitCode, news.stdout.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(
        /^news@why\.example goes to Feed: in group Feed since \d{4}-\d\d-\d\d\.$/u,
      ),
    ]);
    const shop = await why('shop@why.example', '--json');
    expect(JSON.parse(shop.stdout)).toMatchObject({
      address: 'shop@why.example',
      sentence: 'shop@why.example waits in Screener: not in your contacts.',
      goesTo: ['Screener'],
      cards: [],
      groups: [],
      decisions: [],
      waiting: { emails: 2 },
      labels: ['@ToFeed'],
      plan: { category: 'Feed', isDone: true },
    });
  });

  test('all decisions, and those since a day', async () => {
    const all = JSON.parse((await why('--json')).stdout) as unknown[];
    const { stdout } = await why('--since', '7d');

    expect(all).toMatchObject([{ to: 'Feed', from: null, addresses: ['news@why.example'] }]);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d {2}Feed +news@why\.example/mu);
  });

  test('a pattern on a card of the user’s own: its mail goes where the rules read that', async () => {
    const card = ['UID:all-1', 'FN:All of them', 'N:;;;;', 'EMAIL:*@pattern.example'];
    await account.putCard('all.vcf', contactCard('', card).replace('UID:\r\n', ''));
    await scenario.addMember('Jail', 'all-1');

    const { stdout } = await why('one@pattern.example');
    const { stdout: other } = await why('one@sub.pattern.example');

    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'one@pattern.example goes to Jail: in group Jail by *@pattern.example.',
      '',
      expect.stringMatching(
        /^Contact {4}"All of them" in .+, your own, by \*@pattern\.example, in Jail$/u,
      ),
      'Rule       Jail',
    ]);
    expect(other).toMatch(/^one@sub\.pattern\.example waits in Screener: not in your contacts\./u);
  });

  test.each([
    ['no address', ['*@why.example'], 'that is no usable address'],
    ['a wrong time', ['--since', 'soon'], 'such as 7d'],
    ['two addresses', ['a@x.example', 'b@x.example'], "Unexpected argument 'b@x.example'"],
  ])('%s: exit 1, and why', async (_rule, args, said) => {
    const { exitCode, stderr, stdout } = await why(...args);

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(said);
  });
});
