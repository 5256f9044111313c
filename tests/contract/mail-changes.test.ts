import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { MalformedAnswerError } from '../../src/errors.ts';
import type { EmailChanges } from '../../src/triage/ports.ts';
import type { Fault } from '../support/stand-in/faults.ts';
import { startStandIn, type StandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { openMailStore } from './open-mail-store.ts';

/*
 * What became of emails since they were read. A pass asks for it when its write is refused, because
 * somebody else has changed the account meanwhile (RFC 8620 §5.2 and §5.3).
 */

const TINY = { maxObjectsInGet: 3, maxObjectsInSet: 5 };
const TWO_CALLS = { maxObjectsInGet: 3, maxCallsInRequest: 2 };

describeEachServer('changes', ({ open }) => {
  describe.each([
    ['the usual limits', {}],
    ['tiny limits, so that changes come in several steps', TINY],
    ['two calls in a request, so that the emails are read in one of their own', TWO_CALLS],
  ])('with %s', (_, limits) => {
    let account: TestAccount;
    let inbox: string;
    let archive: string;

    beforeAll(async () => {
      account = await open({ limits });
      inbox = await account.mailboxId('Inbox');
      archive = await account.mailboxId('Archive');
    });
    afterAll(async () => {
      await account.close();
    });

    const addEmails = (count: number): Promise<readonly string[]> => addTo(account, inbox, count);
    const readState = async (): Promise<string> =>
      (await openMailStore(account).store.readEmails([])).state;

    it('nothing has happened: nothing is told, and the state is the same', async () => {
      const state = await readState();

      const changes = await openMailStore(account).store.readChanges(state);

      expect(changes).toEqual({ kind: 'known', emails: [], destroyedIds: [], state });
    });

    it('what came, what was moved, and what was deleted', async () => {
      const [untouched = '', ...others] = await addEmails(15);
      const [moved, deleted] = [others.slice(0, 7), others.slice(7)];
      const state = await readState();
      for (const id of moved) await account.moveEmail(id, { add: [archive], remove: [inbox] });
      for (const id of deleted) await account.deleteEmail(id);
      const added = await addEmails(5);

      const changes = known(await openMailStore(account).store.readChanges(state));

      const places = new Map(changes.emails.map(({ id, mailboxIds }) => [id, mailboxIds]));
      expect(places).toEqual(
        new Map([
          ...moved.map((id) => [id, new Set([archive])] as const),
          ...added.map((id) => [id, new Set([inbox])] as const),
        ]),
      );
      expect(new Set(changes.destroyedIds)).toEqual(new Set(deleted));
      expect(places.has(untouched)).toBe(false);
      expect(changes.state).toBe(await readState());
    });

    it('a state that the server never gave out: it cannot tell', async () => {
      const changes = await openMailStore(account).store.readChanges('no-such-state');

      expect(changes).toEqual({ kind: 'unknown' });
    });

    it('emails are read again by their ids; those that are gone are left out', async () => {
      const ids = await addEmails(8);
      const [gone = '', ...there] = ids;
      await account.deleteEmail(gone);

      const { emails, state } = await openMailStore(account).store.readEmails(ids);

      expect(new Set(emails.map(({ id }) => id))).toEqual(new Set(there));
      expect(state).toBe(await readState());
    });
  });
});

describe('a server that has something else to say', () => {
  let server: StandIn;
  afterEach(async () => {
    await server.close();
  });

  /** Three emails of which two changes are told, with an answer that goes wrong. */
  async function readChangesWith(fault: Fault, times = Infinity): Promise<EmailChanges> {
    server = await startStandIn();
    const inbox = await server.mailboxId('Inbox');
    const { store } = openMailStore(server);
    const { state } = await store.readEmails([]);
    await addTo(server, inbox, 3);
    server.faults.push({ on: 'Email/changes', times, fault });
    return store.readChanges(state);
  }

  it.each(['cannotCalculateChanges', 'unknownMethod', 'invalidArguments', 'requestTooLarge'])(
    '%s: it cannot tell',
    async (type) => {
      const fault: Fault = { kind: 'methodError', method: 'Email/changes', type };

      expect(await readChangesWith(fault)).toEqual({ kind: 'unknown' });
    },
  );

  it('always more changes: it cannot tell, and is not asked for ever', async () => {
    const changes = await readChangesWith({
      kind: 'replaceJson',
      change: (json) => {
        json.methodResponses[0][1].hasMoreChanges = true;
        return json;
      },
    });

    expect(changes).toEqual({ kind: 'unknown' });
    expect(server.requests.length).toBeLessThan(110);
  });

  it('changes without one of the emails that they name: an error, not a change less', async () => {
    const short = readChangesWith({
      kind: 'replaceJson',
      change: (json) => {
        json.methodResponses[1][1].list.pop();
        return json;
      },
    });

    await expect(short).rejects.toThrow(MalformedAnswerError);
  });

  it('changes whose emails are gone by now: only those that are left', async () => {
    const changes = await readChangesWith({
      kind: 'replaceJson',
      change: (json) => {
        const [, get] = json.methodResponses[1];
        json.methodResponses[1][1] = { ...get, notFound: [get.list.pop().id] };
        return json;
      },
    });

    expect(known(changes).emails).toHaveLength(2);
  });
});

async function addTo(
  account: TestAccount,
  mailbox: string,
  count: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await account.addEmail({ from: `s${n}@shop.example`, mailboxIds: [mailbox] }));
  }
  return ids;
}

function known(changes: EmailChanges): Extract<EmailChanges, { kind: 'known' }> {
  if (changes.kind === 'unknown') throw new Error('the server cannot tell');
  return changes;
}
