import { afterAll, expect, it } from 'vitest';

import { measureOnce } from '../bench/bench-scenario.ts';
import { createMemoryLimit, type MemoryLimit } from '../bench/memory-limit.ts';
import { benchPrograms, MEMORY_LIMIT_MEBIBYTES } from '../bench/programs.ts';
import { SCENARIOS } from '../bench/scenarios.ts';
import { makeDigestDue } from '../support/digest-due.ts';
import { isRequired, skipNote } from '../support/required.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { withScenario } from '../support/use-scenario.ts';

const limit = createMemoryLimit(MEMORY_LIMIT_MEBIBYTES);
const isSkipped = limit === null && !isRequired('memory');
const note = skipNote(isSkipped, 'root, and the right to make a memory cgroup', 'memory');

afterAll(() => limit?.remove());

// The kernel kills a process that needs more, so a pass that ends well has stayed within the limit.
it.skipIf(isSkipped)(
  `the largest first day, within the ${MEMORY_LIMIT_MEBIBYTES} MiB of the CronJob${note}`,
  async () => {
    const [bundle] = await benchPrograms();
    const largest = SCENARIOS.at(-1);
    if (largest === undefined || limit === null) {
      throw new TypeError('no scenario or no limit');
    }

    const pass = await measureOnce({
      scenario: largest,
      program: { ...bundle, command: [...limit.prefix, ...bundle.command] },
      latencyMs: 0,
      openServer: () => startStandIn(),
    });

    expect(pass.requests).toBeGreaterThan(largest.senders);
    expectLimited(limit);
  },
);

it.skipIf(isSkipped)(
  `10 senders re-triaged out of an Inbox of 400,000, within the same, in 40 requests${note}`,
  async () => {
    const [bundle] = await benchPrograms();
    const scenario = SCENARIOS.find(({ inboxSize }) => inboxSize === 400_000);
    if (scenario === undefined || limit === null) throw new TypeError('no scenario or no limit');

    const pass = await measureOnce({
      scenario,
      program: { ...bundle, command: [...limit.prefix, ...bundle.command] },
      latencyMs: 0,
      openServer: () => startStandIn(),
    });

    // In a cluster there are two more, for the state.
    expect(pass.requests + 2).toBeLessThanOrEqual(40);
    expectLimited(limit);
  },
  300_000,
);

it.skipIf(isSkipped)(
  `50 MiB of photos from a server that gives whole cards, within the same${note}`,
  async () => {
    const [bundle] = await benchPrograms();
    const scenario = SCENARIOS.find(({ senders }) => senders === 10);
    if (scenario === undefined || limit === null) throw new TypeError('no scenario or no limit');

    const pass = await measureOnce({
      scenario,
      program: { ...bundle, command: [...limit.prefix, ...bundle.command] },
      latencyMs: 0,
      openServer: openWithPhotos,
    });

    expect(pass.bytes).toBeGreaterThan(50 * 2 ** 20);
    expectLimited(limit);
  },
);

it.skipIf(isSkipped)(
  `a digest of 50,000 emails, each from another sender, and of 10,000 cards, within the same${note}`,
  () =>
    withScenario(
      startStandIn,
      { MAILROOM_DIGEST: 'daily' },
      async ({ account, scenario, mailroom }) => {
        if (limit === null) throw new TypeError('no limit');
        const [bundle] = await benchPrograms();
        const screener = scenario.mailboxId('Screener');
        await account.addEmails(
          Array.from({ length: 50_000 }, (_, index) => ({
            from: `A Sender with a Name ${index} <sender-${index}@shop-${index}.example>`,
            mailboxIds: [screener],
            subject: `${index} ${'Subject '.repeat(80)}`,
          })),
        );
        const today = new Date().toISOString().slice(0, 10);
        for (let index = 0; index < 10_000; index += 1) {
          const uid = crypto.randomUUID();
          const said = `NOTE:${'A line of the user’s own. '.repeat(40)}\\nMailroom ${today}: Feed`;
          await account.putCard(
            `${uid}.vcf`,
            `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:Card ${index}\r\nN:;;;;\r\nEMAIL:card-${index}@cards.example\r\n${said}\r\nEND:VCARD\r\n`,
          );
        }
        await mailroom.run();
        await makeDigestDue(mailroom);
        // A run is missing since the last one: what was decided is read from the cards.
        const state = await mailroom.readState();
        const startedAt = new Date(Date.now() - 60 * 60 * 1000).toISOString();
        const lastRun = { ...state.lastRun, startedAt };
        await mailroom.writeState(JSON.stringify({ ...state, lastRun }));

        const run = await mailroom.run({ command: [...limit.prefix, ...bundle.command] });

        expect(run.find('digest_sent')).toMatchObject([{ waiting: 50_000, decided: 10_000 }]);
        expectLimited(limit);
      },
    ),
  300_000,
);

/**
 * The kernel enforces the limit, so the peak is never above it. It must not be near zero either:
 * then something else than the program was measured.
 */
function expectLimited(memory: MemoryLimit): void {
  expect(memory.readPeakMebibytes()).toBeGreaterThan(40);
  expect(memory.readPeakMebibytes()).toBeLessThanOrEqual(MEMORY_LIMIT_MEBIBYTES);
}

async function openWithPhotos(): Promise<StandIn> {
  const account = await startStandIn({ ignoresPartialData: true });
  const photo = `PHOTO;ENCODING=b;TYPE=JPEG:${'QUJD'.repeat(131_072)}`;
  for (let index = 0; index < 100; index += 1) {
    const lines = ['BEGIN:VCARD', 'VERSION:3.0', `UID:photo-${index}`, `FN:${index}`, 'N:;;;;'];
    await account.putCard(`photo-${index}.vcf`, [...lines, photo, 'END:VCARD', ''].join('\r\n'));
  }
  return account;
}
