import { uidFor } from '../../src/contacts/contact-id.ts';
import type { SenderAddress } from '../../src/triage/model.ts';
import type { Story } from '../support/torture-account.ts';

/** Every kind of write that a pass makes, with as few emails as possible. */
export const EVERY_WRITE: Story = {
  emails: [
    // A new company, with a backlog.
    { from: 'New Co <new@t.example>', in: ['Screener', '@ToFeed'], ends: ['Feed'] },
    { from: 'new@t.example', in: ['Screener'], ends: ['Feed'] },
    { from: 'New Co <NEW@t.example>', in: ['Archive', 'Screener'], ends: ['Archive', 'Feed'] },
    // A new person.
    { from: '"Doe, Jane" <jane@t.example>', in: ['Screener', '@ToPerson'], ends: ['Inbox'] },
    { from: '"Doe, Jane" <jane@t.example>', in: ['Screener'], ends: ['Inbox'] },
    // An existing contact whose address a server's filter does not see.
    { from: 'Known <known@t.example>', in: ['Screener', '@ToImbox'], ends: ['Inbox'] },
    // Re-triage: the labelled email, the old destination and Screener.
    { from: 'Moving <moving@t.example>', in: ['Feed', '@ToJail'], ends: ['Jail'] },
    { from: 'Moving <moving@t.example>', in: ['Feed'], ends: ['Jail'] },
    { from: 'Moving <moving@t.example>', in: ['Screener'], ends: ['Jail'] },
    { from: 'Moving <moving@t.example>', in: ['Archive', 'Feed'], ends: ['Archive', 'Feed'] },
    // A conflict.
    {
      from: 'Torn <torn@t.example>',
      in: ['Screener', '@ToFeed'],
      ends: ['Screener', '@ToFeed', '@MailroomError'],
    },
    {
      from: 'Torn <torn@t.example>',
      in: ['Screener', '@ToJail'],
      ends: ['Screener', '@ToJail', '@MailroomError'],
    },
    { from: 'Torn <torn@t.example>', in: ['Screener'], ends: ['Screener'] },
    // A conflict that the user has resolved.
    {
      from: 'Healed <healed@t.example>',
      in: ['Screener', '@ToPaperTrail', '@MailroomError'],
      ends: ['Paper Trail'],
    },
    {
      from: 'Healed <healed@t.example>',
      in: ['Screener', '@MailroomError'],
      ends: ['Paper Trail'],
    },
    // A name that differs from the contact's; and a name that no longer differs.
    {
      from: 'Mallory <named@t.example>',
      in: ['Screener', '@ToFeed'],
      ends: ['Feed', '@MailroomWarning'],
    },
    { from: 'Bob <alike@t.example>', in: ['Screener', '@ToFeed'], ends: ['Feed'] },
    { from: 'Bobby <alike@t.example>', in: ['Feed', '@MailroomWarning'], ends: ['Feed'] },
    // Nobody's email, and a sender whose card is always refused.
    { from: null, in: ['Screener', '@ToFeed'], ends: ['Screener', '@ToFeed', '@MailroomError'] },
    {
      from: 'Refused <refused@t.example>',
      in: ['Screener', '@ToJail'],
      ends: ['Screener', '@ToJail', '@MailroomError'],
    },
    { from: 'Refused <refused@t.example>', in: ['Screener'], ends: ['Screener'] },
    // Emails of others who only look like these senders.
    { from: 'New Co <xnew@t.example>', in: ['Screener'], ends: ['Screener'] },
  ],
  cards: [
    {
      uid: 'card-known',
      lines: ['FN:Known', 'N:;;;;', 'item1.EMAIL:known@t.example', 'NOTE:met in Rome'],
    },
    {
      uid: 'card-moving',
      lines: ['FN:Moving', 'N:;;;;', 'EMAIL:moving@t.example', 'TEL:+1 555 0100'],
      groups: ['Feed'],
    },
    { uid: 'card-named', lines: ['FN:Alice', 'N:;;;;', 'EMAIL:named@t.example'] },
    {
      uid: 'card-alike',
      lines: ['FN:Bob', 'N:;;;;', 'EMAIL:alike@t.example'],
      groups: ['Feed'],
    },
    {
      uid: 'card-bystander',
      lines: ['FN:By', 'N:;;;;', 'EMAIL:by@t.example'],
      groups: ['Feed', 'Jail'],
    },
  ],
  routes: {
    'new@t.example': 'Feed',
    'jane@t.example': 'Imbox',
    'known@t.example': 'Imbox',
    'moving@t.example': 'Jail',
    'torn@t.example': null,
    'healed@t.example': 'Paper Trail',
    'named@t.example': 'Feed',
    'alike@t.example': 'Feed',
    'refused@t.example': null,
    'xnew@t.example': null,
  },
  refused: ['refused@t.example'],
};

/**
 * A new sender, a known one and a re-triage: cases in which two passes can get in each other's way.
 */
export const FEW_WRITES: Story = {
  emails: [
    { from: 'New Co <new@t.example>', in: ['Screener', '@ToFeed'], ends: ['Feed'] },
    { from: 'new@t.example', in: ['Screener'], ends: ['Feed'] },
    { from: 'Known <known@t.example>', in: ['Screener', '@ToImbox'], ends: ['Inbox'] },
    { from: 'Moving <moving@t.example>', in: ['Feed', '@ToJail'], ends: ['Jail'] },
    { from: 'Moving <moving@t.example>', in: ['Feed'], ends: ['Jail'] },
    { from: 'By <by@t.example>', in: ['Feed'], ends: ['Feed'] },
  ],
  cards: EVERY_WRITE.cards.filter(({ uid }) =>
    ['card-known', 'card-moving', 'card-bystander'].includes(uid),
  ),
  routes: {
    'new@t.example': 'Feed',
    'known@t.example': 'Imbox',
    'moving@t.example': 'Jail',
  },
};

/** A card as Mailroom makes it. */
function madeCard(address: string, name: string, decided: string): Story['cards'][number] {
  return {
    uid: madeUid(address),
    lines: [
      `FN:${name}`,
      'N:;;;;',
      `ORG:${name}`,
      `EMAIL;TYPE=INTERNET:${address}`,
      `NOTE:Mailroom 2026-11-01: ${decided} (contact added)`,
    ],
    groups: [decided],
  };
}

export function madeUid(address: string): string {
  return uidFor(address as SenderAddress, 1);
}

/** Decisions that are taken back, together with one that is made. */
export const TAKEN_BACK: Story = {
  emails: [
    // Mailroom made the card, and nobody changed it: the sender is unknown again.
    { from: 'Back <back@t.example>', in: ['Feed', '@ToScreener'], ends: ['Screener'] },
    { from: 'Back <back@t.example>', in: ['Feed'], ends: ['Screener'] },
    { from: 'Back <back@t.example>', in: ['Archive', 'Feed'], ends: ['Archive', 'Feed'] },
    { from: 'Back <back@t.example>', in: ['Inbox'], ends: ['Inbox'] },
    // The user's own card stays, with a line, and the user is told.
    {
      from: 'Own <own@t.example>',
      in: ['Jail', '@ToScreener'],
      ends: ['Screener', '@MailroomWarning'],
    },
    { from: 'Own <own@t.example>', in: ['Jail'], ends: ['Screener'] },
    // No card: only the label.
    { from: 'Never <never@t.example>', in: ['Inbox', '@ToScreener'], ends: ['Screener'] },
    // A conflict.
    {
      from: 'Torn <torn@t.example>',
      in: ['Feed', '@ToScreener'],
      ends: ['Feed', '@ToScreener', '@MailroomError'],
    },
    {
      from: 'Torn <torn@t.example>',
      in: ['Screener', '@ToJail'],
      ends: ['Screener', '@ToJail', '@MailroomError'],
    },
    // A decision made at the same time, for the group that another sender leaves.
    { from: 'New Co <new@t.example>', in: ['Screener', '@ToFeed'], ends: ['Feed'] },
    { from: 'new@t.example', in: ['Screener'], ends: ['Feed'] },
    // Mail of somebody else, which stays where it is.
    { from: 'By <by@t.example>', in: ['Feed'], ends: ['Feed'] },
  ],
  cards: [
    madeCard('back@t.example', 'Back', 'Feed'),
    {
      uid: 'card-own',
      lines: ['FN:Own', 'N:;;;;', 'EMAIL:own@t.example', 'TEL:+1 555 0100'],
      groups: ['Jail'],
    },
    madeCard('torn@t.example', 'Torn', 'Feed'),
    madeCard('by@t.example', 'By', 'Feed'),
  ],
  routes: {
    'back@t.example': null,
    'own@t.example': null,
    'never@t.example': null,
    'torn@t.example': 'Feed',
    'new@t.example': 'Feed',
    'by@t.example': 'Feed',
  },
  removable: [madeUid('back@t.example')],
};
