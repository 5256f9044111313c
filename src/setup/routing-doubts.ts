import type { DavContactStore } from '../contacts/contact-store.ts';
import type { Layout } from '../triage/layout.ts';
import { type ContactGroup, memberKey, type SenderAddress } from '../triage/model.ts';
import type { MailStore } from '../triage/ports.ts';

/** Where to look, and for which mailboxes and groups. */
export interface RoutingOptions {
  readonly mail: MailStore;
  readonly contacts: DavContactStore;
  readonly layout: Layout;
  /** All groups there are. */
  readonly groups: readonly ContactGroup[];
}

/**
 * Signs that the mail server's rules, which no program can read, do not sort as the user wants. One
 * sentence each.
 */
export async function findRoutingDoubts(options: RoutingOptions): Promise<readonly string[]> {
  return [...(await findPatternMembers(options)), ...(await findUnsortedMembers(options))];
}

/** RFC 6350 knows no patterns, and servers' rules do: `*@example.com` is everybody there. */
async function findPatternMembers({
  contacts,
  layout,
  groups,
}: RoutingOptions): Promise<readonly string[]> {
  const patterns = await contacts.readPatterns();
  return findTriageGroups(layout, groups).flatMap(({ name, memberKeys }) =>
    patterns
      .filter(({ uid }) => memberKeys.has(memberKey(uid)))
      .map(
        ({ text }) =>
          `Group "${name}" has the member ${text}: a rule may read that as everybody there, strangers too. Write whole addresses on that contact's card, or take it out of the group.`,
      ),
  );
}

/** Mail of members of a triage group lies in Screener although no label is on it. */
async function findUnsortedMembers(options: RoutingOptions): Promise<readonly string[]> {
  const { layout, groups } = options;
  const waiting = await readWaitingSenders(options);
  if (waiting.size === 0) return [];
  const { byAddress } = await options.contacts.readContacts(Promise.resolve(waiting));
  return findTriageGroups(layout, groups).flatMap(({ name, memberKeys }) => {
    const senders = [...byAddress]
      .filter(([, cards]) => cards.some(({ uid }) => memberKeys.has(memberKey(uid))))
      .map(([address]) => address);
    const [first] = senders;
    if (first === undefined) return [];
    const who = senders.length === 1 ? first : `${first} and ${senders.length - 1} more members`;
    return [
      `Mail of ${who} of group "${name}" is in Screener: the rule for "${name}" is missing, or is below the one for Screener.`,
    ];
  });
}

/** Senders in Screener on whom no decision is under way; of a large Screener, the older part. */
async function readWaitingSenders({
  mail,
  layout,
}: RoutingOptions): Promise<ReadonlySet<SenderAddress>> {
  const labelIds = layout.categories.map(({ labelId }) => labelId);
  const senders = new Set<SenderAddress>();
  let pages = 0;
  for await (const { emails } of mail.readEmailsIn([layout.screenerId])) {
    for (const { author, mailboxIds } of emails) {
      if (author.kind !== 'sender' || labelIds.some((id) => mailboxIds.has(id))) continue;
      senders.add(author.address);
    }
    pages += 1;
    if (pages === MOST_PAGES) break;
  }
  return senders;
}

const MOST_PAGES = 4;

function findTriageGroups(
  { categories }: Layout,
  groups: readonly ContactGroup[],
): readonly ContactGroup[] {
  const hrefs = new Set(categories.flatMap(({ groupHrefs }) => groupHrefs));
  return groups.filter(({ href }) => hrefs.has(href));
}
