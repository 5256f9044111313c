import type { TortureAccount } from '../support/torture-account.ts';
import { type Edit, editGroup, moveAll, requirePlace } from './phone-edit.ts';
import { madeUid } from './stories.ts';

/* What the user does on a phone while the decisions of TAKEN_BACK are taken back. */

/** Emails of TAKEN_BACK. */
const BACK = 0;
const BACK_OLD = 1;

export const EDITS_OF_TAKEN_BACK: readonly Edit[] = [
  {
    name: 'the card that is to be deleted gets a telephone number',
    act: (world) => editMadeCard(world, (card) => card.replace('END:VCARD', `${TEL}\r\nEND:VCARD`)),
    findLost: (world) => findLostOnCard(world, TEL),
    touches: [BACK],
  },
  {
    name: 'the card that is to be deleted gets a word in its note',
    act: (world) => editMadeCard(world, (card) => card.replace('NOTE:', 'NOTE:Met in Rome\\n')),
    findLost: (world) => findLostOnCard(world, 'Met in Rome'),
    touches: [BACK],
    allows: /has lost a line/u,
  },
  {
    name: 'the card that is to be deleted is deleted',
    act: async ({ account, hrefOf }) => {
      const href = hrefOf(MADE);
      if ((await account.cards()).has(href)) await account.deleteCard(href);
    },
    // Without a card the sender is in no group, and nothing says where its mail went.
    findLost: (world) => requirePlace(world, BACK_OLD, ['Feed', 'Screener']),
    touches: [BACK, BACK_OLD],
  },
  {
    name: 'the label that takes back is taken off',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[BACK] ?? '', {
        add: [mailboxId('Archive')],
        remove: [mailboxId('@ToScreener')],
      }),
    findLost: (world) => [
      ...requirePlace(world, BACK, ['Archive + Feed', 'Archive + Screener']),
      ...requirePlace(world, BACK_OLD, ['Feed', 'Screener']),
    ],
    touches: [BACK, BACK_OLD],
  },
  {
    name: 'a label to another place is put on beside it',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[BACK] ?? '', { add: [mailboxId('@ToJail')] }),
    // If the pass sees it in time it is a conflict; otherwise the next pass sees a decision.
    findLost: (world) => [
      ...requirePlace(world, BACK, [
        '@MailroomError + @ToJail + @ToScreener + Feed',
        '@MailroomError + @ToJail + @ToScreener + Screener',
        'Jail',
      ]),
      ...requirePlace(world, BACK_OLD, ['Feed', 'Screener', 'Jail']),
    ],
    touches: [BACK, BACK_OLD],
    // If the card was deleted before, that decision makes a new one.
    allows: /back@t\.example is not in|has lost a line/u,
  },
  {
    name: 'an email on its way back is moved to the trash',
    act: (world) => moveAll(world, BACK_OLD, 'Trash'),
    findLost: (world) => requirePlace(world, BACK_OLD, ['Trash', 'Screener + Trash']),
    touches: [BACK_OLD],
  },
  {
    name: 'somebody else is put into the group that is left',
    act: (world) =>
      editGroup(world, 'Feed', (card) =>
        card.replace('END:VCARD', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card-own\r\nEND:VCARD'),
      ),
    findLost: () => [],
    allows: /own@t\.example is not in|email [45] /u,
  },
];

const MADE = madeUid('back@t.example');
const TEL = 'TEL:+1 555 0188';

/** What the user wrote on the card is still there, unless the card was already gone. */
function findLostOnCard({ picture, account }: TortureAccount, text: string): readonly string[] {
  const lines = picture().cards[`${account.contacts.homeHref}Default/${MADE}.vcf`];
  if (lines === undefined && !edited.has(account)) return [];
  return lines?.some((line) => line.includes(text)) === true ? [] : [`${text} is lost`];
}

/** Accounts in which the card still existed when it was edited. */
const edited = new WeakSet<TortureAccount['account']>();

async function editMadeCard(
  { account, hrefOf }: TortureAccount,
  change: (card: string) => string,
): Promise<void> {
  const stored = (await account.cards()).get(hrefOf(MADE));
  if (stored === undefined) return;
  edited.add(account);
  await account.putCard(`${MADE}.vcf`, change(stored.card));
}
