import { contactCard, openTortureAccount, type Story } from '../support/torture-account.ts';
import { setUpMailroom } from '../support/torture-run.ts';
import {
  type Edit,
  editCard,
  editGroup,
  moveAll,
  requireLine,
  requirePlace,
} from './phone-edit.ts';
import { EDITS_OF_TAKEN_BACK } from './phone-taken-back.ts';
import { misplaced } from './same-end.ts';
import { FEW_WRITES, TAKEN_BACK } from './stories.ts';
import { type Ordeal, pick, requireNone, type Trial } from './trials.ts';

/** Emails of FEW_WRITES. */
const NEW = 0;
const NEW_BACKLOG = 1;
const MOVING_OLD = 4;
const BYSTANDER = 5;

const EDITS: readonly Edit[] = [
  {
    name: 'a note gets another line',
    act: (world) =>
      editCard(world, 'card-known', (card) => card.replace('in Rome', 'in Rome\\, May')),
    findLost: (world) => requireLine(world, 'card-known', /^NOTE:met in Rome\\, May/u),
    allows: /card-known.* has lost a line/u,
  },
  {
    name: 'a telephone number is added',
    act: (world) =>
      editCard(world, 'card-moving', (card) =>
        card.replace('END:VCARD', 'TEL;TYPE=CELL:+1 555 0199\r\nEND:VCARD'),
      ),
    findLost: (world) => requireLine(world, 'card-moving', /0199$/u),
  },
  {
    name: 'an address is added, in a group of the card',
    act: (world) =>
      editCard(world, 'card-known', (card) =>
        card.replace('END:VCARD', 'item2.EMAIL:second@t.example\r\nEND:VCARD'),
      ),
    findLost: (world) => requireLine(world, 'card-known', /item2\.EMAIL.*second@/iu),
  },
  {
    name: 'somebody else is put into a group that is written',
    act: (world) =>
      editGroup(world, 'Imbox', (card) =>
        card.replace(
          'END:VCARD',
          'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card-bystander\r\nEND:VCARD',
        ),
      ),
    findLost: ({ picture }) =>
      picture().groups['Imbox']?.includes('card-bystander') === true
        ? []
        : ['the member that was put in is not in the group'],
  },
  {
    name: 'somebody else is taken out of a group that is written',
    act: (world) =>
      editGroup(world, 'Jail', (card) =>
        card.replace(/X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card-bystander\r\n/iu, ''),
      ),
    findLost: ({ picture }) =>
      picture().groups['Jail']?.includes('card-bystander') === true
        ? ['the member that was taken out is back']
        : [],
  },
  {
    name: 'somebody else is put into the group that is left',
    act: (world) =>
      editGroup(world, 'Feed', (card) =>
        card.replace('END:VCARD', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:card-else\r\nEND:VCARD'),
      ),
    findLost: ({ picture }) =>
      picture().groups['Feed']?.includes('card-else') === true
        ? []
        : ['the member that was put in is not in the group'],
  },
  {
    name: 'a label is put on a screened email',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[NEW_BACKLOG] ?? '', { add: [mailboxId('Archive')] }),
    findLost: (world) => requirePlace(world, NEW_BACKLOG, ['Archive + Feed']),
    touches: [NEW_BACKLOG],
  },
  {
    name: 'a label is put on an email of the old destination',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[MOVING_OLD] ?? '', { add: [mailboxId('Sent')] }),
    findLost: (world) => requirePlace(world, MOVING_OLD, ['Feed + Sent', 'Jail + Sent']),
    touches: [MOVING_OLD],
  },
  {
    name: 'a screened email is deleted for good',
    act: ({ account, emailIds }) => account.deleteEmail(emailIds[NEW_BACKLOG] ?? ''),
    findLost: (world) => requirePlace(world, NEW_BACKLOG, ['gone']),
    touches: [NEW_BACKLOG],
  },
  {
    name: 'a screened email is moved to the trash',
    act: (world) => moveAll(world, NEW_BACKLOG, 'Trash'),
    findLost: (world) => requirePlace(world, NEW_BACKLOG, ['Trash', 'Feed + Trash']),
    touches: [NEW_BACKLOG],
  },
  {
    name: 'the labelled email is deleted for good',
    act: ({ account, emailIds }) => account.deleteEmail(emailIds[NEW] ?? ''),
    findLost: (world) => [
      ...requirePlace(world, NEW, ['gone']),
      ...requirePlace(world, NEW_BACKLOG, ['Screener', 'Feed']),
    ],
    touches: [NEW, NEW_BACKLOG],
  },
  {
    name: 'the triage label is taken off',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[NEW] ?? '', {
        add: [mailboxId('Archive')],
        remove: [mailboxId('@ToFeed')],
      }),
    findLost: (world) => [
      ...requirePlace(world, NEW, ['Archive + Screener', 'Archive + Feed']),
      ...requirePlace(world, NEW_BACKLOG, ['Screener', 'Feed']),
    ],
    touches: [NEW, NEW_BACKLOG],
  },
  {
    name: 'a second, contradicting label is put on',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[NEW] ?? '', { add: [mailboxId('@ToJail')] }),
    // If the pass sees it in time it is a conflict; otherwise the next pass sees a re-triage.
    findLost: (world) => [
      ...requirePlace(world, NEW, ['@MailroomError + @ToFeed + @ToJail + Screener', 'Jail']),
      // If the contact was already in the group, the rest of its mail is where that group leads.
      ...requirePlace(world, NEW_BACKLOG, ['Screener', 'Feed', 'Jail']),
    ],
    touches: [NEW, NEW_BACKLOG],
  },
  {
    name: 'another sender is given a label',
    act: ({ account, emailIds, mailboxId }) =>
      account.moveEmail(emailIds[BYSTANDER] ?? '', { add: [mailboxId('@ToFeed')] }),
    findLost: (world) => requirePlace(world, BYSTANDER, ['Feed']),
    touches: [BYSTANDER],
  },
  {
    name: 'the user makes a contact of the new sender, too',
    act: async ({ account }) => {
      await account.putCard('card-own.vcf', contactCard('card-own', OWN_CARD));
    },
    findLost: (world) => requireLine(world, 'card-own', /^TEL:\+1 555 0177$/u),
    allows: /new@t\.example has 2 cards|new@t\.example is not in/u,
  },
  {
    name: 'the contact is deleted',
    act: ({ account, hrefOf }) => account.deleteCard(hrefOf('card-known')),
    findLost: () => [],
    allows: /card-known|known@t\.example/u,
  },
  {
    name: 'a group is renamed',
    act: (world) => editGroup(world, 'Paper Trail', (card) => card.replace('FN:Paper', 'FN:White')),
    findLost: ({ picture }) =>
      'White Trail' in picture().groups ? [] : ['the group has another name again'],
    // The account is no longer set up, so nothing more may happen to it.
    touches: [0, 1, 2, 3, 4],
  },
  {
    name: 'the group that a sender goes into is deleted',
    act: async ({ account }) => {
      for (const [href, { card }] of await account.cards()) {
        if (card.includes('\r\nFN:Jail\r\n')) await account.deleteCard(href);
      }
    },
    findLost: ({ picture }) => ('Jail' in picture().groups ? ['the group is back'] : []),
    touches: [0, 1, 2, 3, 4],
    // Once the pass has moved it there, the user takes it out of its last group.
    allows: /^card-moving is in no group/u,
  },
  {
    name: 'the mailbox that emails go to is deleted, as long as it is empty',
    act({ account, mailboxId }) {
      const id = mailboxId('Jail');
      if (account.mail.countEmails(id) === 0) account.mail.deleteMailbox(id);
    },
    findLost: ({ account }) =>
      account.mail.findMailbox('Jail', null) === undefined ||
      account.mail.countEmails(account.mail.findMailbox('Jail', null)?.id ?? '') > 0
        ? []
        : ['the mailbox is back'],
    touches: [0, 1, 2, 3, 4],
  },
];

const OWN_CARD = ['FN:New Co', 'N:;;;;', 'EMAIL:new@t.example', 'TEL:+1 555 0177'];

/** Every edit, just before every request of a pass; then two more passes. */
export function editedOnAPhone(): Ordeal {
  return {
    name: 'phone',
    promise: `A pass while somebody edits the same contacts, groups and emails on a phone (${EDITS.length + EDITS_OF_TAKEN_BACK.length} edits, each tried before every request): none of these edits is lost`,
    *trials({ seed, size }) {
      const made = EDITS.flatMap((edit) =>
        requestsUpTo(29).map((request) => toTrial(edit, request, FEW_WRITES)),
      );
      const takenBack = EDITS_OF_TAKEN_BACK.flatMap((edit) =>
        requestsUpTo(44).map((request) => toTrial(edit, request, TAKEN_BACK)),
      );
      yield* size === 'all' ? made : pick(made, 50, seed);
      yield* size === 'all' ? takenBack : pick(takenBack, 30, seed);
    },
  };
}

/**
 * Requests: a pass of FEW_WRITES makes 27, one of TAKEN_BACK 42. Later numbers hit the next pass.
 */
function requestsUpTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function toTrial(
  { name, act, findLost, touches = [], allows }: Edit,
  request: number,
  story: Story,
): Trial {
  return {
    name: `${name}, before request ${request}`,
    async run() {
      const world = await openTortureAccount(story);
      const mailroom = await setUpMailroom(world.account);
      let isDone = false;
      world.account.faults.push({
        on: 'any',
        nth: request,
        mayMiss: true,
        fault: {
          kind: 'otherClient',
          async act() {
            await act(world);
            isDone = true;
          },
        },
      });
      try {
        // One pass, one for what came too late for it, and one more for what came too late for
        // that.
        for (let passes = 0; passes < 3; passes += 1) await mailroom.pass();
        if (!isDone) throw new Error('there were fewer requests: nothing was edited');
        const isOfTheEdit = (problem: string): boolean =>
          allows?.test(problem) === true ||
          touches.some((index) =>
            new RegExp(`^email ${index} |while ${index} is in `, 'u').test(problem),
          );
        requireNone([
          ...findLost(world),
          ...world.findHarm().filter((harm) => !isOfTheEdit(harm)),
          ...misplaced(world.story, world.picture()).filter((problem) => !isOfTheEdit(problem)),
        ]);
      } finally {
        await world.account.close();
        await mailroom.remove();
      }
    },
  };
}
