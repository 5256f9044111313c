import type { TortureAccount } from '../support/torture-account.ts';

/** Something that the user does on a phone while a pass runs. */
export interface Edit {
  readonly name: string;
  readonly act: (world: TortureAccount) => void | Promise<void>;
  /** What is not as the user wanted it after the next pass; empty if all is. */
  readonly findLost: (world: TortureAccount) => readonly string[];
  /** Emails of the story that end elsewhere because of it. */
  readonly touches?: readonly number[];
  /** Findings that are no harm here, because the user caused them. */
  readonly allows?: RegExp;
}

export async function editCard(
  { account, hrefOf }: TortureAccount,
  uid: string,
  change: (card: string) => string,
): Promise<void> {
  const { card } = (await account.cards()).get(hrefOf(uid)) ?? { card: '' };
  await account.putCard(`${uid}.vcf`, change(card));
}

export async function editGroup(
  { account }: TortureAccount,
  name: string,
  change: (card: string) => string,
): Promise<void> {
  for (const [href, { card }] of await account.cards()) {
    if (!card.includes(`\r\nFN:${name}\r\n`)) continue;
    await account.putCard(href.slice(href.lastIndexOf('/') + 1), change(card));
  }
}

export async function moveAll(
  { account, emailIds, mailboxId }: TortureAccount,
  index: number,
  mailbox: string,
): Promise<void> {
  const id = emailIds[index] ?? '';
  const remove = [...(account.mail.emails.get(id)?.mailboxIds ?? [])];
  await account.moveEmail(id, { add: [mailboxId(mailbox)], remove });
}

export function requireLine(
  { picture, account }: TortureAccount,
  uid: string,
  pattern: RegExp,
): readonly string[] {
  const lines = picture().cards[`${account.contacts.homeHref}Default/${uid}.vcf`] ?? [];
  return lines.some((line) => pattern.test(line))
    ? []
    : [`${uid} has no line ${String(pattern)}: ${lines.join(' | ')}`];
}

export function requirePlace(
  { picture }: TortureAccount,
  index: number,
  places: readonly string[],
): readonly string[] {
  const place = picture().emails[index] ?? '';
  return places.includes(place) ? [] : [`email ${index} is in ${place}`];
}
