import type { Email, SenderAddress, WriteFailure } from '../triage/model.ts';
import { cardAddresses, type SenderPlan } from '../triage/plan.ts';
import { findSender } from '../triage/sender.ts';
import type { BegunSender } from './ledger.ts';
import { sweepOldPlaces } from './old-places.ts';
import type { Pass } from './pass.ts';
import { move } from './patches.ts';

/** How often emails are looked for that came in meanwhile. */
const MOST_ROUNDS = 3;

/**
 * Begins to list the senders' emails in Screener, and those that carry labels of Mailroom's own; those
 * with the error label of other addresses on the senders' cards too. Gives their ids.
 */
export function startFirstLook(
  plans: readonly SenderPlan[],
  pass: Pass,
): Promise<ReadonlySet<string>> {
  const { screenerId, errorLabelId, warningLabelId } = pass.snapshot.layout;
  const labelIds = warningLabelId === null ? [] : [warningLabelId];
  const look = readOwn(plans, [screenerId, errorLabelId, ...labelIds], pass);
  // If an earlier step throws, nobody waits for this, and its own failure must not count as a second one.
  look.catch(() => undefined);
  return look;
}

async function readOwn(
  plans: readonly SenderPlan[],
  mailboxIds: readonly string[],
  { snapshot, world: { mail }, emails }: Pass,
): Promise<ReadonlySet<string>> {
  // Mail may have come into Screener since the server said that it is empty.
  const wanted = mailboxIds.filter(
    (id) => id === snapshot.layout.screenerId || !snapshot.emptyMailboxIds.has(id),
  );
  const senders = new Set(plans.map(({ sender }) => sender));
  const onCards = new Set(plans.flatMap(cardAddresses));
  const ids = new Set<string>();
  for await (const page of mail.readEmailsIn(wanted)) {
    const own = page.emails.filter(
      (email) =>
        isFrom(email, senders) ||
        (email.mailboxIds.has(snapshot.layout.errorLabelId) && isFrom(email, onCards)),
    );
    emails.add({ emails: own, state: page.state });
    for (const { id } of own) ids.add(id);
  }
  return ids;
}

/**
 * Moves the senders' backlog: out of Screener, out of the old places, and again what came in
 * meanwhile. `screened` are the ids that the first look gave.
 */
export async function sweep(
  begun: readonly BegunSender[],
  screened: ReadonlySet<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  if (begun.length === 0) return [];
  const { ledger, world } = pass;
  world.clock.checkpoint();
  const listedIds = new Set(screened);
  let active = begun;
  // Before anything moves: a labelled email that has left Screener could not tell any more.
  if (active.some((one) => hasUnlisted(one, listedIds, pass))) {
    active = await listAgain(active, listedIds, pass);
  }
  active = await sweepOldPlaces(active, listedIds, pass);
  // At a re-triage the labelled emails move now, wherever they are.
  const labelledIds = active.flatMap(({ plan }) => plan.labelled.map(({ id }) => id));
  active = await move(active, new Set([...screened, ...labelledIds]), pass);
  for (let round = 2; round <= MOST_ROUNDS && active.length > 0; round += 1) {
    world.clock.checkpoint();
    const before = ledger.movedCount;
    const news = await readNews(active, pass);
    active = await move(news.active, news.ids, pass);
    if (ledger.movedCount === before) break;
  }
  world.clock.checkpoint();
  return active;
}

/** Says where the senders' emails went. */
export function logMoves(begun: readonly BegunSender[], { ledger, world }: Pass): void {
  for (const { plan } of begun) {
    for (const { emails, from, to } of ledger.movesOf(plan.sender)) {
      world.log.info('emails_swept', {
        sender: plan.sender,
        emails,
        category: plan.category.name,
        from,
        to,
      });
    }
  }
}

/** What came in or changed meanwhile, and the senders for whom looking for it did not fail. */
interface News {
  readonly ids: ReadonlySet<string>;
  readonly active: readonly BegunSender[];
}

/** Where the server cannot tell what changed, Screener and the old places are listed again. */
async function readNews(begun: readonly BegunSender[], pass: Pass): Promise<News> {
  const news = await pass.emails.takeNews();
  if (news !== null) return { ids: new Set(news.map(({ id }) => id)), active: begun };
  const ids = new Set(await listScreener(begun, pass));
  return { active: await sweepOldPlaces(begun, ids, pass), ids };
}

/**
 * A labelled email is known from another listing: one that is in Screener has to be among what that
 * lists, or else a backlog may not be among it either.
 */
function hasUnlisted(
  { plan }: BegunSender,
  listedIds: ReadonlySet<string>,
  { snapshot: { layout }, emails }: Pass,
): boolean {
  // Taken back: what was moved into Screener just now was not there to be listed.
  if (plan.category === layout.takeBack) return false;
  return plan.labelled.some(
    ({ id }) => emails.find(id)?.mailboxIds.has(layout.screenerId) === true && !listedIds.has(id),
  );
}

/**
 * What was not listed may have left meanwhile, by the user or another pass, or the server was wrong
 * when it said that Screener is empty: both are looked at before the sender has failed for now.
 */
async function listAgain(
  begun: readonly BegunSender[],
  listedIds: Set<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  await pass.emails.catchUp();
  const screened = await listScreener(begun, pass);
  for (const id of screened) listedIds.add(id);
  const active = await move(begun, screened, pass);
  const failures = new Map<SenderAddress, WriteFailure>();
  for (const one of active.filter((each) => hasUnlisted(each, listedIds, pass))) {
    const problem = 'a listing of Screener lacks an email that is in it';
    failures.set(one.plan.sender, { kind: 'failed', problem });
  }
  return pass.ledger.dropFailed(active, 'sweep', failures);
}

/** All of it, whatever the server says of its total. */
function listScreener(active: readonly BegunSender[], pass: Pass): Promise<ReadonlySet<string>> {
  return readOwn(
    active.map(({ plan }) => plan),
    [pass.snapshot.layout.screenerId],
    pass,
  );
}

function isFrom(email: Email, senders: ReadonlySet<SenderAddress>): boolean {
  const sender = findSender(email);
  return sender !== null && senders.has(sender);
}
