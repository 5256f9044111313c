import type { JmapLimits, ServerOptions } from '../test-account.ts';

export interface StandInOptions extends ServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  /** Added before each request is handled; in milliseconds. */
  readonly latencyMs?: number;
  /** The session's URLs have scheme and host, as on Fastmail. Default: paths, as on Cyrus. */
  readonly hasAbsoluteUrls?: boolean;
  /**
   * What happens to more objects or calls than allowed: `refuseRequest` as on Cyrus (HTTP 400,
   * nothing is executed), `methodError` as in RFC 8620 §5.1 (`requestTooLarge`). Default
   * `refuseRequest`.
   */
  readonly overLimit?: 'refuseRequest' | 'methodError';
  /** Most ids in one Email/query answer, whatever limit was asked for. Default: no cap. */
  readonly queryCap?: number;
  /** Whether an answer that was capped says so in `limit` (RFC 8620 §5.5). Default true. */
  readonly tellsQueryCap?: boolean;
  /**
   * What a patch does that takes an email out of its last mailbox: `refuse` as in RFC 8621 §4.1.1;
   * `destroy` for good, as Cyrus 3.6 does with an email that was moved before. Default `refuse`.
   */
  readonly lastMailbox?: 'refuse' | 'destroy';
  /** How long it takes until a new email is in the text index, in milliseconds. Default 0. */
  readonly searchLagMs?: number;
  /** `inMailbox` below an operator is unsupportedFilter, as on Apache James. Default false. */
  readonly refusesNestedMailbox?: boolean;
  /** Without it every text filter fails with serverFail. Default true. */
  readonly hasSearchIndex?: boolean;
  /** Refuse a UID that stands under another href of the home, as newer servers do. Default false. */
  readonly refusesUidElsewhere?: boolean;
  /** Give whole cards where parts are asked for, as Radicale and Xandikos do. Default false. */
  readonly ignoresPartialData?: boolean;
  /** Store cards in the server's own spelling, as Cyrus does. Default true. */
  readonly rewritesCards?: boolean;
}

export type StandInSettings = Required<
  Omit<StandInOptions, 'limits' | 'port' | 'queryCap' | 'latencyMs'>
> & {
  readonly limits: JmapLimits;
  readonly queryCap: number;
};

export function completeOptions(options: StandInOptions): StandInSettings {
  return {
    token: options.token ?? 'fake-token-0123456789abcdef',
    username: options.username ?? 'alice@mail.example',
    password: options.password ?? 'fake-app-password',
    hasAbsoluteUrls: options.hasAbsoluteUrls ?? false,
    overLimit: options.overLimit ?? 'refuseRequest',
    queryCap: options.queryCap ?? Infinity,
    tellsQueryCap: options.tellsQueryCap ?? true,
    lastMailbox: options.lastMailbox ?? 'refuse',
    searchLagMs: options.searchLagMs ?? 0,
    refusesNestedMailbox: options.refusesNestedMailbox ?? false,
    hasSearchIndex: options.hasSearchIndex ?? true,
    refusesUidElsewhere: options.refusesUidElsewhere ?? false,
    ignoresPartialData: options.ignoresPartialData ?? false,
    rewritesCards: options.rewritesCards ?? true,
    limits: { ...FASTMAIL_LIMITS, ...options.limits },
  };
}

const FASTMAIL_LIMITS: JmapLimits = {
  maxObjectsInGet: 4096,
  maxObjectsInSet: 4096,
  maxCallsInRequest: 50,
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 10,
};
