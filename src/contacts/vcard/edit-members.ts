import { memberKey } from '../../triage/model.ts';
import { withInsertions, type Insertion, insertLine, type WholeCardPart } from './edit.ts';
import { asRawCard, type RawCard } from './lines.ts';
import { isMemberName } from './parse.ts';
import { decodeRaw, toOctets } from './values.ts';

/**
 * The resource with members added to and removed from one of its group cards; nothing else changes.
 * A member is removed wherever it stands in the group, however it is written; one that is there is
 * not added again. UIDs as written on the contacts' cards.
 */
export function editGroupMembers(
  raw: RawCard,
  part: WholeCardPart,
  addUids: readonly string[],
  removeUids: readonly string[],
): RawCard {
  const members = part.lines
    .filter(({ name }) => isMemberName(name))
    .map((line) => ({ line, key: memberKey(decodeRaw(line)) }));
  const removedKeys = new Set(removeUids.map(memberKey).filter((key) => key !== ''));
  const presentKeys = new Set(members.map(({ key }) => key));
  const added = new Map<string, string>();
  for (const uid of addUids) {
    const key = memberKey(uid);
    if (key !== '' && !presentKeys.has(key) && !added.has(key)) added.set(key, memberUri(uid));
  }
  const name = memberProperty(part);
  const insertions = [...added.values()].map((uri): Insertion =>
    insertLine(part, `${name}:${toOctets(uri)}`),
  );
  const removals = members.filter(({ key }) => removedKeys.has(key)).map(({ line }) => line);
  // From the end on, and after the new lines, which stand behind them all.
  return removals.reduceRight<RawCard>(
    (text, { start, next }) => asRawCard(text.slice(0, start) + text.slice(next)),
    withInsertions(raw, insertions),
  );
}

/** The one that the group uses already; else the one of its version. */
function memberProperty({ lines, version }: WholeCardPart): string {
  const used = lines.findLast(({ name }) => isMemberName(name));
  if (used !== undefined) return used.name;
  const isApples = lines.some(({ name }) => name === 'X-ADDRESSBOOKSERVER-KIND');
  return version === '4.0' && !isApples ? 'MEMBER' : 'X-ADDRESSBOOKSERVER-MEMBER';
}

function memberUri(uid: string): string {
  const plain = uid.trim().replace(/\p{Cc}/gu, '');
  return plain.toLowerCase().startsWith('urn:uuid:') ? plain : `urn:uuid:${plain}`;
}
