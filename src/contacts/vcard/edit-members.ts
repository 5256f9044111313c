import { MEMBER_PREFIX, memberKey, plainUid } from '../../triage/model.ts';
import { withInsertions, type Insertion, insertLine, type WholeCardPart } from './edit.ts';
import { asRawCard, type RawCard } from './lines.ts';
import { findMemberUid, hasEscapes, isMemberName } from './parse.ts';
import { decodeRaw, toOctets } from './values.ts';

/**
 * The resource with members added to and removed from one of its group cards; nothing else changes.
 * A member is removed wherever it is in the group, however it is written. A member to be
 * added that is listed in another spelling, which servers' rules would not find, is replaced; nobody
 * is in a group twice. UIDs are as written on the contacts' cards.
 */
export function editGroupMembers(
  raw: RawCard,
  part: WholeCardPart,
  addUids: readonly string[],
  removeUids: readonly string[],
): RawCard {
  const members = part.lines
    .filter(({ name }) => isMemberName(name))
    .map((line) => ({ line, key: memberKey(decodeRaw(line)), exactUid: findMemberUid(line) }));
  const removedKeys = new Set(removeUids.map(memberKey).filter((key) => key !== ''));
  const exactUids = new Set(members.map(({ exactUid }) => exactUid));
  const presentKeys = new Set(addUids.filter((uid) => exactUids.has(plainUid(uid))).map(memberKey));
  const added = new Map<string, string>();
  for (const uid of addUids) {
    const key = memberKey(uid);
    if (key !== '' && !presentKeys.has(key) && !added.has(key)) added.set(key, memberUri(uid));
  }
  const name = memberProperty(part);
  const insertions = [...added.values()].map((uri): Insertion => {
    // Apple's property is text, where a server would escape what the UID has not.
    const type = name !== 'MEMBER' && hasEscapes(uri) ? ';VALUE=uri' : '';
    return insertLine(part, `${name}${type}:${toOctets(uri)}`);
  });
  const removals = members.filter(({ key }) => removedKeys.has(key) || added.has(key));
  // From the end backwards, after the new lines, which come behind all the others.
  return removals.reduceRight<RawCard>(
    (text, { line: { start, next } }) => asRawCard(text.slice(0, start) + text.slice(next)),
    withInsertions(raw, insertions),
  );
}

/** The property that the group uses already; else that of its version. */
function memberProperty({ lines, version }: WholeCardPart): string {
  const used = lines.findLast(({ name }) => isMemberName(name));
  if (used !== undefined) return used.name;
  const isApples = lines.some(({ name }) => name === 'X-ADDRESSBOOKSERVER-KIND');
  return version === '4.0' && !isApples ? 'MEMBER' : 'X-ADDRESSBOOKSERVER-MEMBER';
}

/**
 * `urn:uuid:` and the UID exactly as it is on the card, also where that begins with `urn:uuid:`. A
 * backslash that escapes nothing is doubled: servers would drop it from this line, not from UID.
 */
function memberUri(uid: string): string {
  const plain = uid.trim().replace(/\p{Cc}/gu, '');
  const escaped = plain.replace(/\\(?<escaped>[\\;,])?/gu, (match) =>
    match === '\\' ? '\\\\' : match,
  );
  return `${MEMBER_PREFIX}${escaped}`;
}
