import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';

import { PROJECT, recordedWrites } from '../support/run-mailroom.ts';
import { parseCardLines } from '../support/stand-in/card-text.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import type { StandIn } from '../support/stand-in/stand-in.ts';
import { type TortureAccount } from '../support/torture-account.ts';
import { type Mailroom, type PassResult, withTortureAccount } from '../support/torture-run.ts';
import { hostileFrom, oddJson, textChange, withChangedNode } from './hostile-text.ts';
import { FEW_WRITES } from './stories.ts';
import { type Ordeal, requireNone, type Trial } from './trials.ts';

/** Random input from outsiders: From headers, cards, JMAP answers and multistatus documents. */
export function hostileInput(): Ordeal {
  return {
    name: 'hostile-input',
    promise:
      'Hostile From headers (20 at a time), cards (12 at a time, up to 5 MB) and answers of both servers: no line is smuggled into a card or a log, no escape sequence reaches a terminal, no byte of a card is lost, and five passes write no more than two',
    *trials({ seed, size }) {
      const rounds = size === 'all' ? Infinity : 12;
      yield { name: 'cards, one of 5 MB', run: () => tryCards(seed, 5_000_000) };
      for (let round = 0; round < rounds; round += 1) {
        const own = seed + round;
        yield { name: `From headers, seed ${own}`, run: () => tryFromHeaders(own) };
        yield { name: `cards, seed ${own}`, run: () => tryCards(own) };
        for (const offset of [0, 1, 2, 3]) yield toAnswersTrial(own * 4 + offset);
      }
    },
  };
}

const PASSES = 5;

async function tryFromHeaders(seed: number): Promise<void> {
  const froms = fc.sample(hostileFrom, { seed, numRuns: 20 });
  await withTortureAccount({ story: FEW_WRITES, rewritesCards: false }, async (world, mailroom) => {
    const { account, mailboxId } = world;
    for (const [index, from] of froms.entries()) {
      for (const mailbox of index % 3 === 0 ? ['@ToPerson', ''] : ['@ToFeed']) {
        const mailboxIds = ['Screener', mailbox].filter((name) => name !== '').map(mailboxId);
        const id = await account.addEmail({ from: null, mailboxIds });
        // As a server may hand it on, which is more than gets through a header.
        // The raw field agrees on the addresses, so that they count; the names are what is tried.
        const fromFields = from === null ? [] : [from.map(({ email }) => ` <${email}>`).join(',')];
        Object.assign(account.mail.emails.get(id) ?? {}, { from, fromFields });
      }
    }
    const { writes } = await runPasses(world, mailroom);
    requireNone([
      ...findInjected(account),
      // After two passes everything is done, or refused and marked. Nothing is tried over and over.
      ...writes
        .slice(2)
        .filter((count) => count > 0)
        .map((count) => `${count} writes in a later pass`),
    ]);
  });
}

async function tryCards(seed: number, padTo = 0): Promise<void> {
  const fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith('.vcf'));
  const changes = fc.sample(
    fc.tuple(fc.nat(fixtures.length - 1), fc.array(textChange, { maxLength: 3 })),
    {
      seed,
      numRuns: 12,
    },
  );
  await withTortureAccount({ story: FEW_WRITES, rewritesCards: false }, async (world, mailroom) => {
    const { account, mailboxId } = world;
    const before = new Map<string, string>();
    // The first is a large one.
    const padding = (index: number): string =>
      index === 0 ? PADDING.repeat(padTo / PADDING.length) : '';
    for (const [index, [fixture, edits]] of changes.entries()) {
      const own = readFileSync(join(FIXTURES, fixtures[fixture] ?? ''), 'latin1')
        .replace(/(EMAIL[^:\r\n]*:)[^\r\n]*/iu, `$1card${index}@t.example`)
        // A second group with a category's name would lose a member, rightly.
        .replace(/(FN[^:\r\n]*:)(?:Feed|Paper Trail)\r?$/imu, '$1Garden Club')
        .replace(/END:VCARD/iu, (end) => `${padding(index)}${end}`);
      const card = edits.reduce((text, edit) => edit(text), own);
      before.set(putRaw(account, `hostile-${index}.vcf`, card), card);
      await account.addEmail({
        from: `Card ${index} <card${index}@t.example>`,
        mailboxIds: ['Screener', '@ToFeed'].map(mailboxId),
      });
    }
    await runPasses(world, mailroom);
    const stored = await account.cards();
    requireNone(
      [...before].flatMap(([href, card]) => {
        const after = Buffer.from(stored.get(href)?.bytes ?? []).toString('latin1');
        const was = Buffer.from(card, 'utf8').toString('latin1');
        if (!isSubsequence(was, after)) return [`${href} has lost bytes`];
        return after.length - was.length > 400
          ? [`${href} grew by ${after.length - was.length}`]
          : [];
      }),
    );
  });
}

const PADDING = 'X-PAD:0123456789\r\n';

const FIXTURES = join(PROJECT, 'tests', 'fixtures');

/** Changes one answer of a pass at random; the next passes get true answers. */
function toAnswersTrial(seed: number): Trial {
  return {
    name: `answers, seed ${seed}`,
    run: () =>
      withTortureAccount({ story: FEW_WRITES, rewritesCards: false }, async (world, mailroom) => {
        const [chance] = fc.sample(
          fc.record({
            request: fc.integer({ min: 1, max: 27 }),
            path: fc.array(fc.nat(30), { minLength: 1, maxLength: 9 }),
            into: oddJson,
            change: textChange,
            isText: fc.boolean(),
          }),
          { seed, numRuns: 1 },
        );
        if (chance === undefined) throw new Error('no sample');
        const isStruck = { session: true, jmap: true } as Readonly<Record<string, boolean>>;
        let asked = 0;
        const rule = (isJson: boolean, fault: FaultRule['fault']): FaultRule => ({
          on: 'any',
          times: Infinity,
          when({ kind }) {
            if (isJson) asked += 1;
            return asked === chance.request && (isStruck[kind] === true) === isJson;
          },
          fault,
        });
        const changeJson = (json: unknown): unknown =>
          withChangedNode(json, chance.path, chance.into);
        world.account.faults.push(
          rule(
            true,
            chance.isText
              ? { kind: 'replaceText', change: chance.change }
              : { kind: 'replaceJson', change: changeJson },
          ),
          rule(false, { kind: 'replaceText', change: chance.change }),
        );
        await mailroom.pass({ env: { MAILROOM_LOG_LEVEL: 'debug' } });
        world.account.faults.length = 0;
        await mailroom.pass();
        const { end } = await mailroom.pass();
        requireNone([
          ...findLost(world),
          ...findInjected(world.account),
          ...(end.event === 'poll_complete'
            ? []
            : [`the third pass ended in ${JSON.stringify(end)}`]),
        ]);
      }),
  };
}

interface Passes {
  readonly results: readonly PassResult[];
  /** Writes to the servers, of each pass. */
  readonly writes: readonly number[];
}

/**
 * Passes on the same account. The last one runs on a terminal, with everything that it can print.
 */
async function runPasses(world: TortureAccount, mailroom: Mailroom): Promise<Passes> {
  const results: PassResult[] = [];
  const writes: number[] = [];
  for (let pass = 1; pass <= PASSES; pass += 1) {
    world.account.clearRequests();
    const isTerminal = pass === PASSES;
    const result = await mailroom.pass({
      isTerminal,
      env: { MAILROOM_LOG_LEVEL: 'debug', NO_COLOR: '1' },
    });
    results.push(result);
    writes.push(recordedWrites(world.account).length);
    requireNone([
      ...findLost(world),
      ...findEscapes(isTerminal ? withoutProgress(result.stdout) : result.stdout),
      ...findEscapes(result.termination),
      ...(/\bTypeError|RangeError|SyntaxError/u.test(result.stdout)
        ? ['it threw what is a bug']
        : []),
    ]);
  }
  return { results, writes };
}

function findLost({ account: { mail }, emailIds }: TortureAccount): readonly string[] {
  return [
    ...mail.lastMailboxRemovals.map((id) => `${id} was to leave its last mailbox`),
    ...emailIds.filter((id) => !mail.emails.has(id)).map((id) => `${id} is gone`),
  ];
}

/** Cards that Mailroom makes have its lines, each once. */
function findInjected(account: StandIn): readonly string[] {
  const own = [...account.contacts.books.values()]
    .flatMap(({ cards }) => [...cards.values()])
    .filter(({ bytes }) => bytes.toString('utf8').includes('(contact added)'));
  return own.flatMap(({ href, bytes }) => {
    const text = bytes.toString('utf8');
    const names = (parseCardLines(text) ?? []).map(({ name }) => name.toUpperCase());
    const odd = names.filter(
      (name, index) => !OWN_LINES.has(name) || names.indexOf(name) !== index,
    );
    const isWhole = text.startsWith('BEGIN:VCARD\r\n') && text.endsWith('END:VCARD\r\n');
    return [
      ...(isWhole ? [] : [`${href} is no card`]),
      ...odd.map((name) => `${href} has a line ${name} too many`),
      ...findEscapes(text.replaceAll('\r\n', '\n')).map((found) => `${href}: ${found}`),
    ];
  });
}

const OWN_LINES: ReadonlySet<string> = new Set([
  'BEGIN',
  'VERSION',
  'PRODID',
  'UID',
  'FN',
  'N',
  'ORG',
  'EMAIL',
  'NOTE',
  'REV',
  'END',
]);

function findEscapes(text: string): readonly string[] {
  const found = CONTROL.exec(text);
  return found === null ? [] : [`a control character ${JSON.stringify(found[0])} came out`];
}

function withoutProgress(text: string): string {
  return text.replaceAll(PROGRESS, '');
}

/* oxlint-disable no-control-regex -- these are what it is about */
/** Control characters except line ends, and marks that turn the reading direction. */
const CONTROL = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

/** Mailroom's own sequence, which clears the line. */
const PROGRESS = /\r|\u001B\[\d*K/gu;
/* oxlint-enable no-control-regex */

/** Without the server's checks, because a card may be older than they are. */
function putRaw({ contacts }: StandIn, name: string, card: string): string {
  const href = `${contacts.homeHref}Default/${name}`;
  const bytes = Buffer.from(card, 'utf8');
  const lines = parseCardLines(card) ?? [];
  contacts.books.get(`${contacts.homeHref}Default/`)?.cards.set(href, {
    href,
    etag: `"raw-${name}"`,
    bytes,
    bytesOfVersion4: bytes,
    lines,
    sentLines: lines,
    uid: lines.find((line) => line.name.toUpperCase() === 'UID')?.value ?? '',
  });
  return href;
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
