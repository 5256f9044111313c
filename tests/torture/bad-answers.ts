import { readFile, writeFile } from 'node:fs/promises';

import { stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';
import { type Picture } from '../support/torture-account.ts';
import { type PassResult, withTortureAccount } from '../support/torture-run.ts';
import { type FaultOutcome, type FaultRow, FAULTS } from './faults.ts';
import { type RequestRow, REQUESTS } from './requests.ts';
import { differences, misplaced } from './same-end.ts';
import { FEW_WRITES } from './stories.ts';
import { type Ordeal, pick, requireNone, type Trial } from './trials.ts';

/** Every bad answer to every kind of request; then the fault is over, and one more pass runs. */
export function badAnswers(): Ordeal {
  let undisturbed: Picture;
  const toTrials = (request: RequestRow, faults: readonly FaultRow[]): readonly Trial[] =>
    faults
      .filter(({ on }) => on.includes(request.type))
      .map((fault) => toTrial(request, fault, () => undisturbed));
  return {
    name: 'bad-answers',
    promise: `A bad answer (${FAULTS.length} kinds: reset, stalled, cut short, a log-in page, every status, broken JSON, XML and cards) to each of ${REQUESTS.length} kinds of request: the pass ends as promised, decides nothing by the bad answer, and the next pass does everything`,
    // They spend most of their time waiting for the next attempt.
    atOnce: 80,
    async open() {
      undisturbed = await withTortureAccount({ story: FEW_WRITES }, async (world, mailroom) => {
        await mailroom.pass();
        requireNone(misplaced(world.story, world.picture()));
        return world.picture();
      });
    },
    trials({ seed, size }) {
      if (size === 'all') return REQUESTS.flatMap((request) => toTrials(request, FAULTS));
      // Each fault once with every type of request.
      const types = [...new Set(REQUESTS.map(({ type }) => type))];
      return FAULTS.flatMap((fault, index) =>
        types.flatMap((type) => {
          const requests = REQUESTS.filter((request) => request.type === type);
          return pick(requests, 1, seed + index).flatMap((request) => toTrials(request, [fault]));
        }),
      );
    },
  };
}

function toTrial(request: RequestRow, fault: FaultRow, undisturbed: () => Picture): Trial {
  return {
    name: `${request.name}: ${fault.name}`,
    run: () =>
      withTortureAccount({ story: FEW_WRITES }, async (world, mailroom) => {
        await writeFile(mailroom.statePath, stateAfterSuccess());
        const before = world.picture();
        let struck = 0;
        for (const one of fault.faults) {
          const { when, ...rule } = request.match(world);
          world.account.faults.push({
            ...rule,
            times: fault.isOnce === true ? 1 : Infinity,
            when(asked) {
              const isStruck = when === undefined || when(asked);
              if (isStruck) struck += 1;
              return isStruck;
            },
            fault: one,
          });
        }
        const seconds = fault.timeoutSeconds;
        const result = await mailroom.pass({
          env: seconds === undefined ? {} : { MAILROOM_REQUEST_TIMEOUT: String(seconds) },
        });
        const outcome = fault.but?.[request.name] ?? fault.but?.[request.type] ?? fault.outcome;
        const { consecutiveFailures } = JSON.parse(await readFile(mailroom.statePath, 'utf8')) as {
          readonly consecutiveFailures: number;
        };
        const isDone = outcome === 'done' || outcome === 'noted';
        const shown = outcome === 'noted' ? withoutNotes : (picture: Picture) => picture;
        const due = (): Picture => shown(undisturbed());
        const seen = (): Picture => shown(world.picture());
        requireNone([
          ...(struck === 0 ? ['the request was never made'] : []),
          ...findWrongOutcome(outcome, request, result, consecutiveFailures),
          ...(isDone ? differences(due(), seen()) : findHasty(request, before, world.picture())),
          ...world.findHarm(),
        ]);
        world.account.faults.length = 0;
        const after = await mailroom.pass();
        requireNone([
          ...(after.exitCode === 0 && after.end.event === 'poll_complete'
            ? []
            : [`the next pass ended in ${after.end.event}`]),
          ...differences(due(), seen()).map((one) => `after the next pass ${one}`),
        ]);
      }),
  };
}

function findWrongOutcome(
  outcome: FaultOutcome,
  { scope }: RequestRow,
  { exitCode, end, events }: PassResult,
  consecutiveFailures: number,
): readonly string[] {
  const isPassDone = end.event === 'poll_complete';
  const hasFailed = Number(end['failed'] ?? 0) > 0;
  const isRight = {
    done: isPassDone && !hasFailed,
    failed: scope === 'pass' ? end.event === 'poll_failed' : hasFailed,
    refused:
      hasFailed && (events.includes('error_label_set') || events.includes('error_label_failed')),
    noted: isPassDone && !hasFailed && events.includes('contact_note_failed'),
    startup: end.event === 'startup_failed',
  }[outcome];
  const wanted = outcome === 'startup' ? 1 : 0;
  return [
    ...(isRight ? [] : [`not ${outcome}: ${JSON.stringify(end)}`]),
    ...(exitCode === wanted ? [] : [`exit code ${exitCode}`]),
    ...(consecutiveFailures === (isPassDone ? 0 : 1) ? [] : [`${consecutiveFailures} failures`]),
  ];
}

function withoutNotes(picture: Picture): Picture {
  const cards = Object.entries(picture.cards).map(([href, lines]) => [
    href,
    lines.filter((line) => !line.startsWith('NOTE')),
  ]);
  return { ...picture, cards: Object.fromEntries(cards) as Picture['cards'] };
}

/** Writes that were decided by the bad answer. */
function findHasty({ mayWrite }: RequestRow, before: Picture, after: Picture): readonly string[] {
  const unwritten = {
    cards: mayWrite.includes('cards') ? after.cards : before.cards,
    groups: mayWrite.includes('groups') ? after.groups : before.groups,
    emails: mayWrite.includes('emails') ? after.emails : before.emails,
  };
  return differences(unwritten, after).map((one) => `written although nothing was known: ${one}`);
}
