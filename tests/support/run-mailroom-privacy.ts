/** The subject of every email in the end-to-end tests. It must not turn up anywhere. */
export const PRIVATE_SUBJECT = 'subject-that-nobody-may-print';
/** What `addEmail` writes on a real server. */
const PRIVATE_BODY = 'A body.';

export interface BasicSecrets {
  readonly username: string;
  readonly passwords: readonly string[];
}

/**
 * What the text has and must not have, or null: tokens and passwords, as they are and as they
 * travel (base64, URL, JSON), subjects and bodies.
 */
export function findPrivateText(
  text: string,
  tokens: readonly string[],
  { username, passwords }: BasicSecrets,
): string | null {
  const pairs = passwords.map((password) => `${username}:${password}`);
  const secrets = [...tokens, ...passwords, ...pairs].filter((secret) => secret.length > 3);
  for (const secret of secrets) {
    const index = formsOf(secret).findIndex((form) => text.includes(form));
    if (index !== -1) return `a secret (${FORMS[index]})`;
  }
  if (text.includes(PRIVATE_SUBJECT)) return 'a subject';
  if (text.includes(PRIVATE_BODY)) return 'a body';
  return null;
}

const FORMS = ['as it is', 'in base64', 'in base64 without padding', 'in a URL', 'in JSON'];

function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    base64,
    base64.replace(/=+$/u, ''),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}
