import { describe, expect, it } from 'vitest';

import {
  CATEGORIES_EXAMPLE,
  parseCategories,
  validateCategories,
} from '../../../src/settings/categories.ts';
import { findChain } from '../../../src/triage/chain.ts';
import { aCategory, DEFAULT_CATEGORIES } from '../../support/builders.ts';

const RESERVED = {
  screener: 'Screener',
  errorLabel: '@MailroomError',
  takeBackLabel: '@ToScreener',
  warningLabel: '@MailroomWarning',
};

const parse = (value: unknown): ReturnType<typeof parseCategories> =>
  parseCategories(JSON.stringify(value), DEFAULT_CATEGORIES, RESERVED);

/** The problems of a result, in one line; empty where it is valid. */
const problemsOf = (result: ReturnType<typeof parseCategories>): string =>
  result.kind === 'valid' ? '' : result.problems.join(' | ');

const NAME_RULE =
  'must be a name, or a path like Inbox/Screener, without empty parts and without spaces around /';

describe('parseCategories: MAILROOM_CATEGORIES', () => {
  it('the default categories are valid', () => {
    expect(validateCategories(DEFAULT_CATEGORIES, RESERVED).kind).toBe('valid');
  });

  it('the example that is shown with every problem is valid', () => {
    expect(problemsOf(parseCategories(CATEGORIES_EXAMPLE, DEFAULT_CATEGORIES, RESERVED))).toBe('');
  });

  it.each([
    ['a name', 'Travel News', aCategory('Travel News', { label: '@ToTravelNews' })],
    ['an object with a name', { name: 'Travel' }, aCategory('Travel')],
    ['space around', { name: ' Travel ', label: ' @T ' }, aCategory('Travel', { label: '@T' })],
    [
      'everything',
      {
        name: 'Travel',
        label: '@T',
        contactGroup: 'Trips',
        destinationMailbox: 'Inbox',
        contactType: 'person',
        parent: null,
        addToInbox: true,
      },
      aCategory('Travel', {
        label: '@T',
        contactGroup: 'Trips',
        destinationMailbox: 'Inbox',
        contactType: 'person',
        addToInbox: true,
      }),
    ],
    ['the name of a default', 'Imbox', DEFAULT_CATEGORIES[0]],
    [
      'a default with members of its own',
      { name: 'Imbox', label: '@In' },
      { ...DEFAULT_CATEGORIES[0], label: '@In' },
    ],
  ])('%s', (_rule, entry, category) => {
    expect(parse([entry])).toEqual({ kind: 'valid', categories: [category] });
  });

  it.each([
    ['of its own', { name: 'A', label: 'ToA' }, 'you+ToA@… is delivered', 'call it "@ToA"'],
    ['below a parent', { name: 'A', label: '@Top/ToA' }, 'you+ToA@…', 'call it "@Top/@ToA"'],
    ['of a default', { name: 'Feed', label: 'ToFeed' }, 'you+ToFeed@…', 'call it "@ToFeed"'],
  ])('a label without @, %s, is one that strangers can send to', (_rule, entry, why, what) => {
    const problems = problemsOf(parse([entry]));

    expect(problems).toContain(why);
    expect(problems).toContain(what);
  });

  it('only the own name of a label has to begin with @', () => {
    expect(problemsOf(parse([{ name: 'A', label: 'Triage/@ToA' }]))).toBe('');
  });

  it('a default that depends on another needs that one', () => {
    expect(problemsOf(parse(['Person']))).toContain('has Person with the parent "Imbox"');
    expect(problemsOf(parse(['Person', 'Imbox']))).toBe('');
    expect(problemsOf(parse([{ name: 'Person', parent: null }]))).toBe('');
  });

  it.each([
    ['a path that ends in a slash', '["News/"]', `entry 1 has a name that ${NAME_RULE}`],
    [
      'a line break',
      String.raw`[{"name":"News","label":"@To\nNews"}]`,
      `entry 1 (News) has a label that ${NAME_RULE}`,
    ],
    [
      'spaces around a slash',
      '[{"name":"W","destinationMailbox":"Inbox / W"}]',
      `entry 1 (W) has a destinationMailbox that ${NAME_RULE}`,
    ],
    ['no JSON', 'Imbox,Feed', 'is not JSON'],
    ['no array', '{"name":"Feed"}', 'is not a JSON array'],
    ['null', 'null', 'is not a JSON array'],
  ])('%s', (_rule, json, problem) => {
    expect(parseCategories(json, DEFAULT_CATEGORIES, RESERVED)).toEqual({
      kind: 'invalid',
      problems: [problem],
    });
  });

  it.each([
    ['an entry that is no name', [7], 'entry 1 is neither a name nor an object'],
    ['null for an entry', ['Feed', null], 'entry 2 is neither a name nor an object'],
    ['an array for an entry', [['Feed']], 'entry 1 is neither a name nor an object'],
    ['an empty name', [''], 'entry 1 needs name'],
    ['no name', [{ label: '@ToFeed' }], 'entry 1 needs name'],
    ['a name of only space', [{ name: ' ' }], 'entry 1 needs name'],
    ['a label that is no text', [{ name: 'A', label: 5 }], 'entry 1 (A) needs label'],
    ['an empty group', [{ name: 'A', contactGroup: '' }], 'needs contactGroup'],
    [
      'a destination of null',
      [{ name: 'A', destinationMailbox: null }],
      'needs destinationMailbox',
    ],
    ['an unknown type', [{ name: 'A', contactType: 'robot' }], '"company" or "person"'],
    ['a type of null', [{ name: 'A', contactType: null }], '"company" or "person"'],
    ['addToInbox as text', [{ name: 'A', addToInbox: 'yes' }], 'needs addToInbox as true or false'],
    ['addToInbox of null', [{ name: 'A', addToInbox: null }], 'needs addToInbox as true or false'],
    ['a parent that is no name', [{ name: 'A', parent: 3 }], 'needs parent'],
    ['an unknown member', [{ name: 'A', colour: 'red' }], 'unknown member "colour"'],
    [
      'a member of the prototype',
      [{ name: 'A', constructor: 'x' }],
      'unknown member "constructor"',
    ],
    ['none', [], 'names no category'],
    ['a name twice', ['A', { name: 'A', label: '@Other' }], 'has the name "A" 2 times'],
    [
      'a name twice in two normalisations',
      ['Caf\u00E9', { name: 'Cafe\u0301', label: '@X' }],
      'has the name "Caf\u00E9" 2 times',
    ],
    [
      'a label twice',
      [
        { name: 'A', label: '@X' },
        { name: 'B', label: '@X' },
      ],
      'has the label "@X" 2 times',
    ],
    [
      'labels that are alike without space',
      ['Paper Trail', 'PaperTrail'],
      'has the label "@ToPaperTrail" 2 times',
    ],
    [
      'an unknown parent',
      [{ name: 'A', parent: 'Nobody' }],
      'has A with the parent "Nobody", which is no category',
    ],
    ['its own parent', [{ name: 'A', parent: 'A' }], 'has A in a circle of parents'],
    [
      'a circle of two',
      [
        { name: 'A', parent: 'B' },
        { name: 'B', parent: 'A' },
      ],
      'has A in a circle of parents | has B in a circle of parents',
    ],
    [
      'above it a circle',
      [
        { name: 'A', parent: 'B' },
        { name: 'B', parent: 'C' },
        { name: 'C', parent: 'B' },
      ],
      'circle of parents',
    ],
    [
      'two unrelated ones with one group',
      [
        { name: 'A', contactGroup: 'G' },
        { name: 'B', contactGroup: 'G' },
      ],
      'has A and B with one contact group (G)',
    ],
    [
      'a label that is Screener',
      [{ name: 'A', label: 'Screener' }],
      'has A with a label that is Screener',
    ],
    [
      'a label that is the error label',
      [{ name: 'A', label: '@MailroomError' }],
      'has A with a label that is the error label',
    ],
    [
      'a label that is the warning label',
      [{ name: 'A', label: '@MailroomWarning' }],
      'has A with a label that is the warning label',
    ],
    [
      'a label that is its own destination',
      [{ name: 'A', label: 'A' }],
      'has A with a label that is the destination of A',
    ],
    [
      'a label that is the destination of another',
      [{ name: 'A', label: 'B' }, 'B'],
      'has A with a label that is the destination of B',
    ],
    ['a label that is Inbox', [{ name: 'A', label: 'INBOX' }], 'has A with a label that is Inbox'],
    [
      'a destination that is Screener',
      [{ name: 'A', destinationMailbox: 'Screener' }],
      'has A with a destination that is Screener',
    ],
    [
      'a destination that is the error label',
      [{ name: 'A', destinationMailbox: '@MailroomError' }],
      'has A with a destination that is the error label',
    ],
  ])('%s', (_rule, value, problem) => {
    expect(problemsOf(parse(value))).toContain(problem);
  });

  it('the warning label may be used when warnings are switched off', () => {
    const json = JSON.stringify([{ name: 'A', label: '@MailroomWarning' }]);

    expect(
      problemsOf(parseCategories(json, DEFAULT_CATEGORIES, { ...RESERVED, warningLabel: null })),
    ).toBe('');
  });

  it.each([
    [
      'several in one entry',
      [{ name: 'A', label: 5, contactType: 'robot', addToInbox: 'yes', colour: 'red' }],
      ['label', 'contactType', 'addToInbox', 'colour'],
    ],
    ['several entries', [7, { label: 'x' }, ''], ['entry 1', 'entry 2', 'entry 3']],
    [
      'what an entry is, and what the entries are to one another',
      [{ name: 'A', contactType: 'robot' }, 'B', { name: 'B', label: '@X', parent: 'Nobody' }],
      ['contactType', 'the name "B" 2 times', '"Nobody"'],
    ],
    [
      'duplicates, parents, reserved names and shared groups',
      [
        { name: 'A', label: 'Screener', contactGroup: 'G' },
        { name: 'B', label: '@B', contactGroup: 'G' },
        { name: 'C', label: '@B', parent: 'Nobody' },
        { name: 'D', parent: 'D' },
      ],
      [
        'Screener',
        'label "@B" 2 times',
        '"Nobody"',
        'D in a circle',
        'A and B with one contact group',
      ],
    ],
  ])('all at once: %s', (_rule, value, words) => {
    const problems = problemsOf(parse(value));

    for (const word of words) expect(problems).toContain(word);
  });

  it('what an entry should have been is not blamed on others', () => {
    const problems = problemsOf(
      parse([
        { name: 'A', contactType: 'x' },
        { name: 'B', parent: 'A' },
      ]),
    );

    expect(problems).toContain('contactType');
    expect(problems).not.toContain('no category');
  });
});

describe('validateCategories: who may share a contact group', () => {
  const share = (...parents: readonly (string | null)[]): string =>
    problemsOf(
      validateCategories(
        parents.map((parent, index) =>
          aCategory('ABC'.charAt(index), { parent, contactGroup: 'G' }),
        ),
        RESERVED,
      ),
    );

  it.each([
    ['parent and child', [null, 'A']],
    ['grandparent, parent and child', [null, 'A', 'B']],
  ])('%s', (_rule, parents) => {
    expect(share(...parents)).toBe('');
  });

  it('siblings may not: mail would stay in both', () => {
    expect(share(null, 'A', 'A')).toBe(
      "has B and C with one contact group (G), though neither is the other's parent",
    );
  });

  it('strangers may not', () => {
    expect(share(null, 'A', null)).toBe(
      "has A and C with one contact group (G), though neither is the other's parent | " +
        "has B and C with one contact group (G), though neither is the other's parent",
    );
  });
});

describe('findChain', () => {
  it.each([
    ['no parent', aCategory('A'), ['A']],
    ['all the way up', aCategory('C', { parent: 'B' }), ['C', 'B', 'A']],
    ['an unknown parent ends it', aCategory('D', { parent: 'Nobody' }), ['D']],
    ['a circle ends it', aCategory('E', { parent: 'E' }), ['E']],
  ])('%s', (_rule, category, names) => {
    const all = [aCategory('A'), aCategory('B', { parent: 'A' }), category];

    expect(findChain(category, all).map(({ name }) => name)).toEqual(names);
  });
});
