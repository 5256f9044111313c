import { createContactStore } from '../contacts/contact-store.ts';
import { parseRememberedBooks } from '../contacts/book-directory.ts';
import { dryRunContactStore, dryRunLogger, dryRunMailStore } from '../dry-run/stores.ts';
import { StoppedError } from '../errors.ts';
import type { RequestBudget } from '../http/budget.ts';
import { createHttpClients } from '../http/clients.ts';
import type { Logger } from '../log/logger.ts';
import { parseRememberedSession } from '../mail/jmap/session.ts';
import { createMailStore } from '../mail/mail-store.ts';
import type { PassClock, World } from '../pass/world.ts';
import { type Settings, triageNames } from '../settings/settings.ts';
import { type Discovery, findDiscovery, type RunState } from '../state/state.ts';
import { showContacts, showMail } from '../terminal/progress-stores.ts';
import type { Progress } from '../terminal/progress.ts';
import type { TriageNames } from '../triage/layout.ts';

/** The same world, with what is read and written shown on the terminal. */
export function lookOn(world: World, progress: Progress): World {
  return {
    ...world,
    mail: showMail(world.mail, progress),
    contacts: showContacts(world.contacts, progress),
  };
}

/** A pass made ready, and what is to be remembered of the servers after it. */
interface Run {
  readonly names: TriageNames;
  readonly world: World;
  remember(): Discovery;
}

export function createRun(
  settings: Settings,
  state: RunState,
  budget: RequestBudget,
  log: Logger,
  isDryRun: boolean,
): Run {
  const keys = {
    sessionUrl: settings.jmapSessionUrl,
    cardDavUrl: settings.cardDavUrl,
    username: settings.cardDavUsername,
  };
  const discovery = findDiscovery(state, keys);
  const { mail: mailHttp, contacts: contactsHttp } = createHttpClients(settings, budget, log);
  const mail = createMailStore({
    http: mailHttp,
    sessionUrl: settings.jmapSessionUrl,
    remembered: parseRememberedSession(discovery?.session),
    ownUsernames: [settings.cardDavUsername],
    log: log.child('mail'),
  });
  const contacts = createContactStore({
    http: contactsHttp,
    serverUrl: settings.cardDavUrl,
    remembered: parseRememberedBooks(discovery?.books),
    log: log.child('contacts'),
  });
  const passLog = log.child('triage');
  return {
    names: triageNames(settings),
    world: {
      mail: isDryRun ? dryRunMailStore(mail) : mail,
      contacts: isDryRun ? dryRunContactStore(contacts) : contacts,
      log: isDryRun ? dryRunLogger(passLog) : passLog,
      clock: createClock(budget),
    },
    remember: () => ({ ...keys, session: mail.remember(), books: contacts.remember() }),
  };
}

function createClock(budget: RequestBudget): PassClock {
  return {
    today: new Date().toISOString().slice(0, 10),
    beginWrites: () => budget.beginWrites(),
    isStopping: () => budget.isStopping() || budget.signal.aborted,
    checkpoint() {
      if (budget.isStopping()) throw new StoppedError('the run was told to stop');
      if (budget.signal.aborted) throw budget.signal.reason;
    },
  };
}
