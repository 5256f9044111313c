import fetch from 'minipass-fetch';

import { errorCodeOf } from '../errors.ts';
import { type AgentOptions, createAgents } from './agents.ts';

/** One HTTP request and its answer, redirects not followed: they are the answer. */
export type Transport = (url: URL, init: RequestInit) => Promise<Response>;

/** Something that is put around what sends. */
export type Around = (send: Transport) => Transport;

/**
 * minipass-fetch over connections that are kept. Bodies are asked for uncompressed, so that ETags
 * stay strong; a server that compresses anyway is understood. Fails as the Fetch standard has
 * it: with the signal's reason, or a TypeError whose `cause` has the system's error code.
 */
export function createTransport(options: AgentOptions): Transport {
  const agentFor = createAgents(options);
  return async (url, init) => {
    const { signal } = init;
    signal?.throwIfAborted();
    if (url.username !== '' || url.password !== '') {
      throw new TypeError('a URL with credentials cannot be requested');
    }
    const headers = new Headers(init.headers);
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity');
    const agent = await agentFor(url.protocol);
    try {
      return await fetch(url.href, { ...init, headers, redirect: 'manual', agent });
    } catch (error) {
      signal?.throwIfAborted();
      throw isSystemError(error)
        ? new TypeError('fetch failed', { cause: withoutUrl(error) })
        : error;
    }
  };
}

type SystemError = Error & { readonly code: string };

function isSystemError(error: unknown): error is SystemError {
  return errorCodeOf(error) !== null;
}

/** Its message quotes the whole URL before the reason. */
function withoutUrl({ message, code }: SystemError): Error {
  return Object.assign(new Error(message.replace(/^.*? reason: /su, '')), { code });
}
