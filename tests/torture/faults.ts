import type { Fault } from '../support/stand-in/faults.ts';
import type { RequestRow } from './requests.ts';

/** What a bad answer may lead to (REFERENCE.md, exit codes). */
export type FaultOutcome =
  /** As if nothing had happened: it passed, was tried again, or did not matter. */
  | 'done'
  /** The pass failed, or the senders concerned did. The next pass does it. */
  | 'failed'
  /** Refused for good: the senders concerned get the error label. */
  | 'refused'
  /** Only the line on a card is refused. That is a warning, and everything else is done. */
  | 'noted'
  /** A person has to do something. */
  | 'startup';

export interface FaultRow {
  readonly name: string;
  readonly faults: readonly Fault[];
  /** The requests that it can happen to. */
  readonly on: readonly RequestRow['type'][];
  readonly outcome: FaultOutcome;
  /** Requests, by name or type, with another outcome. */
  readonly but?: Readonly<Record<string, FaultOutcome>>;
  /** Happens once instead of for the whole pass. */
  readonly isOnce?: boolean;
  /** `MAILROOM_REQUEST_TIMEOUT`, where time matters. */
  readonly timeoutSeconds?: number;
}

/** The story's card lacks nothing else. */
const NOTE_ONLY: FaultRow['but'] = { 'contact completed': 'noted' };

/**
 * Trying again would not help: the senders concerned get the error label, and a query is asked in
 * another way.
 */
const REFUSED_FOR_GOOD: FaultRow['but'] = {
  put: 'refused',
  'email-set': 'refused',
  'get-card': 'refused',
  report: 'done',
  ...NOTE_ONLY,
};

const JMAP = ['jmap', 'email-set'] as const;
const DAV_XML = ['discovery', 'report'] as const;
const READS = ['session', 'jmap', 'get-card', ...DAV_XML] as const;
const ALL = [...READS, 'put', 'email-set'] as const;

const status = (code: number, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
});
const LIMIT_PROBLEM: Fault = {
  kind: 'status',
  status: 400,
  headers: { 'content-type': 'application/problem+json' },
  body: '{"type":"urn:ietf:params:jmap:error:limit","limit":"maxObjectsInGet","status":400}',
};
const replaceJson = (json: unknown): Fault => ({ kind: 'replaceJson', change: () => json });

/** Replaces the arguments of each method's answer. */
const changeArguments = (change: (args: Arguments) => object): Fault => ({
  kind: 'replaceJson',
  change: (json) => ({
    ...json,
    methodResponses: json.methodResponses.map(([name, args, id]: [string, Arguments, string]) => [
      name,
      change(args),
      id,
    ]),
  }),
});

interface Arguments {
  readonly list?: readonly unknown[];
}
const replaceText = (change: (text: string) => string): Fault => ({ kind: 'replaceText', change });
const everyMethodError = (type: string): readonly Fault[] =>
  ['Mailbox/get', 'Email/query', 'Email/get', 'Email/set'].map((method) => ({
    kind: 'methodError',
    method,
    type,
  }));
/** In the past, so a client may try again at once. */
const PAST_DATE = 'Sun, 01 Nov 2026 12:00:00 GMT';

/** The bad answers. To add one, add a line. */
export const FAULTS: readonly FaultRow[] = [
  // The connection.
  { name: 'reset', faults: [{ kind: 'resetBefore' }], on: ALL, outcome: 'failed' },
  { name: 'reset once', faults: [{ kind: 'resetBefore' }], on: ALL, outcome: 'done', isOnce: true },
  { name: 'answer lost', faults: [{ kind: 'resetAfter' }], on: ALL, outcome: 'failed' },
  {
    name: 'answer lost once',
    faults: [{ kind: 'resetAfter' }],
    on: ALL,
    outcome: 'done',
    isOnce: true,
  },
  { name: 'stall', faults: [{ kind: 'stall' }], on: ALL, outcome: 'failed', timeoutSeconds: 1 },
  {
    name: 'stall once, and it was done',
    faults: [{ kind: 'stall', isDone: true }],
    on: ALL,
    outcome: 'done',
    isOnce: true,
    timeoutSeconds: 1,
  },
  { name: 'slow body', faults: [{ kind: 'slowBody', totalMs: 300 }], on: ALL, outcome: 'done' },
  {
    name: 'body too slow',
    faults: [{ kind: 'slowBody', totalMs: 4000 }],
    on: [...READS, 'email-set'],
    outcome: 'failed',
    timeoutSeconds: 1,
  },
  {
    name: 'body breaks off',
    faults: [{ kind: 'truncateBody', bytes: 40 }],
    on: [...READS, 'email-set'],
    outcome: 'failed',
  },
  {
    name: 'body breaks off once',
    faults: [{ kind: 'truncateBody', bytes: 40 }],
    on: [...READS, 'email-set'],
    outcome: 'done',
    isOnce: true,
  },
  // A card that breaks off may have been stored like that: the user has to look.
  {
    name: 'body is short, and whole for HTTP',
    faults: [{ kind: 'truncateBody', bytes: 90, isClean: true }],
    on: [...READS, 'email-set'],
    outcome: 'failed',
    but: { 'existing contact': 'refused' },
  },
  // Answers that do not come from the server.
  {
    name: 'empty 200',
    faults: [{ kind: 'empty' }],
    on: [...READS, 'email-set'],
    outcome: 'failed',
  },
  { name: 'HTML with 200', faults: [{ kind: 'html' }], on: ALL, outcome: 'failed' },
  {
    name: '204 without a body',
    faults: [{ kind: 'empty', status: 204 }],
    on: [...READS, 'email-set'],
    outcome: 'failed',
  },
  // HTTP.
  { name: '401', faults: [status(401)], on: ALL, outcome: 'startup' },
  // For a query it means that this kind is not answered; for a card it says nothing about other
  // cards.
  {
    name: '403',
    faults: [status(403)],
    on: ALL,
    outcome: 'startup',
    but: { put: 'refused', report: 'done', 'get-card': 'failed', ...NOTE_ONLY },
  },
  {
    name: '404',
    faults: [status(404)],
    on: ALL,
    outcome: 'failed',
    but: { 'email-set': 'refused' },
  },
  {
    name: '405',
    faults: [status(405)],
    on: ALL,
    outcome: 'failed',
    but: REFUSED_FOR_GOOD,
  },
  { name: '400 limit', faults: [LIMIT_PROBLEM], on: JMAP, outcome: 'failed' },
  { name: '412 once', faults: [status(412)], on: ['put'], outcome: 'done', isOnce: true },
  { name: '412', faults: [status(412)], on: ['put'], outcome: 'failed' },
  {
    name: '413',
    faults: [status(413)],
    on: ALL,
    outcome: 'failed',
    but: REFUSED_FOR_GOOD,
  },
  { name: '423', faults: [status(423)], on: ['put'], outcome: 'failed' },
  {
    name: '429, Retry-After 1 s',
    faults: [status(429, { 'retry-after': '1' })],
    on: ALL,
    outcome: 'failed',
  },
  {
    name: '429 once, Retry-After 1 s',
    faults: [status(429, { 'retry-after': '1' })],
    on: ALL,
    outcome: 'done',
    isOnce: true,
  },
  {
    name: '429 once, Retry-After a date',
    faults: [status(429, { 'retry-after': PAST_DATE })],
    on: ALL,
    outcome: 'done',
    isOnce: true,
  },
  {
    name: '429 once, Retry-After an hour',
    faults: [status(429, { 'retry-after': '3600' })],
    on: ALL,
    outcome: 'failed',
    isOnce: true,
  },
  { name: '500', faults: [status(500)], on: ALL, outcome: 'failed', but: { report: 'done' } },
  { name: '503', faults: [status(503)], on: ALL, outcome: 'failed' },
  { name: '503 once', faults: [status(503)], on: ALL, outcome: 'done', isOnce: true },
  {
    name: '503 once, although it was done',
    faults: [{ kind: 'status', status: 503, isDone: true }],
    on: ALL,
    outcome: 'done',
    isOnce: true,
  },
  { name: '507', faults: [status(507)], on: ['put'], outcome: 'failed', but: NOTE_ONLY },
  { name: '202', faults: [status(202)], on: ALL, outcome: 'failed' },
  {
    name: 'redirect to itself',
    faults: [status(307, { location: '' })],
    on: ALL,
    outcome: 'failed',
    but: { report: 'done' },
  },
  // JMAP.
  { name: 'serverFail', faults: everyMethodError('serverFail'), on: JMAP, outcome: 'failed' },
  {
    name: 'serverUnavailable',
    faults: everyMethodError('serverUnavailable'),
    on: JMAP,
    outcome: 'failed',
  },
  { name: 'rateLimit', faults: everyMethodError('rateLimit'), on: JMAP, outcome: 'failed' },
  {
    name: 'no answer to the call',
    faults: ['Mailbox/get', 'Email/get', 'Email/set'].map((method) => ({
      kind: 'missingResponse',
      method,
    })),
    on: JMAP,
    outcome: 'failed',
  },
  { name: 'wrong call id', faults: [{ kind: 'wrongCallId' }], on: JMAP, outcome: 'failed' },
  {
    name: 'not JSON',
    faults: [replaceText(() => 'not JSON')],
    on: ['session', ...JMAP],
    outcome: 'failed',
  },
  { name: 'JSON null', faults: [replaceJson(null)], on: ['session', ...JMAP], outcome: 'failed' },
  { name: 'JSON []', faults: [replaceJson([])], on: ['session', ...JMAP], outcome: 'failed' },
  { name: 'JSON {}', faults: [replaceJson({})], on: ['session', ...JMAP], outcome: 'failed' },
  {
    name: 'no method responses',
    faults: [replaceJson({ methodResponses: [], sessionState: 's' })],
    on: JMAP,
    outcome: 'failed',
  },
  {
    name: 'a list of nulls',
    faults: [
      changeArguments((args) => (args.list === undefined ? args : { ...args, list: [null] })),
    ],
    on: ['jmap'],
    outcome: 'failed',
  },
  {
    name: 'emails lack in the list',
    faults: [
      changeArguments((args) =>
        args.list === undefined ? args : { ...args, list: args.list.slice(1) },
      ),
    ],
    on: ['jmap'],
    outcome: 'failed',
  },
  {
    name: 'notUpdated for all: forbidden',
    faults: [{ kind: 'setError', emailIds: 'all', type: 'forbidden' }],
    on: ['email-set'],
    outcome: 'refused',
  },
  {
    name: 'notUpdated for all: rateLimit',
    faults: [{ kind: 'setError', emailIds: 'all', type: 'rateLimit' }],
    on: ['email-set'],
    outcome: 'failed',
  },
  {
    name: 'neither updated nor notUpdated',
    faults: [changeArguments((args) => ({ ...args, updated: null, notUpdated: null }))],
    on: ['email-set'],
    outcome: 'failed',
  },
  // WebDAV. If a filter shows nothing, the books are listed whole; if a listing lacks what must be
  // there, its cards are read one by one; if a server has no address books, a person has to look.
  { name: 'not XML', faults: [replaceText(() => 'not XML')], on: DAV_XML, outcome: 'failed' },
  {
    name: 'XML of something else',
    faults: [replaceText(() => '<?xml version="1.0"?><rss/>')],
    on: DAV_XML,
    outcome: 'failed',
  },
  {
    name: 'XML cut before its end',
    faults: [replaceText((text) => text.slice(0, text.lastIndexOf('</')))],
    on: DAV_XML,
    outcome: 'failed',
  },
  {
    name: 'a multistatus without responses',
    faults: [replaceText((text) => text.replace(/<(?<tag>[\w:]*response)>.*<\/\k<tag>>/su, ''))],
    on: DAV_XML,
    outcome: 'failed',
    but: { report: 'done', discovery: 'startup' },
  },
  {
    name: 'properties with 404',
    faults: [replaceText((text) => text.replaceAll('HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found'))],
    on: DAV_XML,
    outcome: 'failed',
    but: { report: 'done', discovery: 'startup' },
  },
  // Cards.
  // PROPFIND has it.
  { name: 'no ETag', faults: [{ kind: 'dropEtag' }], on: ['get-card'], outcome: 'done' },
  {
    name: 'weak ETag',
    faults: [{ kind: 'alterEtag', change: (etag) => `W/${etag}` }],
    on: ['get-card'],
    outcome: 'done',
  },
  {
    name: 'another ETag',
    faults: [{ kind: 'alterEtag', change: () => '"another"' }],
    on: ['get-card'],
    outcome: 'failed',
  },
  {
    name: 'another ETag once',
    faults: [{ kind: 'alterEtag', change: () => '"another"' }],
    on: ['get-card'],
    outcome: 'done',
    isOnce: true,
  },
  {
    name: 'another card',
    faults: [replaceText((text) => text.replace(/UID:.*/u, 'UID:somebody-else'))],
    on: ['get-card'],
    outcome: 'failed',
  },
];
