import type { FaultRule } from '../support/stand-in/faults.ts';
import type { TortureAccount } from '../support/torture-account.ts';

/** What a bad answer to this request means for the pass. */
export interface RequestRow {
  readonly name: string;
  readonly type: 'session' | 'jmap' | 'discovery' | 'report' | 'get-card' | 'put' | 'email-set';
  /** A bad answer breaks the whole pass, or fails only the senders concerned. */
  readonly scope: 'pass' | 'sender';
  /** Writes that do not depend on its answer and may still happen. */
  readonly mayWrite: readonly ('cards' | 'groups' | 'emails')[];
  /** Which request of a pass over FEW_WRITES it is. */
  readonly match: (world: TortureAccount) => Pick<FaultRule, 'on' | 'nth' | 'when'>;
}

type When = NonNullable<FaultRule['when']>;

const isFilter: When = ({ body }) => body.includes('prop-filter');
const isGroupOf =
  (name: string): When =>
  ({ body }) =>
    body.includes(`FN:${name}`) && /KIND:group/iu.test(body.toString());

/** Every kind of request that a pass makes. */
export const REQUESTS: readonly RequestRow[] = [
  {
    name: 'JMAP session',
    type: 'session',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'session' }),
  },
  {
    name: 'mailboxes',
    type: 'jmap',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'Mailbox/get' }),
  },
  {
    name: 'labelled emails',
    type: 'jmap',
    scope: 'pass',
    mayWrite: [],
    match: ({ mailboxId }) => ({
      on: 'Email/query',
      when: ({ body }) => body.includes(mailboxId('@ToFeed')),
    }),
  },
  {
    name: 'backlog',
    type: 'jmap',
    scope: 'pass',
    mayWrite: ['cards', 'groups'],
    match: ({ mailboxId }) => ({
      on: 'Email/query',
      when: ({ body }) => body.includes(mailboxId('Screener')),
    }),
  },
  {
    name: 'principal',
    type: 'discovery',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'propfind', when: ({ body }) => body.includes('current-user-principal') }),
  },
  {
    name: 'address book home',
    type: 'discovery',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'propfind', when: ({ body }) => body.includes('addressbook-home-set') }),
  },
  {
    name: 'address books',
    type: 'discovery',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'propfind', when: ({ body }) => body.includes('resourcetype') }),
  },
  {
    name: 'groups',
    type: 'report',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'report', when: isFilter }),
  },
  {
    name: 'all cards',
    type: 'report',
    scope: 'pass',
    mayWrite: [],
    match: () => ({ on: 'report', when: ({ body }) => !body.includes('prop-filter') }),
  },
  {
    name: 'existing contact',
    type: 'get-card',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({ on: 'get-card', when: ({ path }) => path.includes('card-known') }),
  },
  {
    name: 'contact completed',
    type: 'put',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({ on: 'put-card', when: ({ path }) => path.includes('card-known') }),
  },
  {
    name: 'contact created',
    type: 'put',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({ on: 'put-card', when: ({ body }) => body.includes('new@t.example') }),
  },
  {
    name: 'group joined',
    type: 'put',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({ on: 'put-card', when: isGroupOf('Imbox') }),
  },
  {
    name: 'groups read back',
    type: 'report',
    scope: 'pass',
    mayWrite: ['cards', 'groups'],
    match: () => ({ on: 'report', nth: 2, when: isFilter }),
  },
  {
    name: 'groups before one is left',
    type: 'report',
    scope: 'pass',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({ on: 'report', nth: 3, when: isFilter }),
  },
  {
    name: 'group left',
    type: 'put',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: () => ({
      on: 'put-card',
      when: (request) => isGroupOf('Feed')(request) && !request.body.includes('card-moving'),
    }),
  },
  {
    name: 'sweep',
    type: 'email-set',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: ({ mailboxId }) => ({
      on: 'Email/set',
      when: ({ body }) => !body.includes(`${mailboxId('@ToFeed')}":null`),
    }),
  },
  {
    name: 'labels off',
    type: 'email-set',
    scope: 'sender',
    mayWrite: ['cards', 'groups', 'emails'],
    match: ({ mailboxId }) => ({
      on: 'Email/set',
      when: ({ body }) => body.includes(`${mailboxId('@ToFeed')}":null`),
    }),
  },
];
