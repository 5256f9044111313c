import type { TestAccount } from '../support/test-account.ts';

/** One sender, and what the user decides of it: a label on its newest email, again and again. */
export interface Traveller {
  readonly what: string;
  readonly from: string;
  /** As written in all emails but the first; default: the same. */
  readonly next?: string;
  readonly labels: readonly string[];
}

export interface Surroundings {
  readonly account: TestAccount;
  /** Where emails are, in their order. */
  readonly placesOf: (ids: readonly string[]) => Promise<readonly (string | undefined)[]>;
  /** A pass over so many labelled senders. */
  readonly pass: (senders: number) => Promise<void>;
}

/**
 * Mail in, label on, pass, the next email, until every sender's labels are used up. Where each email
 * came in, by `what`. All senders share the passes: what comes of one does not hang on another.
 */
export async function goAround(
  travellers: readonly Traveller[],
  { account, placesOf, pass }: Surroundings,
): Promise<ReadonlyMap<string, readonly (string | undefined)[]>> {
  const labelIds = await account.mailboxIds(travellers.flatMap(({ labels }) => labels));
  const seen = new Map<string, (string | undefined)[]>();
  const newest = new Map<Traveller, string>();
  let left = travellers;
  for (let round = 0; left.length > 0; round += 1) {
    const ids = await account.deliverEmails(
      left.map(({ from, next = from }) => ({ from: round === 0 ? from : next })),
    );
    const places = await placesOf(ids);
    for (const [index, traveller] of left.entries()) {
      newest.set(traveller, ids[index] ?? '');
      seen.set(traveller.what, [...(seen.get(traveller.what) ?? []), places[index]]);
    }
    left = left.filter(({ labels }) => labels.length > round);
    for (const traveller of left) {
      const label = labelIds.get(traveller.labels[round] ?? '') ?? '';
      await account.moveEmail(newest.get(traveller) ?? '', { add: [label] });
    }
    if (left.length > 0) await pass(left.length);
  }
  return seen;
}
