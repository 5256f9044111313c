import { wrapText } from '../terminal/wrap-text.ts';
import type { FastmailRule, FastmailRules } from '../triage/fastmail-rules.ts';

/** The rules for people, two lines each, so that all of them and the result fit on one screen. */
export function renderRules({ rules, notes }: FastmailRules, width: number): readonly string[] {
  return [
    ...wrapText('Rules to make by hand: Settings > Mail rules > Create rule, in this order', {
      width,
      indent: '  ',
      first: '',
    }),
    ...rules.flatMap((rule, index) =>
      renderRule(rule, index + 1, rules.length).flatMap(({ first, text }) =>
        wrapText(text, { width, indent: ' '.repeat(first.length), first }),
      ),
    ),
    ...[...notes, WITH_FOLDERS].flatMap((note) => wrapText(note, { width, indent: '  ' })),
  ];
}

const WITH_FOLDERS =
  'They need labels, a choice in Settings > Preferences. With folders, choose "Move to" instead; an email is then in one folder only.';

interface RuleLine {
  readonly first: string;
  readonly text: string;
}

function renderRule(rule: FastmailRule, number: number, count: number): readonly RuleLine[] {
  const last = number === count ? ' (the last of all rules)' : '';
  return [
    { first: `${`  ${number}.`.padEnd(5)}If    `, text: `${conditionText(rule)}${last}` },
    { first: '     Then  ', text: actionTexts(rule).join(', ') },
  ];
}

/** In the words of Fastmail's screen. */
export function conditionText({ condition }: FastmailRule): string {
  return condition.kind === 'member'
    ? `Sender is a member of group "${condition.group}"`
    : 'Sender is not a contact';
}

/** In the words of Fastmail's screen, one for each action. */
export function actionTexts({ isArchiving, label, isContinuing }: FastmailRule): readonly string[] {
  return [
    ...(isArchiving ? ['Archive (remove Inbox label)'] : []),
    `Add label "${label}"`,
    ...(isContinuing ? ['Continue to apply other rules'] : []),
  ];
}
