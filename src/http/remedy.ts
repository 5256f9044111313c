import {
  CredentialsError,
  errorCodeOf,
  HttpStatusError,
  MailroomError,
  NetworkError,
} from '../errors.ts';

/**
 * A server as the user knows it: the settings that lead to it, and where its credentials are made.
 */
export interface ServerHelp {
  /** The setting with its URL. */
  readonly urlSetting: string;
  readonly url: string;
  /** The settings with its credentials; values are looked at, but never printed. */
  readonly credentials: Readonly<Record<string, string>>;
  /** The other server's key begins as this one's should. */
  readonly isExchanged?: boolean;
  /** What to do when the server refuses them. */
  readonly newKey: string;
}

/** The API token and the app password. */
export interface Keys {
  readonly token: string;
  readonly password: string;
}

/** The JMAP server's, for the settings' values. */
export function mailServerHelp(url: string, { token, password }: Keys): ServerHelp {
  return {
    urlSetting: 'MAILROOM_JMAP_SESSION_URL',
    url,
    credentials: { MAILROOM_JMAP_TOKEN: token },
    isExchanged: isToken(password) && !isToken(token),
    newKey:
      'Make a new API token in Fastmail (Settings > Privacy & Security > Manage API tokens, scope "Email", not read-only) and set MAILROOM_JMAP_TOKEN',
  };
}

/** The CardDAV server's, for the settings' values. */
export function contactsServerHelp(url: string, username: string, password: string): ServerHelp {
  return {
    urlSetting: 'MAILROOM_CARDDAV_URL',
    url,
    credentials: { MAILROOM_CARDDAV_USERNAME: username, MAILROOM_CARDDAV_PASSWORD: password },
    newKey:
      'Is MAILROOM_CARDDAV_USERNAME the address you log in with? If so, make a new app password in Fastmail (Settings > Privacy & Security > Manage app passwords and access, with contacts (CardDAV)) and set MAILROOM_CARDDAV_PASSWORD',
  };
}

/**
 * What to do about a failed request to `url`, a sentence without a full stop; null if only waiting
 * helps. These sentences are written only here: a pass and setup both show the error's message.
 */
export function findRemedy(error: unknown, url: string, help: ServerHelp): string | null {
  const { urlSetting } = help;
  if (error instanceof CredentialsError) return findKeyProblem(help) ?? help.newKey;
  if (error instanceof HttpStatusError) {
    const isConfigured = URL.parse(url)?.href === URL.parse(help.url)?.href;
    if (!isConfigured || !NOTHING_THERE.has(error.status)) return null;
    return `Is ${urlSetting} right? The server offers nothing of the kind there`;
  }
  if (!(error instanceof NetworkError)) return null;
  const code = errorCodeOf(error.cause) ?? '';
  const text = NETWORK_REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
  return text?.replace('URL', urlSetting) ?? null;
}

/** Adds the remedy to the message, so that it shows wherever the error does. Gives the error back. */
export function addRemedy(error: unknown, url: string, help: ServerHelp): unknown {
  if (!(error instanceof MailroomError)) return error;
  const remedy = findRemedy(error, url, help);
  if (remedy !== null) error.message += `. ${remedy}`;
  return error;
}

const NOTHING_THERE: ReadonlySet<number> = new Set([404, 405, 410, 501]);

const NETWORK_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:ENOTFOUND|EAI_)/u, 'Is the host name in URL right, and is this machine online?'],
  [/^ECONNREFUSED$/u, 'Is the port in URL right, and does the server run?'],
  [/^(?:EPROTO|ERR_SSL)/u, 'Does the port in URL speak https?'],
  [/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/u, "Is this machine's clock right?"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/u, 'Is the host name in URL right?'],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/u,
    'If the certificate in front of URL is one of your own, NODE_EXTRA_CA_CERTS names the file of its authority',
  ],
];

/** What can be seen in the credentials themselves. */
function findKeyProblem({ credentials, isExchanged, newKey }: ServerHelp): string | null {
  const untouched = Object.entries(credentials)
    .filter(([, value]) => value.includes(PLACEHOLDER) || value === 'you@example.com')
    .map(([name]) => name);
  if (untouched.length === 1) return `${untouched[0]} still has the value of .env.example`;
  if (untouched.length > 1) {
    return `${untouched.join(' and ')} still have the values of .env.example`;
  }
  for (const [name, value] of Object.entries(credentials)) {
    if (/^(["']).*\1$/u.test(value)) return `${name} has quotes around it: take them off`;
  }
  if (isExchanged === true) {
    return 'MAILROOM_JMAP_TOKEN and MAILROOM_CARDDAV_PASSWORD have changed places: the API token is the one that begins with fmu1-';
  }
  const { MAILROOM_CARDDAV_PASSWORD: password, MAILROOM_CARDDAV_USERNAME: username } = credentials;
  if (password !== undefined && isToken(password)) {
    return `MAILROOM_CARDDAV_PASSWORD is an API token: contacts need an app password, made in Settings > Privacy & Security > Manage app passwords and access`;
  }
  if (username !== undefined && !username.includes('@')) {
    return `MAILROOM_CARDDAV_USERNAME has no @: at Fastmail it is the whole address. ${newKey}`;
  }
  return null;
}

function isToken(text: string): boolean {
  return text.startsWith(FASTMAIL_TOKEN);
}

/** In the values of .env.example. */
const PLACEHOLDER = 'EXAMPLE-not-a-real';

/** How Fastmail's API tokens begin. */
const FASTMAIL_TOKEN = 'fmu1-';
