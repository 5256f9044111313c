import { readFile, writeFile } from 'node:fs/promises';

import { answer, type ScriptedServer, startScriptedServer } from '../support/http-server.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import { openTortureAccount, type TortureAccount } from '../support/torture-account.ts';
import { type Mailroom, setUpMailroom, type Transport } from '../support/torture-run.ts';
import { FEW_WRITES } from './stories.ts';
import { type Ordeal, requireNone, type Trial } from './trials.ts';

/** A way to make a client send its credentials elsewhere. */
interface Lure {
  readonly name: string;
  /** `foreign` is the scheme, host and port of somebody else. */
  readonly rule: (foreign: string) => FaultRule;
  /** If a setting can allow it, the failure names the setting. */
  readonly isAllowable?: false;
  /** User info for our own host does no harm here: only the path of the URL is used. */
  readonly takesPathsAlone?: true;
}

/** A foreign host, as it may stand in a URL. */
interface Stranger {
  readonly name: string;
  readonly origin: (evil: ScriptedServer, world: TortureAccount) => string;
  /** A setting can allow it. */
  readonly isAllowable: boolean;
}

const OURS_WITH_USER_INFO: Stranger = {
  name: 'user info for our host',
  origin: (_, { account }) => account.origin.replace('//', '//somebody:secret@'),
  isAllowable: false,
};

const STRANGERS: readonly Stranger[] = [
  { name: 'another port', origin: ({ url }) => url, isAllowable: true },
  { name: 'another host', origin: () => 'https://evil.example', isAllowable: true },
  {
    name: 'a host that begins like ours',
    origin: () => 'https://127.0.0.1.evil.example',
    isAllowable: true,
  },
  { name: 'plain http', origin: () => 'http://evil.example', isAllowable: false },
  {
    name: 'our host as user info',
    origin: ({ url }, { account }) => url.replace('//', `//${new URL(account.origin).hostname}@`),
    isAllowable: false,
  },
  OURS_WITH_USER_INFO,
];

const redirect = (on: FaultRule['on'], status: number): Lure => ({
  name: `redirect of ${on} with ${status}`,
  rule: (foreign) => ({
    on,
    times: Infinity,
    fault: { kind: 'status', status, headers: { location: `${foreign}/taken` } },
  }),
});

const foreignHref = (
  name: string,
  on: FaultRule['on'],
  part: RegExp,
  options: Pick<Lure, 'isAllowable' | 'takesPathsAlone'> = {},
): Lure => ({
  name,
  ...options,
  rule: (foreign) => ({
    on,
    times: Infinity,
    fault: { kind: 'replaceText', change: (text) => text.replaceAll(part, `$1${foreign}/$2`) },
  }),
});

const LURES: readonly Lure[] = [
  redirect('session', 302),
  redirect('session', 307),
  redirect('Mailbox/get', 307),
  redirect('Email/set', 308),
  redirect('well-known', 301),
  redirect('propfind', 301),
  redirect('report', 308),
  redirect('get-card', 302),
  redirect('put-card', 307),
  redirect('put-card', 303),
  {
    name: 'apiUrl',
    rule: (foreign) => ({
      on: 'session',
      fault: { kind: 'replaceJson', change: (json) => ({ ...json, apiUrl: `${foreign}/jmap/` }) },
    }),
  },
  foreignHref(
    'principal',
    'propfind',
    /(<[\w:]*current-user-principal>\s*<[\w:]*href>)\/?([^<]*)/gu,
  ),
  foreignHref('home', 'propfind', /(<[\w:]*addressbook-home-set>\s*<[\w:]*href>)\/?([^<]*)/gu),
  // No setting can allow books on another server than their home, or cards on another than their
  // book.
  foreignHref(
    'address book',
    'propfind',
    /(<[\w:]*response>\s*<[\w:]*href>)\/?([^<]*Default[^<]*)/gu,
    { isAllowable: false },
  ),
  foreignHref('card', 'report', /(<[\w:]*response>\s*<[\w:]*href>)\/?([^<]*)/gu, {
    isAllowable: false,
    takesPathsAlone: true,
  }),
];

/**
 * Every lure to every foreign host. Then: what is printed when a library throws an error with
 * secrets in it.
 */
export function keysStayHome(): Ordeal {
  return {
    name: 'keys',
    promise: `Attempts to lure the credentials away (${LURES.length} ways, with redirects, URLs, hrefs and a poisoned state, to ${STRANGERS.length} kinds of foreign host), and secrets in the errors of libraries: nothing is sent or printed, and the failure names the host and the setting`,
    atOnce: 20,
    *trials() {
      for (const lure of LURES) {
        for (const stranger of STRANGERS) {
          const isHarmless = lure.takesPathsAlone === true && stranger === OURS_WITH_USER_INFO;
          if (!isHarmless) yield toTrial(lure, stranger);
        }
      }
      for (const level of ['debug', 'info', 'warning', 'error']) {
        for (const password of PASSWORDS) yield toLeakTrial(level, password);
      }
      for (const stranger of STRANGERS) yield toPoisonTrial(stranger);
      yield allowed;
    },
  };
}

function toTrial(lure: Lure, stranger: Stranger): Trial {
  return {
    name: `${lure.name}: ${stranger.name}`,
    run: () =>
      withStranger(async (world, mailroom, evil) => {
        const origin = stranger.origin(evil, world);
        world.account.faults.push(lure.rule(origin));
        const strayed: string[] = [];
        const watch: Transport = async (send, { url }) => {
          const isOurs = url.origin === world.account.origin && url.username === '';
          if (!isOurs) strayed.push(url.host);
          return send();
        };
        const { end, exitCode, stdout } = await mailroom.pass({
          transport: watch,
          env: { MAILROOM_LOG_LEVEL: 'debug' },
        });
        const { host } = new URL(origin);
        const names = stranger.isAllowable && lure.isAllowable !== false;
        requireNone([
          ...strayed.map((one) => `a request to ${one}`),
          ...evil.received.map(({ method, path }) => `${method} ${path} reached the stranger`),
          ...(exitCode === 1 && end.event === 'startup_failed' ? [] : [`it ended in ${end.event}`]),
          ...(JSON.stringify(end['error'] ?? '').includes(host)
            ? []
            : [`no word of ${host}: ${JSON.stringify(end)}`]),
          ...(!names || stdout.includes('MAILROOM_TRUSTED_HOSTS')
            ? []
            : ['no word of the setting']),
          ...world.findHarm(),
        ]);
      }),
  };
}

/** What is remembered about the servers is in a ConfigMap, which others may be able to write. */
function toPoisonTrial(stranger: Stranger): Trial {
  return {
    name: `remembered URLs in the state: ${stranger.name}`,
    run: () =>
      withStranger(async (world, mailroom, evil) => {
        await mailroom.pass();
        const state = JSON.parse(await readFile(mailroom.statePath, 'utf8')) as {
          readonly discovery: { readonly session: unknown; readonly books: unknown };
        };
        const poison = (remembered: unknown): unknown =>
          JSON.parse(
            JSON.stringify(remembered)
              .replaceAll(world.account.origin, stranger.origin(evil, world))
              // These say for which settings it was stored. With others it is not used at all.
              .replace(
                /("(?:serverUrl|sessionUrl)":")[^/]*\/\/[^/]*/gu,
                `$1${world.account.origin}`,
              ),
          );
        const { session, books } = state.discovery;
        const discovery = { ...state.discovery, session: poison(session), books: poison(books) };
        if (JSON.stringify(discovery) === JSON.stringify(state.discovery)) {
          throw new Error('nothing was poisoned');
        }
        await writeFile(mailroom.statePath, JSON.stringify({ ...state, discovery }));
        const strayed: string[] = [];
        const { end } = await mailroom.pass({
          async transport(send, { url }) {
            if (url.origin !== world.account.origin || url.username !== '') strayed.push(url.host);
            return send();
          },
        });
        requireNone([
          ...strayed.map((one) => `a request to ${one}`),
          ...evil.received.map(({ method, path }) => `${method} ${path} reached the stranger`),
        ]);
        // Whatever happened, it is forgotten afterwards.
        const next = await mailroom.pass();
        if (next.end.event !== 'poll_complete') {
          throw new Error(`${end.event}, and the next pass ended in ${next.end.event}`);
        }
      }),
  };
}

/**
 * The counter-test: where it is allowed, credentials are sent. So the recording server does record.
 */
const allowed: Trial = {
  name: 'a trusted host gets the request',
  run: () =>
    withStranger(async (world, mailroom, evil) => {
      world.account.faults.push(redirect('session', 307).rule(evil.url));
      await mailroom.pass({ env: { MAILROOM_TRUSTED_HOSTS: new URL(evil.url).host } });
      const [first] = evil.received;
      requireNone(
        first?.headers.authorization === `Bearer ${world.account.token}`
          ? []
          : ['the stranger, now trusted, got nothing'],
      );
    }),
};

const PASSWORDS = [
  'fake-app-password',
  'fake "quoted" \\ back & <slash>',
  'fake+$^.*(regex)[chars]?',
  'fäke-pässwörd-日本',
  'fake%20percent%0Apassword',
];

/** `pass` itself throws if a secret, in any form, was printed or stored. */
function toLeakTrial(level: string, password: string): Trial {
  return {
    name: `a library throws with secrets in hand, level ${level}, password ${password}`,
    run: () =>
      withStranger(async (world, mailroom) => {
        world.account.changeCredentials({ password });
        const basic = Buffer.from(`${world.account.username}:${password}`).toString('base64');
        const secrets = [world.account.token, password, basic, encodeURIComponent(password)];
        for (const secret of secrets) {
          const fail: Transport = async () => {
            throw Object.assign(new TypeError(`fetch failed: Authorization: Bearer ${secret}`), {
              code: secret,
              request: { headers: { authorization: `Basic ${secret}` } },
              cause: new AggregateError([new Error(secret)], JSON.stringify({ secret })),
            });
          };
          const { end } = await mailroom.pass({
            transport: fail,
            env: {
              MAILROOM_LOG_LEVEL: level,
              MAILROOM_CARDDAV_PASSWORD: password,
              MAILROOM_PASS_TIMEOUT: '1',
            },
          });
          if (end.event !== 'startup_failed') throw new Error(`it ended in ${end.event}`);
        }
      }),
  };
}

async function withStranger(
  act: (world: TortureAccount, mailroom: Mailroom, evil: ScriptedServer) => Promise<void>,
): Promise<void> {
  const world = await openTortureAccount(FEW_WRITES);
  const mailroom = await setUpMailroom(world.account);
  const evil = await startScriptedServer(answer(500));
  try {
    await act(world, mailroom, evil);
  } finally {
    await evil.close();
    await world.account.close();
    await mailroom.remove();
  }
}
