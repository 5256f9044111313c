/** The part of minipass-fetch that is used: fetch over node:http, as the Fetch standard has it. */
declare module 'minipass-fetch' {
  import type { Agent } from 'node:http';

  interface MinipassFetch {
    (url: string, init: RequestInit & { readonly agent: Agent }): Promise<Response>;
    readonly Headers: typeof globalThis.Headers;
    readonly Request: typeof globalThis.Request;
    readonly Response: typeof globalThis.Response;
  }

  const fetch: MinipassFetch;
  export default fetch;
}
