import { uidFor } from '../../src/contacts/contact-id.ts';
import { anAddress } from './builders.ts';
import type { OnStandIn } from './run-mailroom-on-stand-in.ts';

/** A sender whose new card the server refuses, if `refuseCard` says so. */
export const REFUSED = anAddress('refused@kind.example');

/** An account with one case of everything that a pass can report. */
export async function arrangeEveryKind({ account, scenario, mailroom }: OnStandIn): Promise<void> {
  const screener = await account.createMailbox('@ToScreener');
  const emails = (count: number, from: string | null, ...places: string[]): Promise<unknown> =>
    scenario.emails(count, { from, in: places });
  const label = async (from: string, place: string, mailboxId: string): Promise<void> => {
    const id = await scenario.email({ from, in: [place] });
    await account.moveEmail(id, { add: [mailboxId] });
  };
  const card = async (address: string, name: string, group: string | null): Promise<void> => {
    const uid = `uid-of-${address}`;
    const lines = [`UID:${uid}`, `FN:${name}`, 'N:;;;;', `EMAIL:${address}`, 'NOTE:Flat 3'];
    await account.putCard(
      `${uid}.vcf`,
      ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n'),
    );
    if (group !== null) await scenario.addMember(group, uid);
  };

  // An earlier pass has made these senders contacts.
  await emails(1, 'Again <again@kind.example>', 'Screener', '@ToFeed');
  await emails(1, 'The Mover <mover@kind.example>', 'Screener', '@ToFeed');
  await emails(2, 'mover@kind.example', 'Screener');
  await emails(1, 'Taken Back <back@kind.example>', 'Screener', '@ToFeed');
  await mailroom.run();

  await emails(1, '"The News" <news@kind.example>', 'Screener', '@ToFeed');
  await emails(3, 'news@kind.example', 'Screener');
  await emails(1, 'Jane Doe <jane@kind.example>', 'Screener', '@ToPerson');
  await emails(1, 'Refused <refused@kind.example>', 'Screener', '@ToJail');
  await card('known@kind.example', 'Known', null);
  await emails(1, 'Known <known@kind.example>', 'Screener', '@ToPaperTrail');
  await card('nameless@kind.example', '', null);
  await emails(1, 'Nameless <nameless@kind.example>', 'Screener', '@ToFeed');
  await card('tom@kind.example', 'The landlord', 'Jail');
  await emails(2, 'Tom Reed <tom@kind.example>', 'Jail');
  await emails(1, 'Tom Reed <tom@kind.example>', 'Screener', '@ToImbox');
  await label('again@kind.example', 'Feed', scenario.mailboxId('@ToFeed'));
  await label('The Mover <mover@kind.example>', 'Feed', scenario.mailboxId('@ToJail'));
  await emails(1, 'both@kind.example', 'Screener', '@ToFeed');
  await emails(1, 'both@kind.example', 'Screener', '@ToJail');
  await emails(1, null, 'Screener', '@ToFeed');
  await label('Taken Back Ltd <back@kind.example>', 'Feed', screener);
  await card('kept@kind.example', 'An old friend', 'Jail');
  await label('kept@kind.example', 'Jail', screener);
}

/** From now on the server refuses every card of `REFUSED`. */
export function refuseCard({ account }: OnStandIn): void {
  account.faults.push({
    on: 'put-card',
    times: Infinity,
    when: ({ path }) => path.includes(uidFor(REFUSED, 1)),
    mayMiss: true,
    fault: { kind: 'status', status: 403 },
  });
}
