import { HttpStatusError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { DavClient } from './dav/client.ts';
import { parseCardLines, type RawCard } from './vcard/lines.ts';

/**
 * Reads back what was written where the server's answer has no ETag: it stored something else then
 * (RFC 6352 §6.3.2.3), and some drop lines that they cannot parse.
 */
export class StoredCardChecker {
  readonly #client: DavClient;
  readonly #log: Logger;
  readonly #warned = new Set<string>();

  constructor(client: DavClient, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /** The card as it is stored now; null when it cannot be read. Warns once about what a card lost. */
  async check(url: string, sent: RawCard): Promise<RawCard | null> {
    let stored: RawCard;
    try {
      stored = (await this.#client.readCard(url)).raw;
    } catch (error) {
      if (error instanceof HttpStatusError) return null;
      throw error;
    }
    const lost = findLostLines(sent, stored);
    if (lost.length > 0 && !this.#warned.has(url)) {
      this.#warned.add(url);
      this.#log.warning('card_lines_lost', { card: new URL(url).pathname, lines: lost });
    }
    return stored;
  }
}

/** Names of the lines of which fewer are stored than were sent; values may be in another spelling. */
function findLostLines(sent: RawCard, stored: RawCard): readonly string[] {
  const left = countNames(stored);
  return [...countNames(sent)]
    .filter(([name, count]) => count > (left.get(name) ?? 0))
    .map(([name]) => name)
    .toSorted();
}

function countNames(raw: RawCard): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of parseCardLines(raw)) {
    const known = SAME_NAMES.get(name) ?? name;
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return counts;
}

/** A card of 4.0 may be served as 3.0. */
const SAME_NAMES: ReadonlyMap<string, string> = new Map([
  ['X-ADDRESSBOOKSERVER-KIND', 'KIND'],
  ['X-ADDRESSBOOKSERVER-MEMBER', 'MEMBER'],
]);
