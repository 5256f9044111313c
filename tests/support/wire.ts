import { CARDDAV, DAV, findChild, findChildren, parseXml } from './xml.ts';

/*
 * Just enough JMAP and WebDAV for a test to talk to a server, over plain fetch. It does not use the
 * project's adapters, because those are under test.
 */

/** One JMAP method call or response: name, arguments, call id. */
export type Invocation = readonly [string, Readonly<Record<string, unknown>>, string];

export interface JmapAnswer {
  readonly status: number;
  /** Empty when the whole request was refused. */
  readonly methodResponses: readonly Invocation[];
  /** The JSON body, whatever it is; undefined if it is not JSON. */
  readonly body: unknown;
}

export interface Credentials {
  readonly token: string;
  readonly username: string;
  readonly password: string;
}

export const MAIL_CAPABILITIES = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];

/** POSTs method calls to the API URL of a session. */
export async function callJmap(
  apiUrl: string | URL,
  token: string,
  methodCalls: readonly unknown[],
  using: readonly string[] = MAIL_CAPABILITIES,
): Promise<JmapAnswer> {
  const response = await fetch(apiUrl, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ using, methodCalls }),
  });
  const body = parseJson(await response.text());
  const { methodResponses = [] } = (body ?? {}) as { methodResponses?: readonly Invocation[] };
  return { status: response.status, methodResponses, body };
}

/** The arguments of the first method response; throws unless it is a response of that method. */
export function responseOf(answer: JmapAnswer, method: string): Readonly<Record<string, unknown>> {
  const [first] = answer.methodResponses;
  if (first?.[0] !== method) {
    throw new Error(`${method} failed: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return first[1];
}

export interface Session {
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly accountId: string;
  readonly maxObjectsInGet: number;
  readonly maxObjectsInSet: number;
}

/** The session object (RFC 8620 §2), its URLs resolved. */
export async function readSession(sessionUrl: string, token: string): Promise<Session> {
  const response = await fetch(sessionUrl, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`JMAP session: ${response.status}`);
  const session = (await response.json()) as {
    apiUrl: string;
    uploadUrl: string;
    primaryAccounts: Record<string, string>;
    capabilities: Record<string, { maxObjectsInGet: number; maxObjectsInSet: number }>;
  };
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'];
  const core = session.capabilities['urn:ietf:params:jmap:core'];
  if (accountId === undefined || core === undefined) throw new Error('no mail account');
  const upload = session.uploadUrl.replace('{accountId}', encodeURIComponent(accountId));
  return {
    apiUrl: new URL(session.apiUrl, sessionUrl).href,
    uploadUrl: new URL(upload, sessionUrl).href,
    accountId,
    maxObjectsInGet: core.maxObjectsInGet,
    maxObjectsInSet: core.maxObjectsInSet,
  };
}

/** A Basic Authorization header's value. */
export function basicAuthorization(credentials: Credentials): string {
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

export interface DavRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** One WebDAV request with Basic credentials; redirects are not followed. */
export function callDav(
  credentials: Credentials,
  method: string,
  url: string | URL,
  { headers = {}, body }: DavRequest = {},
): Promise<Response> {
  return fetch(url, {
    method,
    redirect: 'manual',
    headers: { authorization: basicAuthorization(credentials), ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

export interface DavResource {
  readonly href: string;
  readonly etag: string | null;
  readonly addressData: string | null;
  readonly isAddressBook: boolean;
  readonly status: string | null;
}

/** The responses of a multistatus (RFC 4918 §13), with only the properties that were found. */
export function parseMultistatus(document: string): readonly DavResource[] {
  const root = parseXml(document);
  return findChildren(root, DAV, 'response').map((response) => {
    const found = findChildren(response, DAV, 'propstat').find((propstat) =>
      / 200 /u.test(findChild(propstat, DAV, 'status')?.text ?? ''),
    );
    const prop = findChild(found, DAV, 'prop');
    const resourceType = findChild(prop, DAV, 'resourcetype');
    return {
      href: findChild(response, DAV, 'href')?.text ?? '',
      etag: findChild(prop, DAV, 'getetag')?.text ?? null,
      addressData: findChild(prop, CARDDAV, 'address-data')?.text ?? null,
      isAddressBook: findChild(resourceType, CARDDAV, 'addressbook') !== undefined,
      status: findChild(response, DAV, 'status')?.text ?? null,
    };
  });
}

/** A contact group as Apple's clients and Fastmail write it. */
export function groupCard(uid: string, name: string, memberUids: readonly string[]): string {
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${uid}`,
    `FN:${name}`,
    `N:${name};;;;`,
    'X-ADDRESSBOOKSERVER-KIND:group',
    ...memberUids.map((member) => `X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:${member}`),
    'END:VCARD',
    '',
  ].join('\r\n');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
