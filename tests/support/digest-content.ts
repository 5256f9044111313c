import type { DigestContent } from '../../src/run/digest/render.ts';

/** When and with which names a digest is rendered. */
export const DIGEST_FRAME = {
  now: new Date('2026-11-25T06:03:00Z'),
  timeZone: 'Europe/Berlin',
  screener: 'Screener',
  jail: 'Jail',
  errorLabel: '@MailroomError',
};

/** A digest that has nothing to tell. */
export const EMPTY_DIGEST: DigestContent = {
  waiting: [],
  withoutSender: 0,
  decided: [],
  decidedBesides: 0,
  unsolved: { conflicts: [], failures: [], errorLabelled: 0 },
  jailed: [],
};
