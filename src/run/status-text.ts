import { toPlainLine } from '../log/plain-line.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import type { Health, Waiting } from '../state/health.ts';
import type { Trouble } from '../state/digest-memory.ts';
import type { RunState } from '../state/state.ts';

/** The health check for a person, times local: three lines, or a few more where they do not fit. */
export function renderHealth(health: Health, state: RunState, width: number): string {
  const sentences = [
    `${health.status === 'ok' ? 'Healthy' : 'Unhealthy'}: ${health.reason}.`,
    `${describeLastRun(state)}${describeTold(health)}`,
    state.lastRun === null
      ? 'What waits for you is not known yet.'
      : describeWaiting(health.waiting),
  ];
  return renderSentences(sentences, width);
}

/** Each begins a line of its own, and goes on below, moved in, where it is too long. */
export function renderSentences(sentences: readonly string[], width: number): string {
  const lines = sentences.flatMap((sentence) =>
    wrapText(toPlainLine(sentence), { width, indent: '  ', first: '' }),
  );
  return `${lines.join('\n')}\n`;
}

function describeLastRun({ lastRun }: RunState): string {
  if (lastRun === null) return 'No run is recorded yet.';
  const { outcome, counts, finishedAt } = lastRun;
  const swept = counts['emails_swept'] ?? 0;
  const done = `${counts['processed'] ?? 0} of ${count(counts['triaged_senders'] ?? 0, 'sender')} handled, ${count(swept, 'email')} moved`;
  const end =
    outcome === 'poll_complete'
      ? done
      : outcome === 'run_stopped'
        ? 'stopped by a signal'
        : 'failed';
  return `Last run: ${toLocal(finishedAt)}, ${end}.`;
}

/** Follows the last run: when a digest was left, and who could not be told. */
function describeTold({ digest, ping_failure: ping }: Health): string {
  const parts = [
    digest?.last_sent ? `Last digest: ${toLocal(digest.last_sent)}.` : null,
    digest?.failure ? describeTrouble('The digest', digest.failure) : null,
    ping === null ? null : describeTrouble('The ping', ping),
  ];
  return parts.flatMap((part) => (part === null ? [] : [` ${part}`])).join('');
}

function describeTrouble(what: string, { since, problem }: Trouble): string {
  return `${what} has failed since ${toLocal(since)}: ${problem}.`;
}

function toLocal(time: string): string {
  return new Date(time).toLocaleString();
}

function describeWaiting(waiting: Waiting | null): string {
  if (waiting === null) return 'What waits for you is not known: the last run did not get so far.';
  const { conflicts, refused, without_sender: nobody } = waiting;
  const parts = [
    conflicts === 0 ? null : `${count(conflicts, 'sender')} with contradicting labels`,
    refused === 0 ? null : `${count(refused, 'sender')} refused by a server`,
    nobody === 0 ? null : `${count(nobody, 'email')} without a usable sender`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return 'Nothing waits for you.';
  return `Waiting for you, under the error label: ${parts.join(', ')}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
