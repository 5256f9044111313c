import type { ProxyEnvironment } from './agents.ts';

/** The proxy that the environment names for https, or why it is not used. */
export type Proxy =
  | { readonly kind: 'none' }
  | { readonly kind: 'used'; readonly env: ProxyEnvironment; readonly password: string }
  | { readonly kind: 'ignored'; readonly variable: string };

/**
 * `HTTPS_PROXY` and `NO_PROXY` as curl and Node read them: lower case wins, and `ALL_PROXY`
 * is the fallback. Only proxies that speak HTTP are understood.
 */
export function findProxy(env: Readonly<Record<string, string | undefined>>): Proxy {
  const variable = PROXY_VARIABLES.find((name) => (env[name] ?? '').trim() !== '');
  if (variable === undefined) return { kind: 'none' };
  const url = URL.parse((env[variable] ?? '').trim());
  if (url === null || !/^https?:$/u.test(url.protocol)) return { kind: 'ignored', variable };
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  return {
    kind: 'used',
    env: { HTTPS_PROXY: url.href, NO_PROXY: noProxy },
    password: url.password,
  };
}

const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const;
