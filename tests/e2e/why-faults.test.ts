import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startProgram, type ProgramResult } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { recordedWrites } from '../support/run-mailroom.ts';
import { setupEnvironment } from '../support/run-setup.ts';
import { arrangeScenario, type Scenario } from '../support/scenario.ts';
import type { ServerRequest } from '../support/stand-in/exchange.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';

/* What cannot be told is not told: no sentence rests on a server that failed or answered short. */

const programs = builtPrograms();

let account: StandIn;
let scenario: Scenario;
let env: Readonly<Record<string, string>>;
let remove: () => Promise<void>;
beforeEach(async () => {
  account = await startStandIn();
  scenario = await arrangeScenario(account);
  ({ env, remove } = await setupEnvironment(account));
  await scenario.emails(2, { from: 'News <news@shop.example>', in: ['Screener'] });
});
afterEach(async () => {
  await remove();
  await account.close();
});

const why = (...args: readonly string[]): Promise<ProgramResult> =>
  startProgram([...programs.why, ...args], { env }).result;

const refused = { kind: 'status', status: 400 } as const;

describe('why', () => {
  test.each<[string, string, FaultRule]>([
    ['mail is refused', '/jmap/api/: HTTP 400', { on: 'jmap', times: Infinity, fault: refused }],
    [
      'the mail server is away',
      'connection closed by the server',
      { on: 'session', times: Infinity, fault: { kind: 'resetBefore' } },
    ],
    [
      'an email that was listed is not given',
      'Email/get leaves out objects that were asked for',
      {
        on: 'Email/get',
        times: Infinity,
        fault: {
          kind: 'replaceJson',
          change: (json) => {
            for (const [name, args] of json.methodResponses) {
              if (name === 'Email/get') args.list.length = 0;
            }
            return json;
          },
        },
      },
    ],
    [
      'a search is refused',
      '/jmap/api/: HTTP 400',
      { on: 'Email/query', times: Infinity, fault: refused },
    ],
    ['contacts are refused', 'HTTP 400', { on: 'propfind', times: Infinity, fault: refused }],
    [
      'contacts are cut short',
      'no complete multistatus: cut short at character 200',
      {
        on: 'report',
        times: Infinity,
        fault: { kind: 'truncateBody', bytes: 200, isClean: true },
      },
    ],
    [
      'contacts are not to be had now',
      'HTTP 503',
      { on: 'report', times: Infinity, fault: { kind: 'status', status: 503 } },
    ],
    [
      'a log-in page',
      'a web page, perhaps a log-in page. Is MAILROOM_CARDDAV_URL right?',
      { on: 'propfind', times: Infinity, fault: { kind: 'html' } },
    ],
  ])('%s: exit 1, the reason, and no sentence', async (_rule, reason, rule) => {
    account.faults.push(rule);

    const { exitCode, stdout, stderr } = await why('news@shop.example');

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(reason);
    expect(stderr).not.toMatch(/waits in|goes to|TypeError/u);
    expect(stderr).not.toContain(account.token);
  });

  /** The listing of all cards, not the one of groups. */
  const isWhole = ({ body }: ServerRequest): boolean => !body.includes('prop-filter');

  const theirCard = /<d:response><d:href>[^<]*\/theirs\.vcf<\/d:href>.*?<\/d:response>/gsu;

  const putTheirs = async (): Promise<void> => {
    const href = await account.putCard(
      'theirs.vcf',
      'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:theirs\r\nFN:News\r\nN:;;;;\r\nEMAIL:news@shop.example\r\nEND:VCARD\r\n',
    );
    expect(href).toContain('theirs.vcf');
    await scenario.addMember('Feed', 'theirs');
  };

  test.each<[string, (response: string) => string]>([
    ['is left out', () => ''],
    [
      'cannot be read',
      (response) =>
        response.replace(/<d:propstat>.*<\/d:propstat>/su, '<d:status>HTTP/1.1 403 No</d:status>'),
    ],
  ])('of a card that %s: exit 1, and no sentence', async (_rule, change) => {
    await putTheirs();
    const fault = {
      kind: 'replaceText',
      change: (text: string) => text.replaceAll(theirCard, change),
    } as const;
    account.faults.push({ on: 'report', when: isWhole, times: Infinity, fault });
    account.faults.push({
      on: 'get-card',
      times: Infinity,
      fault: { kind: 'status', status: 403 },
    });

    const { exitCode, stdout, stderr } = await why('news@shop.example');

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/theirs\.vcf/u);
  });

  test('a card that comes without data in the listing is read alone', async () => {
    await putTheirs();
    const change = (text: string): string =>
      text.replaceAll(theirCard, (response) =>
        response.replace(/<d:propstat>.*<\/d:propstat>/su, '<d:status>HTTP/1.1 503 No</d:status>'),
      );
    account.faults.push({
      on: 'report',
      when: isWhole,
      times: Infinity,
      fault: { kind: 'replaceText', change },
    });

    const { exitCode, stdout } = await why('news@shop.example');

    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/goes to Feed: in group Feed/u)]);
  });

  test('of an account that is not set up: what is missing', async () => {
    account.mail.deleteMailbox(scenario.mailboxId('Feed'));

    const { exitCode, stdout, stderr } = await why('news@shop.example');

    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Feed');
  });

  test('only reads, and says all of it to machines', async () => {
    await scenario.email({ from: 'news@shop.example', in: ['Feed', '@ToJail'] });
    await scenario.email({ from: 'News <news@shop.example>', in: ['Jail'] });
    account.clearRequests();

    const { exitCode, stdout } = await why('News@Shop.Example', '--json');

    expect(exitCode).toBe(0);
    expect(recordedWrites(account)).toEqual([]);
    const said = JSON.parse(stdout) as object;
    expect(Object.keys(said).toSorted()).toEqual([
      'address',
      'cards',
      'decisions',
      'emails',
      'goesTo',
      'groups',
      'labels',
      'plan',
      'rules',
      'sentence',
      'waiting',
    ]);
    expect(said).toMatchObject({
      address: 'news@shop.example',
      waiting: { emails: 2 },
      emails: { Inbox: 0, Feed: 1, 'Paper Trail': 0, Jail: 1 },
      labels: ['@ToJail'],
      plan: { category: 'Jail' },
    });
  });

  test('where labels contradict one another, a pass would leave it alone', async () => {
    await scenario.email({ from: 'news@shop.example', in: ['Screener', '@ToJail'] });
    await scenario.email({ from: 'news@shop.example', in: ['Screener', '@ToFeed'] });

    const { stdout } = await why('news@shop.example');

    expect(stdout).toMatch(/^Labels on {2}@ToFeed, @ToJail$/mu);
    expect(stdout).toMatch(/^Next pass {2}leaves it alone: the labels contradict one another$/mu);
  });
});
