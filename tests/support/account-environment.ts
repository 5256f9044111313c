import type { TestAccount } from './test-account.ts';

/** The environment of a program that is set up for the account; its state is in `statePath`. */
export function accountEnvironment(
  account: TestAccount,
  home: string,
  statePath: string,
): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    MAILROOM_JMAP_TOKEN: account.token,
    MAILROOM_CARDDAV_USERNAME: account.username,
    MAILROOM_CARDDAV_PASSWORD: account.password,
    MAILROOM_JMAP_SESSION_URL: account.sessionUrl,
    MAILROOM_CARDDAV_URL: account.cardDavUrl,
    MAILROOM_STATE_FILE: statePath,
  };
}
