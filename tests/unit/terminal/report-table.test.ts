import { describe, expect, it } from 'vitest';

import { columnsOf } from '../../../src/terminal/columns.ts';
import { type ReportRow, renderTable } from '../../../src/terminal/report-table.ts';

describe('one line for each sender, as far as the width allows', () => {
  it.each<[string, Partial<ReportRow>, string]>([
    ['all of it', {}, 'news@shop.example  Feed      4 from Screener     new "The News"'],
    [
      'a long name is cut',
      { contact: { lead: 'new', name: 'The News of the Whole Wide World', groups: [] } },
      'news@shop.example  Feed      4 from Screener     new "The News of the Whole Wi…"',
    ],
    [
      'a name in Chinese characters, two columns each',
      { contact: { lead: 'new', name: '每日新闻每日新闻每日新闻每日', groups: [] } },
      'news@shop.example  Feed      4 from Screener     new "每日新闻每日新闻每日新闻…"',
    ],
    [
      'no name rather than a letter or two',
      { contact: { lead: 'known', name: 'The News', groups: ['into Imbox', 'out of Jail'] } },
      'news@shop.example  Feed      4 from Screener     known, into Imbox, out of Jail',
    ],
    [
      'a sender that is too long moves the others aside',
      { sender: 'no-reply-bookings@mail.railways.example' },
      'no-reply-bookings@mail.railways.example  Feed  4 from Screener  new "The News"',
    ],
  ])('%s', (_name, row, line) => {
    const lines = renderTable([OTHER, aRow(row)], 80);

    expect(lines.slice(2)).toEqual([line]);
    expect(columnsOf(line)).toBeLessThanOrEqual(80);
  });
});

describe('more than one line', () => {
  it('a sender too long for anything beside it has a line of its own', () => {
    const sender = 'customer-service-no-reply@notifications.insurance.example';

    expect(renderTable([OTHER, aRow({ sender })], 80).slice(2)).toEqual([
      sender,
      '                   Feed      4 from Screener     new "The News"',
    ]);
  });

  it('on a narrow screen emails and contact share a column, and go on below', () => {
    const contact = { lead: 'known', name: 'The News', groups: ['into Imbox', 'out of Jail'] };

    expect(renderTable([OTHER, aRow({ contact })], 60)).toEqual([
      'SENDER             DECISION  EMAILS, CONTACT',
      'jane@shop.example  Person    4 Screener → Inbox, new "Jane"',
      'news@shop.example  Feed      4 from Screener, known "The',
      '                             News", into Imbox, out of Jail',
    ]);
  });

  it('what a person has to know stands below, behind a mark', () => {
    const remarks = ['not done (contact): the server said so many words that a line is too short'];

    expect(renderTable([aRow({ remarks })], 60).slice(2)).toEqual([
      '  ! not done (contact): the server said so many words that a',
      '    line is too short',
    ]);
  });
});

function aRow(row: Partial<ReportRow>): ReportRow {
  return {
    sender: 'news@shop.example',
    decision: 'Feed',
    emails: ['4 from Screener'],
    contact: { lead: 'new', name: 'The News', groups: [] },
    remarks: [],
    ...row,
  };
}

const OTHER = aRow({
  sender: 'jane@shop.example',
  decision: 'Person',
  emails: ['4 Screener → Inbox'],
  contact: { lead: 'new', name: 'Jane', groups: [] },
});
