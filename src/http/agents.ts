import type * as NodeHttp from 'node:http';
import type * as NodeHttps from 'node:https';
import { createRequire } from 'node:module';
import type { LookupFunction } from 'node:net';

/** What connections are made with. */
export interface AgentOptions {
  /** Per request. One of a name's two addresses may take a third of it, and the other the rest. */
  readonly timeoutMs: number;
  /** Finds addresses. Default: Node's own way. */
  readonly lookup?: LookupFunction | undefined;
  /** Certificate authorities (PEM) to trust over https, and no others. Default: those of Node. */
  readonly readCa?: (() => Promise<string>) | undefined;
  /** The proxy for https. Null or absent: none. */
  readonly proxyEnv?: ProxyEnvironment | null | undefined;
}

/** The two variables that set a proxy, as Node's Agent reads them. */
export type ProxyEnvironment = Readonly<Record<'HTTPS_PROXY' | 'NO_PROXY', string>>;

/**
 * One agent per protocol. It keeps connections open for the next requests; an idle connection does
 * not keep the process alive. Plain http never goes through a proxy: it is for this machine alone. Authorities
 * of a cluster are those of its own client only, and would otherwise vouch for the mail server too.
 */
export function createAgents(options: AgentOptions): (protocol: string) => Promise<NodeHttp.Agent> {
  const agents = new Map<string, NodeHttp.Agent>();
  return async (protocol) => {
    const isSecure = protocol === 'https:';
    const ca = isSecure ? await options.readCa?.() : undefined;
    const key = `${protocol}${ca ?? ''}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const agent = createAgent(isSecure, ca, options);
    agents.set(key, agent);
    return agent;
  };
}

/** TLS is costly to load, so each module is loaded when the first request needs it. */
const load = createRequire(import.meta.filename);

function createAgent(
  isSecure: boolean,
  ca: string | undefined,
  { timeoutMs, lookup, proxyEnv }: AgentOptions,
): NodeHttp.Agent {
  const node = load(isSecure ? 'node:https' : 'node:http') as typeof NodeHttps;
  return new node.Agent({
    keepAlive: true,
    // Node gives an address 250 ms, and never comes back to one that needs longer.
    autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / 3),
    ...(lookup === undefined ? {} : { lookup }),
    ...(ca === undefined ? {} : { ca }),
    ...(isSecure && proxyEnv !== null && proxyEnv !== undefined
      ? { proxyEnv: { ...proxyEnv } }
      : {}),
  });
}
