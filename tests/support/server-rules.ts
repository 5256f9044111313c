import { readRuleAddresses } from './stand-in/from-header.ts';
import { decodeText, hasName, isUri, parseCardLines } from './stand-in/card-text.ts';

/*
 * The mail server's rules, as a user makes them on Fastmail's screens, as a pure function. The
 * stand-in delivers mail by it. `tests/loop` checks that Cyrus, with the same rules, does the same.
 */

/**
 * One rule. Rules run from the top; the first that matches is the last, unless it says to go on.
 */
export interface ServerRule {
  readonly condition:
    | { readonly kind: 'member'; readonly group: string }
    | { readonly kind: 'not a contact' };
  /** Takes the email out of Inbox, no matter what the other rules say. */
  readonly isArchiving: boolean;
  /** Path of the mailbox. */
  readonly label: string;
  readonly isContinuing: boolean;
}

/** What the rules know of a contact. */
export interface RuleContact {
  readonly uid: string;
  readonly addresses: readonly string[];
}

export interface RuleGroup {
  readonly uid: string;
  readonly name: string;
  /** As the rules see them: with one `urn:uuid:` taken off, in their own letter case. */
  readonly memberUids: readonly string[];
}

/** The user's contacts as the rules see them. */
export interface RuleContacts {
  readonly contacts: readonly RuleContact[];
  readonly groups: readonly RuleGroup[];
}

/** The rules that `setup --json` tells people to make. Throws for words that it does not know. */
export function parseSetupRules(
  rules: readonly { readonly condition: string; readonly actions: readonly string[] }[],
): readonly ServerRule[] {
  return rules.map(({ condition, actions }) => {
    const group = /^Sender is a member of group "(?<name>.+)"$/u.exec(condition)?.groups?.['name'];
    if (group === undefined && condition !== 'Sender is not a contact') {
      throw new Error(`no such condition: ${condition}`);
    }
    const labels = actions.flatMap((action) => /^Add label "(.+)"$/u.exec(action)?.[1] ?? []);
    const isArchiving = actions.includes('Archive (remove Inbox label)');
    const isContinuing = actions.includes('Continue to apply other rules');
    const [label] = labels;
    const known = labels.length + Number(isArchiving) + Number(isContinuing);
    if (label === undefined || labels.length > 1 || known !== actions.length) {
      throw new Error(`no such actions: ${actions.join('; ')}`);
    }
    return {
      condition: group === undefined ? { kind: 'not a contact' } : { kind: 'member', group },
      isArchiving,
      label,
      isContinuing,
    };
  });
}

/** The same rules in Sieve (RFC 5228), with the test that Fastmail's server has for contacts. */
export function toSieve(rules: readonly ServerRule[], { groups }: RuleContacts): string {
  const blocks = rules.map(({ condition, isArchiving, label, isContinuing }) => {
    const query =
      condition.kind === 'member'
        ? { fromContactGroupId: groupUid(condition.group, groups) }
        : { fromAnyContact: true };
    return [
      `if ${condition.kind === 'member' ? '' : 'not '}jmapquery text:`,
      JSON.stringify(query),
      '.',
      '{',
      // Without `:copy` the email is not kept in Inbox.
      `  fileinto ${isArchiving ? '' : ':copy '}"${label.replaceAll(/["\\]/gu, String.raw`\$&`)}";`,
      ...(isContinuing ? [] : ['  stop;']),
      '}',
    ].join('\r\n');
  });
  return ['require ["fileinto", "copy", "vnd.cyrus.jmapquery"];', ...blocks, ''].join('\r\n');
}

/** Where an email is put: paths of mailboxes. `from` has the addresses that the server finds in From. */
export function findPlaces(
  from: readonly { readonly email: string }[],
  rules: readonly ServerRule[],
  { contacts, groups }: RuleContacts,
): readonly string[] {
  const known = contacts.filter(({ addresses }) =>
    addresses.some((address) => from.some(({ email }) => isMatch(address, email))),
  );
  const labels = new Set<string>();
  let isInInbox = true;
  for (const { condition, isArchiving, label, isContinuing } of rules) {
    const isMatching =
      condition.kind === 'not a contact'
        ? known.length === 0
        : groups.some(
            ({ name, memberUids }) =>
              name === condition.group && known.some(({ uid }) => memberUids.includes(uid)),
          );
    if (!isMatching) continue;
    labels.add(label);
    if (isArchiving) isInInbox = false;
    if (!isContinuing) break;
  }
  return [...(isInInbox ? ['Inbox'] : []), ...labels];
}

/** The contacts of an account's default address book, from its cards. */
export function readRuleContacts(cards: readonly string[]): RuleContacts {
  const contacts: RuleContact[] = [];
  const groups: RuleGroup[] = [];
  for (const card of cards) {
    const lines = parseCardLines(card) ?? [];
    const values = (...names: readonly string[]): readonly string[] =>
      lines
        .filter((line) => names.some((name) => hasName(line, name)))
        .map(({ value }) => decodeText(value));
    const [uid = ''] = values('UID');
    if (values('X-ADDRESSBOOKSERVER-KIND', 'KIND').some((kind) => /^group$/iu.test(kind))) {
      const memberUids = lines.flatMap((line) => {
        const isApples = hasName(line, 'X-ADDRESSBOOKSERVER-MEMBER');
        if (!isApples && !hasName(line, 'MEMBER')) return [];
        // The newest Cyrus does not remove the escapes of members that are text.
        if (isApples && !isUri(line) && /[,;\\]/u.test(line.value)) return [];
        const member = decodeText(line.value);
        return /^urn:uuid:/iu.test(member) ? [member.slice('urn:uuid:'.length)] : [];
      });
      groups.push({ uid, name: values('FN')[0] ?? '', memberUids });
    } else {
      contacts.push({ uid, addresses: values('EMAIL') });
    }
  }
  return { contacts, groups };
}

/**
 * The first address in the value, in any letter case, read like a From field. Or a pattern that the
 * user has written: `*@shop.example` and `@shop.example` mean everybody there, `*@*.shop.example`
 * everybody below.
 */
function isMatch(value: string, email: string): boolean {
  const found = email.toLowerCase();
  if (found === '') return false;
  // `mailto:` reads as the name of a group, and so comes first.
  const [first] = /^\s*[\w.-]+:/u.test(value) ? [] : readRuleAddresses(value);
  if (first?.email.toLowerCase() === found) return true;
  const [entry = ''] = value.trim().split(/[,;]/u);
  const { wild, rest } =
    /^(?:\*?@|<\*@(?=.*>$))(?<wild>\*?)(?<rest>[^*<>()]+?)>?$/u.exec(entry.trim().toLowerCase())
      ?.groups ?? {};
  if (rest === undefined) return false;
  const domain = found.slice(found.lastIndexOf('@') + 1);
  return wild === '*' ? domain.endsWith(rest) : domain === rest;
}

function groupUid(name: string, groups: readonly RuleGroup[]): string {
  const group = groups.find((one) => one.name === name);
  if (group === undefined) throw new Error(`no contact group ${name} for a rule`);
  return group.uid;
}
