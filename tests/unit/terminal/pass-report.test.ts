import { describe, expect, it } from 'vitest';

import {
  type PassFailure,
  renderFailure,
  renderReport,
} from '../../../src/terminal/pass-report.ts';
import type { SenderReport, TriageReport } from '../../../src/triage/report.ts';
import { anAddress, aReport } from '../../support/builders.ts';

describe('a row for each sender', () => {
  it('what was decided, how many emails went from where to where, the contact', () => {
    expect(tableOf([aSender()])).toEqual([
      'SENDER             DECISION  EMAILS           CONTACT',
      'news@shop.example  Feed      4 from Screener  new "The News"',
    ]);
  });

  it.each<[string, Partial<SenderReport>, string]>([
    ['one email', { moves: [{ emails: 1, from: ['Screener'], to: ['Feed'] }] }, '1 from Screener'],
    [
      'a place of another name than the category',
      { category: 'Imbox', moves: [{ emails: 1, from: ['Screener'], to: ['Inbox'] }] },
      'Imbox     1 Screener → Inbox',
    ],
    [
      'several places',
      { moves: [{ emails: 1, from: ['Screener'], to: ['Feed', 'News'] }] },
      '1 Screener → Feed + News',
    ],
    [
      'several ways',
      {
        moves: [
          { emails: 2, from: ['Jail'], to: ['Feed'] },
          { emails: 1, from: ['Inbox', 'Screener'], to: ['Feed'] },
        ],
      },
      '2 from Jail, 1 from Inbox + Screener',
    ],
    ['it came from nowhere else', { moves: [{ emails: 1, from: [], to: ['Feed'] }] }, '1 there'],
    ['it was there', { moves: [{ emails: 1, from: [], to: [] }] }, '1 done'],
    ['a known contact', { contact: { result: 'unchanged', name: 'News' } }, 'known "News"'],
    ['taken back', { contact: { result: 'removed', name: 'News' } }, 'removed "News"'],
    [
      'taken back, and the card is your own',
      { contact: { result: 'kept', name: 'News' } },
      '! stays your contact, and so is not screened: the email has the warning label',
    ],
    ['no contact could be written', { contact: null, moves: [] }, 'Feed'],
    ['a group of another name', { groupsJoined: ['Imbox'] }, 'into Imbox'],
    ['groups left', { groupsLeft: ['Jail', 'Imbox'] }, 'out of Jail and Imbox'],
    [
      'a label that came off meanwhile',
      { isWithdrawn: true, isDone: false },
      '! the label came off, or another one went on, while the pass ran',
    ],
    ['another name', { otherName: 'Acme', displayName: 'The News' }, 'called "The News" in the'],
    [
      'a step that failed',
      {
        isDone: false,
        failure: {
          sender: anAddress(),
          step: 'sweep',
          failure: { kind: 'failed', problem: 'HTTP 503 from jmap.example.com' },
        },
      },
      '! not done (sweep): HTTP 503 from jmap.example.com. The next pass tries again',
    ],
  ])('%s', (_rule, sender, said) => {
    expect(tableOf([aSender(sender)], 200).join('\n')).toContain(said);
  });

  it('a name cannot forge a line', () => {
    const name = 'News\n\u001B[31mFake: all is well\u202E';

    const row = tableOf([aSender({ contact: { result: 'created', name } })], 200).at(-1);

    expect(row).toMatch(/^[\p{L}\p{P}\p{S}\p{N} ]+$/u);
  });
});

describe('what is left to do, and totals', () => {
  it.each<[string, Partial<TriageReport>, string]>([
    ['nothing labelled', {}, 'No email carries a triage label.'],
    [
      'a conflict',
      {
        triagedSenders: 1,
        conflicts: 1,
        details: {
          senders: [],
          conflicts: [{ sender: anAddress('both@shop.example'), categories: ['Feed', 'Jail'] }],
          withoutSender: [],
        },
      },
      '! both@shop.example is left alone: its labels say Feed and Jail.',
    ],
    [
      'emails that are nobody’s',
      {
        emailsWithoutSender: 2,
        details: {
          senders: [],
          conflicts: [],
          withoutSender: ['address with *', 'address with *'],
        },
      },
      '! 2 labelled emails are left alone: nobody can be sure who sent them (address with *).',
    ],
    [
      'by category',
      {
        triagedSenders: 3,
        processed: 2,
        emailsSwept: 9,
        details: {
          senders: [aSender(), aSender(), aSender({ category: 'Jail', isDone: false })],
          conflicts: [],
          withoutSender: [],
        },
      },
      '2 of 3 senders handled (2 to Feed), 9 emails moved.',
    ],
  ])('%s', (_rule, report, said) => {
    expect(renderReport(aReport(report), { isDryRun: false, width: 120 })).toContain(said);
  });

  it('a dry run speaks of what would be', () => {
    const report = aReport({
      triagedSenders: 1,
      processed: 1,
      emailsSwept: 4,
      details: { senders: [aSender()], conflicts: [], withoutSender: [] },
    });

    const text = renderReport(report, { isDryRun: true, width: 80 });

    expect(text).toContain('What a pass would do now (nothing was written):');
    expect(text).toContain('1 of 1 sender would be handled (1 to Feed), 4 emails would move.');
  });
});

describe('a pass without a report', () => {
  it.each<[string, PassFailure, string]>([
    [
      'a person has to act',
      { event: 'startup_failed', error: new Error('mailbox "Feed" is missing') },
      'The pass failed, and you need to act: mailbox "Feed" is missing.',
    ],
    [
      'it may pass by itself',
      { event: 'poll_failed', error: new Error('is this machine online?') },
      'The pass failed, and the next one tries again: is this machine online?',
    ],
    [
      'a signal came',
      { event: 'run_stopped' },
      'The pass was stopped. What was not finished keeps its label for the next one.',
    ],
  ])('%s', (_name, failure, said) => {
    expect(renderFailure(failure, 100)).toBe(`\n${said}\n`);
  });

  it('fits the width, and a server cannot forge a line', () => {
    const error = new Error(`HTTP 500: ${'word '.repeat(40)}\n\u001B[31mall is well`);

    const lines = renderFailure({ event: 'poll_failed', error }, 60).split('\n');

    expect(lines.length).toBeGreaterThan(4);
    expect(lines.filter((line) => line.length > 60)).toEqual([]);
    expect(lines.join(' ')).toMatch(/HTTP 500: .*all is well/u);
    expect(lines.join('')).not.toContain('\u001B');
  });
});

function aSender(sender: Partial<SenderReport> = {}): SenderReport {
  return {
    sender: anAddress('news@shop.example'),
    displayName: 'The News',
    category: 'Feed',
    contact: { result: 'created', name: 'The News' },
    groupsJoined: ['Feed'],
    groupsLeft: [],
    moves: [{ emails: 4, from: ['Screener'], to: ['Feed'] }],
    otherName: null,
    isWithdrawn: false,
    isDone: true,
    failure: null,
    ...sender,
  };
}

/** The table alone, its lines. */
function tableOf(senders: readonly SenderReport[], width = 80): readonly string[] {
  const text = renderReport(
    aReport({
      triagedSenders: senders.length,
      details: { senders, conflicts: [], withoutSender: [] },
    }),
    { isDryRun: false, width },
  );
  return (text.slice(1).split('\n\n')[0] ?? '').split('\n');
}
