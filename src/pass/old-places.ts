import type { Email, SenderAddress, WriteFailure } from '../triage/model.ts';
import type { EmailPage } from '../triage/ports.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';
import { createFindBegun, move } from './patches.ts';

/**
 * Out of the places of the categories that senders leave. These may hold years of mail: the server
 * searches them, and what it finds is compared here. Where its answer lacks an email that is known
 * to be there, the whole place is listed. Emails are moved while the listing goes on: a pass that
 * runs out of time has made progress.
 */
export async function sweepOldPlaces(
  begun: readonly BegunSender[],
  listedIds: Set<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  const { mail } = pass.world;
  let active = begun;
  for (const [placeId, addresses] of addressesByPlace(begun)) {
    const placeListed = new Set<string>();
    const searched = mail.readEmailsFrom(placeId, [...addresses]);
    active = await moveListed(active, searched, placeListed, pass);
    if (lacksKnown(active, placeId, placeListed, pass)) {
      active = await moveListed(active, mail.readEmailsIn([placeId]), placeListed, pass);
      active = await dropUnlisted(active, placeId, placeListed, pass);
    }
    for (const id of placeListed) listedIds.add(id);
  }
  return active;
}

/** A place, and all whose mail is to leave it. */
function addressesByPlace(
  begun: readonly BegunSender[],
): ReadonlyMap<string, ReadonlySet<SenderAddress>> {
  const byPlace = new Map<string, Set<SenderAddress>>();
  for (const { sweep } of begun) {
    for (const id of sweep.oldDestinationIds) {
      const addresses = byPlace.get(id) ?? new Set();
      for (const address of [sweep.sender, ...sweep.otherAddresses]) addresses.add(address);
      byPlace.set(id, addresses);
    }
  }
  return byPlace;
}

/** Pages that are read between two writes: enough that writes are few, and progress is made. */
const PAGES_A_WRITE = 8;

async function moveListed(
  begun: readonly BegunSender[],
  pages: AsyncIterable<EmailPage>,
  listedIds: Set<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  const find = createFindBegun(begun);
  let active = begun;
  let due: string[] = [];
  // The last page waits until the next one is read: that is asked for from its last email on.
  let waiting: readonly Email[] = [];
  let pageCount = 0;
  for await (const page of pages) {
    pass.world.clock.checkpoint();
    const own = page.emails.filter((email) => find(email) !== undefined);
    pass.emails.add({ emails: own, state: page.state });
    due.push(...waiting.map(({ id }) => id));
    waiting = own;
    for (const { id } of own) listedIds.add(id);
    pageCount += 1;
    if (pageCount % PAGES_A_WRITE !== 0) continue;
    active = await move(active, due, pass);
    due = [];
  }
  return await move(active, [...due, ...waiting.map(({ id }) => id)], pass);
}

/** A labelled email that is in the place was not listed: so others may not have been, too. */
function lacksKnown(
  active: readonly BegunSender[],
  placeId: string,
  listedIds: ReadonlySet<string>,
  pass: Pass,
): boolean {
  return active.some((one) => hasUnlisted(one, placeId, listedIds, pass));
}

function hasUnlisted(
  { plan, sweep }: BegunSender,
  placeId: string,
  listedIds: ReadonlySet<string>,
  { emails }: Pass,
): boolean {
  if (!sweep.oldDestinationIds.includes(placeId)) return false;
  return plan.labelled.some(
    ({ id }) => emails.find(id)?.mailboxIds.has(placeId) === true && !listedIds.has(id),
  );
}

/** Even the whole listing lacks it. Somebody may have moved it; if not, the sender waits. */
async function dropUnlisted(
  active: readonly BegunSender[],
  placeId: string,
  listedIds: ReadonlySet<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  if (!lacksKnown(active, placeId, listedIds, pass)) return active;
  await pass.emails.catchUp();
  const failures = new Map<SenderAddress, WriteFailure>();
  for (const one of active.filter((each) => hasUnlisted(each, placeId, listedIds, pass))) {
    const problem = 'a listing of an old destination lacks an email that is in it';
    failures.set(one.plan.sender, { kind: 'failed', problem });
  }
  return pass.ledger.dropFailed(active, 'sweep', failures);
}
