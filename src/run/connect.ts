import { parseRememberedBooks } from '../contacts/book-directory.ts';
import { createContactStore } from '../contacts/contact-store.ts';
import type { HttpClients, ServerOptions } from '../http/clients.ts';
import type { Logger } from '../log/logger.ts';
import { parseRememberedSession } from '../mail/jmap/session.ts';
import { createMailStore } from '../mail/mail-store.ts';
import { type Discovery, findDiscovery, type RunState } from '../state/state.ts';

/** The two servers as a pass and setup see them, and what is to be remembered about them. */
export interface Connection {
  readonly mail: ReturnType<typeof createMailStore>;
  readonly contacts: ReturnType<typeof createContactStore>;
  remember(): Discovery;
}

/**
 * Sends nothing yet. `state` has what an earlier run remembered; what belongs to other settings is
 * dropped.
 */
export function connect(
  servers: ServerOptions,
  http: HttpClients,
  state: RunState,
  log: Logger,
): Connection {
  const { jmapSessionUrl: sessionUrl, cardDavUrl, cardDavUsername: username } = servers;
  const keys = { sessionUrl, cardDavUrl, username };
  const discovery = findDiscovery(state, keys);
  const mail = createMailStore({
    http: http.mail,
    sessionUrl,
    remembered: parseRememberedSession(discovery?.session),
    ownUsernames: [username],
    log: log.child('mail'),
  });
  const contacts = createContactStore({
    http: http.contacts,
    serverUrl: cardDavUrl,
    remembered: parseRememberedBooks(discovery?.books),
    log: log.child('contacts'),
  });
  const remember = (): Discovery => ({
    ...keys,
    session: mail.remember(),
    books: contacts.remember(),
  });
  return { mail, contacts, remember };
}
