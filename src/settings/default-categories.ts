import type { Category } from '../triage/model.ts';
import { CATEGORIES_EXAMPLE, parseCategories, validateCategories } from './categories.ts';
import type { Values } from './environment.ts';

export function readCategories(values: Values, problems: string[]): readonly Category[] {
  const defaults = createDefaultCategories(values);
  const reserved = {
    screener: values.MAILROOM_SCREENER_MAILBOX,
    errorLabel: values.MAILROOM_LABEL_MAILROOM_ERROR,
    warningLabel: values.MAILROOM_WARNINGS_ENABLED ? values.MAILROOM_LABEL_MAILROOM_WARNING : null,
  };
  const json = values.MAILROOM_CATEGORIES;
  const result =
    json === undefined
      ? validateCategories(defaults, reserved)
      : parseCategories(json, defaults, reserved);
  if (result.kind === 'valid') return result.categories;
  for (const problem of result.problems) {
    problems.push(
      json === undefined
        ? `MAILROOM_LABEL_TO_* and MAILROOM_GROUP_*: the set of categories ${problem}`
        : `MAILROOM_CATEGORIES ${problem}; a right value: ${CATEGORIES_EXAMPLE}`,
    );
  }
  return [];
}

function createDefaultCategories(values: Values): readonly Category[] {
  const imbox = values.MAILROOM_GROUP_IMBOX;
  const feed = values.MAILROOM_GROUP_FEED;
  const paperTrail = values.MAILROOM_GROUP_PAPER_TRAIL;
  const jail = values.MAILROOM_GROUP_JAIL;
  return [
    createCategory('Imbox', values.MAILROOM_LABEL_TO_IMBOX, imbox, 'Inbox'),
    createCategory('Feed', values.MAILROOM_LABEL_TO_FEED, feed, feed),
    createCategory('Paper Trail', values.MAILROOM_LABEL_TO_PAPER_TRAIL, paperTrail, paperTrail),
    createCategory('Jail', values.MAILROOM_LABEL_TO_JAIL, jail, jail),
    {
      ...createCategory('Person', values.MAILROOM_LABEL_TO_PERSON, imbox, 'Inbox'),
      contactType: 'person',
      parent: 'Imbox',
    },
  ];
}

function createCategory(
  name: string,
  label: string,
  contactGroup: string,
  destinationMailbox: string,
): Category {
  return {
    name,
    label,
    contactGroup,
    destinationMailbox,
    contactType: 'company',
    parent: null,
    addToInbox: false,
  };
}
