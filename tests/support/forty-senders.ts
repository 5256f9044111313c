import type { OnStandIn } from './run-mailroom-on-stand-in.ts';

/* Names and addresses as long as those of real newsletters, shops and people. */
const SENDERS: readonly string[] = [
  'Anna Berg <anna.berg@lake.example>',
  'Benedict Okafor-Smythe <benedict.okafor.smythe@university.example>',
  'Corner Bakery <orders@bakery.example>',
  '"Dr. Molar, Dentists" <reception@molar.example>',
  'Election Office <no-reply@elections.county.example>',
  'Fernweh Travel <offers@fernweh-travel.example>',
  'GitForge <notifications@gitforge.example>',
  'Harbour Ferries <tickets@ferries.example>',
  'Insurance4You <customer-service-no-reply@insurance.example>',
  'Jo <jo@jo.example>',
  'Kitchen Weekly <newsletter@kitchen-weekly.example>',
  'Library of Northtown <loans@library.northtown.example>',
  'Mega Deals <deals@deals.example>',
  'Night Owl Radio <hello@nightowl.example>',
  'Online Bank <statements@secure.onlinebank.example>',
  'Parcel Tracking <track@parcel.example>',
  'Quiet Books <club@books.example>',
  'Rail Company <no-reply-bookings@mail.railways.example>',
  'Sara Lindqvist <sara@lindqvist.example>',
  'The Morning Paper <editors@morning.example>',
  'Uncle Bob <bob1948@freemail.example>',
  'Vineyard Letters <post@vineyard.example>',
  'Water Works <billing@water.example>',
  'Xylophone School <lessons@xylo.example>',
  'Youth Club <board@youth.example>',
  'Zoo Friends <friends@zoo.example>',
  'Art House Cinema <programme@arthouse.example>',
  'Bike Repair <service@bikes.example>',
  'Cloud Invoices <invoice+statements@billing.cloud.example>',
  'Data Digest <digest@data.example>',
  'Energy Saver <info@energy.example>',
  'Football Scores <scores@football.example>',
  'Garden Shop <shop@garden.example>',
  'Hiking Group <walks@hiking.example>',
  'Ice Cream Van <van@ice.example>',
  'Jazz Cellar <tickets@jazz.example>',
  'Kids Camp <summer@camp.example>',
  'Loyalty Points <points@loyalty-programme.example>',
  'Museum Shop <museum@shop.example>',
  'News of the Valley <news@valley.example>',
];

const LABELS = ['@ToFeed', '@ToPaperTrail', '@ToImbox', '@ToJail', '@ToPerson'];

/** 40 senders that are new, with up to 12 emails each. */
export async function arrangeFortySenders({ scenario }: OnStandIn): Promise<void> {
  for (const [index, from] of SENDERS.entries()) {
    const label = LABELS[index % LABELS.length] ?? '';
    await scenario.email({ from, in: ['Screener', label] });
    await scenario.emails((index * 7) % 12, { from, in: ['Screener'] });
  }
}
