import { isObject, type JmapContext, type JsonObject } from './jmap-context.ts';
import type { EmailRecord } from './mail-state.ts';
import { invalidProperties, mailboxProblem } from './set-errors.ts';

/**
 * RFC 8621 §4.6: makes an email with one text part from its value, or returns the SetError. As
 * picky as Cyrus, and pickier where the RFC is: anything unknown is refused.
 */
export function createEmail(
  creationId: string,
  object: unknown,
  { state, injectedSetError }: JmapContext,
): { readonly email: EmailRecord } | { readonly error: JsonObject } {
  const injected = injectedSetError(creationId);
  if (injected !== undefined) return { error: { type: injected } };
  if (!isObject(object)) return { error: invalidProperties() };
  const wrong = Object.keys(object).filter((name) => !(CHECKS.get(name)?.(object) ?? false));
  if (wrong.length > 0) return { error: invalidProperties(...wrong) };
  const { mailboxIds, keywords = {}, from, subject = '', receivedAt } = object;
  if (!isObject(mailboxIds) || Object.keys(mailboxIds).length === 0) {
    return { error: invalidProperties('mailboxIds') };
  }
  const problem = mailboxProblem(new Set(Object.keys(mailboxIds)), [], state);
  if (problem !== null) return { error: problem };
  const id = state.addEmail({
    from: Array.isArray(from) ? from.map(renderAddress).join(', ') : null,
    mailboxIds: Object.keys(mailboxIds),
    subject: String(subject),
    ...(typeof receivedAt === 'string' ? { receivedAt } : {}),
  });
  const email = state.emails.get(id);
  if (email === undefined) throw new TypeError('it was just added');
  email.keywords = new Set(Object.keys(keywords as JsonObject));
  email.text = textOf(object);
  email.to = (object['to'] ?? null) as EmailRecord['to'];
  return { email };
}

type Check = (object: JsonObject) => boolean;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['mailboxIds', ({ mailboxIds }) => isFlags(mailboxIds)],
  [
    'keywords',
    ({ keywords }) =>
      isFlags(keywords) &&
      Object.keys(keywords).every(
        (keyword) =>
          /^[!-~]{1,255}$/u.test(keyword) &&
          keyword === keyword.toLowerCase() &&
          !/[(){\]%*"\\]/u.test(keyword),
      ),
  ],
  ['receivedAt', ({ receivedAt }) => isDate(receivedAt) && String(receivedAt).endsWith('Z')],
  ['sentAt', ({ sentAt }) => isDate(sentAt)],
  ['from', ({ from }) => isAddresses(from)],
  ['to', ({ to }) => isAddresses(to)],
  ['subject', ({ subject }) => typeof subject === 'string' && !/[\r\n\0]/u.test(subject)],
  ['textBody', (object) => textOf(object) !== null],
  ['bodyValues', ({ bodyValues }) => isObject(bodyValues) && Object.keys(bodyValues).length === 1],
]);

/** Exactly one part of text/plain, with its value. A charset beside a partId is an error. */
function textOf({ textBody, bodyValues }: JsonObject): string | null {
  const [part, ...others] = Array.isArray(textBody) ? textBody : [];
  if (others.length > 0 || !isObject(part) || !isObject(bodyValues)) return null;
  const { partId, type, ...rest } = part;
  const value = typeof partId === 'string' ? bodyValues[partId] : null;
  if (type !== 'text/plain' || Object.keys(rest).length > 0 || !isObject(value)) return null;
  const isWhole = Object.keys(value).every((name) => name === 'value');
  return isWhole && typeof value['value'] === 'string' ? value['value'] : null;
}

function isFlags(value: unknown): value is Readonly<Record<string, true>> {
  return isObject(value) && Object.values(value).every((flag) => flag === true);
}

function isDate(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/u.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function isAddresses(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((one) => {
      if (!isObject(one)) return false;
      const { name = null, email, ...rest } = one;
      return (
        (name === null || typeof name === 'string') &&
        typeof email === 'string' &&
        email.includes('@') &&
        Object.keys(rest).length === 0
      );
    })
  );
}

function renderAddress({
  name,
  email,
}: {
  readonly name: string | null;
  readonly email: string;
}): string {
  return name === null ? email : `${JSON.stringify(name)} <${email}>`;
}
