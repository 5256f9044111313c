/** One rule of the program, broken on purpose by a replacement in its source. */
export interface Breakage {
  /** What the broken program does, as the table of tests/README.md has it. */
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** Below `tests/`: at least one of these files must fail. */
  readonly noticedBy: readonly string[];
}

const PASS = ['unit/pass/triage-pass.test.ts', 'unit/pass/triage-pass-faults.test.ts'];
const PROPERTIES = ['unit/pass/triage-pass-properties.test.ts'];
const CONTACTS = ['contract/contact-store.test.ts', 'contract/contact-store-faults.test.ts'];

const AUTHOR: readonly Breakage[] = [
  {
    name: 'trusts the server’s reading of From alone',
    file: 'triage/author.ts',
    from: "if (readServersAddress(entry.email) !== address) return nobody('server reads another address');",
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'takes the first of several From fields',
    file: 'triage/author.ts',
    from: "if (otherFields.length > 0) return nobody('several From fields');",
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'takes the first of several authors',
    file: 'triage/author.ts',
    from: "if (otherEntries.length > 0) return nobody('several addresses');",
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'takes a domain for the one that its spelling turns into',
    file: 'triage/author.ts',
    from: ' || !isDomainAsItIs(domain)',
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'takes the user for a sender',
    file: 'triage/author.ts',
    from: "return ownAddresses.has(address) ? nobody('own address') : { kind: 'sender', address };",
    to: "return { kind: 'sender', address };",
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'lets * stand in a sender’s address',
    file: 'triage/author.ts',
    from: "if (`${localPart}${domain}`.includes('*')) return nobody('address with *');",
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'takes letters and their accents apart (NFD) for the same sender',
    file: 'triage/author.ts',
    from: ' || !isNfc(localPart)',
    to: '',
    noticedBy: ['unit/triage/author.test.ts'],
  },
  {
    name: 'overlooks an address on a card that writes accents apart: a second contact',
    file: 'triage/sender.ts',
    from: "return isLetterReplaced ? localPart : localPart.normalize('NFC');",
    to: 'return isLetterReplaced ? localPart : localPart;',
    noticedBy: ['unit/triage/sender.test.ts', 'contract/contact-identity.test.ts'],
  },
  {
    name: 'takes one address in two letter cases for two senders',
    file: 'triage/sender.ts',
    from: 'composed(lowerCase(address.slice(0, at)))',
    to: 'composed(address.slice(0, at))',
    noticedBy: ['unit/triage/sender.test.ts'],
  },
  {
    name: 'leaves control characters in display names',
    file: 'triage/sender.ts',
    from: String.raw`.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '')`,
    to: '',
    noticedBy: ['unit/triage/sender.test.ts'],
  },
  {
    name: 'reads a route in From as an address',
    file: 'mail/from-field.ts',
    from: String.raw`!ROUTE.test(raw.replace(QUOTED, '""'))`,
    to: 'true',
    noticedBy: ['unit/mail/from-field.test.ts'],
  },
];

const PLAN: readonly Breakage[] = [
  {
    name: 'lets the first of two contradicting labels win',
    file: 'triage/plan.ts',
    from: 'if (others.length > 0) conflicts.push(conflictOf(one, one.categories));\n    else ',
    to: '',
    noticedBy: ['unit/triage/plan.test.ts'],
  },
  {
    name: 'sees no conflict between two senders of one card',
    file: 'triage/plan.ts',
    from: 'if (asked.size > 1) for (const plan of plans)',
    to: 'if (asked.size > 9) for (const plan of plans)',
    noticedBy: ['unit/triage/plan.test.ts'],
  },
  {
    name: 'prefers any card to the one that is in the group',
    file: 'triage/plan.ts',
    from: 'rank(a) - rank(b) ||',
    to: '',
    noticedBy: ['unit/triage/plan.test.ts'],
  },
  {
    name: 'takes the oldest display name instead of the newest',
    file: 'triage/labelled.ts',
    from: "own.at(-1)?.displayName ?? ''",
    to: "own.at(0)?.displayName ?? ''",
    noticedBy: ['unit/triage/labelled.test.ts'],
  },
  {
    name: 'takes a parent’s group for one that the sender has to leave',
    file: 'triage/membership.ts',
    from: '.filter(({ href }) => !category.groupHrefs.includes(usedHref(href, layout)))',
    to: '.filter(({ href }) => category.own.groupHref !== usedHref(href, layout))',
    noticedBy: ['unit/triage/membership.test.ts'],
  },
  {
    name: 'overlooks the members of a second group with a category’s name',
    file: 'triage/groups.ts',
    from: 'return namesakes.get(href) ?? href;',
    to: 'return namesakes.size < 0 ? "" : href;',
    noticedBy: ['unit/pass/namesakes.test.ts'],
  },
  {
    name: 'leaves a member in a spelling that the server’s rules do not find',
    file: 'triage/membership.ts',
    from: '.filter((uid) => !isExactMember(group, uid))',
    to: '.filter((uid) => !isMember(group, uid))',
    noticedBy: ['unit/triage/membership.test.ts'],
  },
  {
    name: 'leaves a second card of the sender in the old group',
    file: 'triage/membership.ts',
    from: 'uids: contacts.map(({ uid }) => uid).filter((uid) => isMember(group, uid)),',
    to: 'uids: [contact.uid].filter((uid) => isMember(group, uid)),',
    noticedBy: ['unit/triage/membership.test.ts'],
  },
];

const SWEEP: readonly Breakage[] = [
  {
    name: 'sweeps labelled emails of a new sender before it is done',
    file: 'triage/sweep.ts',
    from: 'if (!plan.isReTriage || isChanged) return null;',
    to: 'if (isChanged) return null;',
    noticedBy: ['unit/triage/sweep.test.ts', ...PROPERTIES],
  },
  {
    name: 'sweeps emails out of Trash, Junk, Drafts and Sent',
    file: 'triage/sweep.ts',
    from: 'if (isIn(email, layout.leftAloneIds)) return null;',
    to: '',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'sweeps archived emails',
    file: 'triage/sweep.ts',
    from: 'if (isArchived && !isScreened) return null;',
    to: '',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'sweeps emails from anywhere',
    file: 'triage/sweep.ts',
    from: 'if (!isScreened && !isIn(email, plan.oldDestinationIds)) return null;',
    to: '',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'leaves mail in the old destination at a re-triage',
    file: 'triage/sweep.ts',
    from: 'const remove = [...(isScreened ? [layout.screenerId] : []), ...plan.oldDestinationIds];',
    to: 'const remove = isScreened ? [layout.screenerId] : [];',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'puts re-triaged mail into Inbox too (addToInbox)',
    file: 'triage/sweep.ts',
    from: '...(isScreened && !plan.isReTriage ? plan.category.fromScreenerAlsoIds : []),',
    to: '...plan.category.fromScreenerAlsoIds,',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'leaves the error label on emails that are done',
    file: 'triage/sweep.ts',
    from: '    errorLabelId,\n    ...(warningLabelId',
    to: '    ...(warningLabelId',
    noticedBy: ['unit/triage/sweep.test.ts'],
  },
  {
    name: 'sets the error label again at every pass',
    file: 'triage/sweep.ts',
    from: 'return isIn(email, [errorLabelId]) ? null : patchOf(email, [errorLabelId], []);',
    to: 'return patchOf(email, [errorLabelId], []);',
    noticedBy: ['unit/triage/sweep.test.ts', ...PASS],
  },
];

const STEPS: readonly Breakage[] = [
  {
    name: 'does not read the groups back',
    file: 'pass/contact-steps.ts',
    from: 'if (missing !== undefined) {',
    to: 'if (missing !== undefined && missing === null) {',
    noticedBy: PASS,
  },
  {
    name: 'finishes a sender whose group could not be written',
    file: 'pass/contact-steps.ts',
    from: 'return failure === undefined;\n  });\n  clock.checkpoint();\n  const readBack',
    to: 'return true;\n  });\n  clock.checkpoint();\n  const readBack',
    noticedBy: PASS,
  },
  {
    name: 'goes on with a sender whose contact could not be written',
    file: 'pass/contact-steps.ts',
    from: "ledger.fail(sender, 'contact', outcome);\n      return [];",
    to: 'return [];',
    noticedBy: PASS,
  },
  {
    name: 'leaves the old group before the sweep',
    file: 'pass/carry-out.ts',
    from: 'let moving = await sweep(wave, screened, pass);\n    logMoves(moving, pass);\n    moving = (await leaveGroups(moving, plans, pass)).begun;',
    to: 'let moving = (await leaveGroups(wave, plans, pass)).begun;\n    moving = await sweep(moving, screened, pass);\n    logMoves(moving, pass);',
    noticedBy: [...PASS, ...PROPERTIES],
  },
  {
    name: 'takes the label off before the sweep',
    file: 'pass/carry-out.ts',
    from: 'let moving = await sweep(wave, screened, pass);\n    logMoves(moving, pass);\n    moving = (await leaveGroups(moving, plans, pass)).begun;\n    await finish(moving, screened, pass);',
    to: 'await finish(wave, screened, pass);\n    let moving = await sweep(wave, screened, pass);\n    logMoves(moving, pass);\n    moving = (await leaveGroups(moving, plans, pass)).begun;',
    noticedBy: [...PASS, ...PROPERTIES],
  },
  {
    name: 'never leaves the old group',
    file: 'pass/carry-out.ts',
    from: 'moving = (await leaveGroups(moving, plans, pass)).begun;',
    to: '',
    noticedBy: [...PASS, 'history/history.test.ts'],
  },
  {
    name: 'takes a decision back, although a card that may be the sender’s cannot be read',
    file: 'pass/take-back.ts',
    from: 'if (doubt === null || contact !== null) return true;',
    to: 'if (doubt === null || contact === null) return true;',
    noticedBy: ['unit/pass/take-back.test.ts'],
  },
  {
    name: 'does not read the groups back after leaving one',
    file: 'pass/leave-step.ts',
    from: ') ?? findStill(membership.leave, readBack);',
    to: ');',
    noticedBy: ['unit/pass/triage-pass-faults.test.ts'],
  },
  {
    name: 'takes a decision back, and leaves the sender in its group',
    file: 'pass/take-back.ts',
    from: 'const left = await leaveGroups(begun, plans, pass);',
    to: 'const left = { begun, readBack: null };',
    noticedBy: ['history/history.test.ts'],
  },
  {
    name: 'takes a decision back, although the card could not be deleted',
    file: 'pass/take-back.ts',
    from: 'if (hasFailed) continue;',
    to: '',
    noticedBy: ['history/history.test.ts'],
  },
  {
    name: 'does not look again for emails that came in meanwhile',
    file: 'pass/sweep-step.ts',
    from: 'round <= MOST_ROUNDS && active.length > 0',
    to: 'round <= 1 && active.length > 0',
    noticedBy: PASS,
  },
  {
    name: 'takes a listing for complete although it lacks known emails',
    file: 'pass/sweep-step.ts',
    from: 'if (active.some((one) => hasUnlisted(one, listedIds, pass))) {',
    to: 'if (active.length < 0) {',
    noticedBy: ['unit/pass/short-listing.test.ts'],
  },
  {
    name: 'does not list Screener when the server said that it is empty',
    file: 'pass/sweep-step.ts',
    from: 'id === snapshot.layout.screenerId || !snapshot.emptyMailboxIds.has(id)',
    to: '!snapshot.emptyMailboxIds.has(id)',
    noticedBy: ['unit/pass/short-listing.test.ts'],
  },
  {
    name: 'takes a sender to be out of a group that a second answer lacks',
    file: 'pass/read-account.ts',
    from: 'requireAll(named, (await groups) ?? named)',
    to: '(await groups) ?? named',
    noticedBy: ['unit/pass/short-listing.test.ts'],
  },
  {
    name: 'finishes a sender that failed while a place was listed again',
    file: 'pass/sweep-step.ts',
    from: 'return { active: await sweepOldPlaces(begun, ids, pass), ids };',
    to: 'await sweepOldPlaces(begun, ids, pass);\n  return { active: begun, ids };',
    noticedBy: ['unit/pass/lost-track.test.ts'],
  },
  {
    name: 'believes a search that lacks an email known to be in the old place',
    file: 'pass/old-places.ts',
    from: 'if (lacksKnown(active, placeId, placeListed, pass)) {',
    to: 'if (active.length < 0) {',
    noticedBy: ['unit/pass/old-places.test.ts'],
  },
  {
    name: 'lets new senders wait for the listing of others’ old places',
    file: 'pass/carry-out.ts',
    from: 'of [begun.filter(isNew), begun.filter((one) => !isNew(one))]',
    to: 'of [begun]',
    noticedBy: ['unit/pass/old-places.test.ts'],
  },
  {
    name: 'lets the last of a sender’s several failures decide, not the refusal',
    file: 'pass/patches.ts',
    from: "if (sender !== undefined && failed.get(sender)?.kind !== 'refused')",
    to: 'if (sender !== undefined)',
    noticedBy: ['unit/pass/several-failures.test.ts'],
  },
  {
    name: 'leaves the error label on emails of a card’s other address',
    file: 'pass/finish-step.ts',
    from: 'createFindBegun(begun, ({ plan }) => cardAddresses(plan))',
    to: 'createFindBegun(begun)',
    noticedBy: PASS,
  },
  {
    name: 'puts no error label on emails that the server refuses for good',
    file: 'pass/error-labels.ts',
    from: '.filter(({ sender }) => ledger.isRefused(sender))',
    to: '.filter(({ sender }) => !ledger.isRefused(sender))',
    noticedBy: PASS,
  },
];

const MEANWHILE = ['unit/pass/user-meanwhile.test.ts'];

const MAIL: readonly Breakage[] = [
  {
    name: 'changes emails whatever has happened to them since (no ifInState)',
    file: 'mail/email-patches.ts',
    from: 'state === null ? { update } : { ifInState: state, update }',
    to: '{ update }',
    noticedBy: ['unit/mail/email-patches.test.ts', 'contract/mail-store.test.ts'],
  },
  {
    name: 'moves an email that the user has moved meanwhile',
    file: 'pass/known-emails.ts',
    from: 'plan(email, this.#changedIds.has(id))',
    to: 'plan(email, false)',
    noticedBy: ['unit/pass/known-emails.test.ts'],
  },
  {
    name: 'does not read what changed before it plans again',
    file: 'pass/known-emails.ts',
    from: 'await this.catchUp();\n      due = ',
    to: 'due = ',
    noticedBy: MEANWHILE,
  },
  {
    name: 'takes an email for moved about which the server said nothing',
    file: 'pass/known-emails.ts',
    from: 'outcomes.get(id) ?? NO_ANSWER',
    to: "outcomes.get(id) ?? { kind: 'updated' as const }",
    noticedBy: ['unit/pass/known-emails.test.ts'],
  },
  {
    name: 'takes an email for unchanged that the server leaves out of its changes',
    file: 'mail/email-changes.ts',
    from: 'const isShort = ids.some(',
    to: 'const isShort = [].some(',
    noticedBy: ['contract/mail-changes.test.ts'],
  },
  {
    name: 'takes the first of several steps of changes for all of them',
    file: 'mail/email-changes.ts',
    from: 'if (step.changes.hasMoreChanges) continue;',
    to: '',
    noticedBy: ['contract/mail-changes.test.ts'],
  },
  {
    name: 'takes HTTP 200 for success: ignores notUpdated',
    file: 'mail/email-patches.ts',
    from: 'if (Object.hasOwn(notUpdated, emailId)) {',
    to: 'if (Object.hasOwn(notUpdated, emailId) && updated === null) {',
    noticedBy: ['unit/mail/email-patches.test.ts'],
  },
  {
    name: 'lets the mailbox taken off win over the one put on',
    file: 'mail/email-patches.ts',
    from: 'for (const id of remove) changes[pointerTo(id)] = null;\n    for (const id of add) changes[pointerTo(id)] = true;',
    to: 'for (const id of add) changes[pointerTo(id)] = true;\n    for (const id of remove) changes[pointerTo(id)] = null;',
    noticedBy: ['unit/mail/email-patches.test.ts'],
  },
  {
    name: 'sends more objects than the server takes',
    file: 'mail/email-patches.ts',
    from: 'this.#updates.slice(0, this.#maxObjects)',
    to: 'this.#updates.slice(0)',
    noticedBy: ['unit/mail/email-patches.test.ts'],
  },
  {
    name: 'ends a listing at a page that adds nothing, by position',
    file: 'mail/email-pages.ts',
    from: '{ anchor: this.#lastId, anchorOffset: 1, limit: this.#limit }',
    to: '{ position: this.#position, limit: this.#limit }',
    noticedBy: ['unit/mail/email-pages.test.ts'],
  },
  {
    name: 'takes a refusal for now (rateLimit) for a final one',
    file: 'mail/jmap/write-failure.ts',
    from: "  'rateLimit',\n",
    to: '',
    noticedBy: ['unit/mail/email-patches.test.ts', 'contract/mail-store-faults.test.ts'],
  },
];

const CONTACT_CARDS: readonly Breakage[] = [
  {
    name: 'gives up at a 412, when somebody else has just edited the group',
    file: 'contacts/group-cards.ts',
    from: 'if (hasStatus(error, 412)) return false;',
    to: '',
    noticedBy: CONTACTS,
  },
  {
    name: 'writes over a card that was changed meanwhile',
    file: 'contacts/dav/client.ts',
    from: 'vCard: { url, data: asBody(raw), etag },',
    to: 'vCard: { url, data: asBody(raw) },',
    noticedBy: CONTACTS,
  },
  {
    name: 'writes with a weak ETag',
    file: 'contacts/dav/etag.ts',
    from: 'return /^"[',
    to: 'return /^(?:W\\/)?"[',
    noticedBy: CONTACTS,
  },
  {
    name: 'takes a log-in page for a stored card',
    file: 'contacts/dav/guard.ts',
    from: 'if (isPage(type) && (response.status === 200 || !(await isEmpty(response)))) {',
    to: "if (isPage(type) && type === '') {",
    noticedBy: CONTACTS,
  },
  {
    name: 'takes a listing that was cut short (507) for a complete one',
    file: 'contacts/dav/multistatus.ts',
    from: 'if (response.status === 507) {',
    to: 'if (response.status === 9507) {',
    noticedBy: ['unit/contacts/dav/multistatus.test.ts'],
  },
  {
    name: 'makes a second contact where there is one already (412)',
    file: 'contacts/contact-saving.ts',
    from: 'if (book !== undefined && hasStatus(error, 412)) {',
    to: 'if (book !== undefined && hasStatus(error, 9412)) {',
    noticedBy: CONTACTS,
  },
  {
    name: 'makes a second contact where the server lists a card that it does not have',
    file: 'contacts/contact-saving.ts',
    from: 'if (href === target.href) {',
    to: "if (href === '') {",
    noticedBy: CONTACTS,
  },
  {
    name: 'puts new cards into any book, not into the default one',
    file: 'contacts/discovery.ts',
    from: 'return rank(a) - rank(b) || (a.url < b.url ? -1 : 1);',
    to: 'return a.url < b.url ? -1 : 1;',
    noticedBy: CONTACTS,
  },
  {
    name: 'writes a decision into a NOTE of another character set',
    file: 'contacts/vcard/edit.ts',
    from: '    !isUtf8(note) ||\n',
    to: '',
    noticedBy: ['unit/contacts/vcard/edit.decisions.test.ts'],
  },
  {
    name: 'writes a decision into the first NOTE, not behind the last decision',
    file: 'contacts/vcard/edit.ts',
    from: '(decided === undefined ? notes : [decided])',
    to: '(decided === undefined ? notes : notes)',
    noticedBy: ['unit/contacts/vcard/edit.decisions.test.ts'],
  },
  {
    name: 'adds an address that the card already has',
    file: 'contacts/vcard/edit.ts',
    from: 'if (hasFoundAddress(part, address)) return [];',
    to: '',
    noticedBy: ['unit/contacts/vcard/edit.test.ts'],
  },
  {
    name: 'sends credentials to any host',
    file: 'http/trust.ts',
    from: 'if (isSamePlace(url, configured) || isSubdomain(url, configured)) return;',
    to: 'if (url.host !== "") return;',
    noticedBy: ['unit/http/trust.test.ts'],
  },
  {
    name: 'sends credentials over plain http',
    file: 'http/trust.ts',
    from: 'if (!isSafeTransport(url)) {',
    to: 'if (!isSafeTransport(url) && url.host === "") {',
    noticedBy: ['unit/http/trust.test.ts'],
  },
  {
    name: 'takes the end of a foreign host name for a subdomain',
    file: 'http/trust.ts',
    from: 'if (!hostname.endsWith(`.${parent}`)) return false;',
    to: 'if (!hostname.endsWith(parent)) return false;',
    noticedBy: ['unit/http/trust.test.ts'],
  },
  {
    name: 'tries again what is refused for good, and never what is refused for now',
    file: 'http/retry.ts',
    from: 'if (!isPassing(error)) return null;',
    to: 'if (isPassing(error)) return null;',
    noticedBy: ['unit/http/retry.test.ts'],
  },
  {
    name: 'prints secrets in another encoding (base64)',
    file: 'log/redaction.ts',
    from: "    base64,\n    base64.replace(/=+$/u, ''),\n",
    to: '',
    noticedBy: ['unit/log/redaction.test.ts'],
  },
  {
    name: 'prints secrets in names of fields',
    file: 'log/value.ts',
    from: '[showText(key, context), showMember',
    to: '[key, showMember',
    noticedBy: ['unit/log/logger.test.ts'],
  },
  {
    name: 'prints what is in a field named like a secret',
    file: 'log/redaction.ts',
    from: 'return /^(?:proxy-)?authorization$',
    to: 'return /^(?:proxy-)?never$',
    noticedBy: ['unit/log/logger.test.ts', 'unit/log/redaction.test.ts'],
  },
  {
    name: 'takes an unreadable state for a fresh installation',
    file: 'state/state.ts',
    from: 'return state.lastSuccessfulRun !== null || state.wasLost;',
    to: 'return state.lastSuccessfulRun !== null;',
    noticedBy: ['unit/state/state.test.ts'],
  },
  {
    name: 'is healthy however long ago the last pass was',
    file: 'state/health.ts',
    from: "if (ageMs !== 'never' && ageMs >= 2 *",
    to: "if (ageMs !== 'never' && ageMs >= 2_000_000 *",
    noticedBy: ['unit/state/health.test.ts'],
  },
];

/** In the order of the table of tests/README.md. */
export const BREAKAGES: readonly Breakage[] = [
  ...AUTHOR,
  ...PLAN,
  ...SWEEP,
  ...STEPS,
  ...MAIL,
  ...CONTACT_CARDS,
];
