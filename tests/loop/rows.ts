/** A sender, what the user decides of it, and where its mail is before and after. */
export interface Row {
  readonly what: string;
  /** From, as written; in the next email too, unless `next` says otherwise. */
  readonly from: string;
  readonly next?: string;
  /** Lines of a card that the user has from the beginning. */
  readonly card?: readonly string[];
  /** Where the first email arrives. */
  readonly before: string;
  /** Where it arrives on the newest Cyrus, if that differs. */
  readonly beforeOnNewest?: string;
  /**
   * What the user does, step by step: a label on the newest email, and where the next one then
   * arrives.
   */
  readonly decisions: readonly { readonly label: string; readonly after: string }[];
}

export const DEFAULT_ROWS: readonly Row[] = [
  ...[
    ['@ToImbox', 'Inbox'],
    ['@ToPerson', 'Inbox'],
    ['@ToFeed', 'Feed'],
    ['@ToPaperTrail', 'Paper Trail'],
    ['@ToJail', 'Jail'],
  ].map(([label = '', after = '']) => ({
    what: `a new sender, ${label}`,
    from: `Somebody <new@${label.slice(1).toLowerCase()}.example>`,
    before: 'Screener',
    decisions: [{ label, after }],
  })),
  {
    what: 'its next email has the address in capitals and another name',
    from: 'Letters <letters@case.example>',
    next: 'Other <LETTERS@Case.Example>',
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'its next email has no angle brackets',
    from: '"Bare, The" <bare@plain.example>',
    next: 'bare@plain.example',
    before: 'Screener',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'the user changes their mind: Feed, then Jail, then Imbox, then Paper Trail',
    from: 'Fickle <fickle@mind.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToImbox', after: 'Inbox' },
      { label: '@ToPaperTrail', after: 'Paper Trail' },
    ],
  },
  {
    what: 'taken back: its next email waits in Screener, and may be decided on again',
    from: 'Second Thoughts <second@thoughts.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToScreener', after: 'Screener' },
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToScreener', after: 'Screener' },
    ],
  },
  {
    what: 'taken back out of Inbox, a person',
    from: '"Doe, Jane" <jane@thoughts.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToPerson', after: 'Inbox' },
      { label: '@ToScreener', after: 'Screener' },
    ],
  },
  {
    what: 'taken back, but a contact of the user’s own: the card stays, and so it is not screened',
    from: 'Kept <kept@mine.example>',
    card: ['FN:Kept', 'N:;;;;', 'EMAIL:kept@mine.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToScreener', after: 'Inbox' },
    ],
  },
  {
    what: 'taken back with all addresses of its card, which stays',
    from: 'Both <here@both.example>',
    next: 'Both <there@both.example>',
    card: ['FN:Both', 'N:;;;;', 'EMAIL:here@both.example', 'EMAIL:there@both.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToScreener', after: 'Inbox' },
    ],
  },
  {
    what: 'taken back, though nobody had decided',
    from: 'Never <never@thoughts.example>',
    before: 'Screener',
    decisions: [{ label: '@ToScreener', after: 'Screener' }],
  },
  {
    what: 'company, then person: the mail stays in Inbox',
    from: 'Pat <pat@mind.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToImbox', after: 'Inbox' },
      { label: '@ToPerson', after: 'Inbox' },
    ],
  },
  {
    what: 'a contact of the user’s own is not screened, and is sorted once it has a label',
    from: 'Old Friend <friend@mine.example>',
    card: ['FN:Old Friend', 'N:;;;;', 'EMAIL;TYPE=HOME:friend@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a contact whose address has a label of its own (item1.EMAIL)',
    from: 'item@mine.example',
    card: ['FN:Item', 'N:;;;;', 'item1.EMAIL:Item@Mine.example', 'item1.X-ABLabel:work'],
    before: 'Inbox',
    decisions: [{ label: '@ToPaperTrail', after: 'Paper Trail' }],
  },
  {
    what: 'a contact with two addresses: the label on mail of one sorts mail of the other',
    from: 'Two <one@two.example>',
    next: 'Two <other@two.example>',
    card: ['FN:Two', 'N:;;;;', 'EMAIL:one@two.example', 'EMAIL:other@two.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
    ],
  },
  {
    what: 'a contact whose UID is in capitals',
    from: 'capitals@mine.example',
    card: ['UID:UPPER-CASE-UID', 'FN:Capitals', 'N:;;;;', 'EMAIL:capitals@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a contact whose UID begins with urn:uuid:',
    from: 'urn@mine.example',
    card: ['UID:urn:uuid:with-a-prefix', 'FN:Urn', 'N:;;;;', 'EMAIL:urn@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'a pattern on a card of the user’s own: everybody there is a contact, until a label is on',
    from: 'One <one@pattern.example>',
    card: ['FN:All', 'N:;;;;', 'EMAIL:*@pattern.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a pattern for subdomains on a card of the user’s own',
    from: 'One <one@sub.wide.example>',
    card: ['FN:Wide', 'N:;;;;', 'EMAIL:*@*.wide.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'an address with a name beside it on a card',
    from: 'Named <named@mine.example>',
    card: ['FN:Named', 'N:;;;;', 'EMAIL:Named <named@mine.example>'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'an address on a card that no rule finds there (mailto:)',
    from: 'Linked <linked@mine.example>',
    card: ['FN:Linked', 'N:;;;;', 'EMAIL:mailto:linked@mine.example'],
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'an address on a card that no rule finds there (second of a list)',
    from: 'Second <second@mine.example>',
    card: ['FN:Second', 'N:;;;;', String.raw`EMAIL:first@mine.example\, second@mine.example`],
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
    ],
  },
  {
    what: 'an address on a card that no rule finds there (a domain in letters)',
    from: 'Letters <post@xn--mnchen-3ya.example>',
    card: ['FN:Letters', 'N:;;;;', 'EMAIL:post@münchen.example'],
    before: 'Screener',
    beforeOnNewest: 'Inbox',
    decisions: [{ label: '@ToPaperTrail', after: 'Paper Trail' }],
  },
  {
    what: 'a domain in letters, as its ASCII form',
    from: 'Buch <post@xn--bcher-kva.example>',
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
];

/** Ways to write From that imitate a sender who was decided on. They stay in Screener. */
export const STRANGERS: readonly string[] = [
  'Nobody <nobody@else.example>',
  'xnew@tofeed.example',
  'new@tofeed.example.attacker.example',
  'new@sub.tofeed.example',
  'new+tag@tofeed.example',
  'ne.w@tofeed.example',
  '"new@tofeed.example" <x@attacker.example>',
  '"new"@attacker.example',
  'x@attacker.example (new@tofeed.example)',
  '<@tofeed.example:x@attacker.example>',
  '*@tofeed.example',
  'x@attacker.example\r\nFrom: new@tofeed.example',
  'new@tofeed.example\r\nFrom: x@attacker.example',
];

/**
 * In these the server reads the sender's address, so its rules file them as the sender's. Mailroom
 * does not: it neither decides by them nor sweeps them.
 */
export const MISREAD_BY_THE_SERVER: readonly string[] = [
  'new@tofeed.example <x@attacker.example>',
  '<new@tofeed.example_x.attacker.example>',
  '<new@tofeed.example/x.attacker.example>',
  '=?utf-8?q?new=40tofeed=2Eexample?= <x@attacker.example>',
  'x@attacker.example, new@tofeed.example',
];
