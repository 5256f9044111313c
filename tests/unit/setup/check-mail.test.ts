import { describe, expect, it } from 'vitest';

import { checkMail } from '../../../src/setup/check-mail.ts';
import { aMailboxObject, aSession, fakeJmap } from '../mail/jmap/fake-jmap.ts';

const MAIL = 'urn:ietf:params:jmap:mail';
const SUBMISSION = 'urn:ietf:params:jmap:submission';

describe('what the API token may do is read from the session', () => {
  it.each([
    ['mail alone', { [MAIL]: {} }, /account jane@example\.com; scope mail$/u],
    ['mail and sending', { [MAIL]: {}, [SUBMISSION]: {} }, /scope mail, submission \(.*safer\)$/u],
    ["a vendor's own", { [MAIL]: {}, 'https://vendor.example/x': {} }, /scope mail$/u],
    ['a server that does not say', undefined, /account jane@example\.com$/u],
  ])('%s', async (_, accountCapabilities, expected) => {
    const accounts = { A1: { name: 'jane@example.com', accountCapabilities } };
    const { store, sessionReads } = fakeJmap(
      () => ({
        responses: [['Mailbox/get', { accountId: 'A1', list: [aMailboxObject()] }, 'get']],
      }),
      { session: () => aSession({ accounts }) },
    );

    const { checks } = await checkMail({
      mail: store,
      names: {
        screenerMailbox: 'Inbox',
        errorLabel: 'e',
        takeBackLabel: '@ToScreener',
        warningLabel: null,
        categories: [],
      },
      digestMailbox: null,
      mayWrite: false,
      progress: {
        set: () => undefined,
        output: process.stderr,
        around: (stream) => stream,
        end: () => undefined,
      },
    });

    const token = checks.find(({ name }) => name === 'MAILROOM_JMAP_TOKEN');
    expect([token?.status, sessionReads()]).toEqual(['exists', 1]);
    expect(token?.detail).toMatch(expected);
  });
});
