import { lightFetch } from './fetch.ts';
import { LightHeaders } from './headers.ts';
import { LightRequest, LightResponse } from './messages.ts';

/*
 * Node's own fetch and its classes cost 70 ms of CPU before the first request: more than all the
 * rest of a pass that finds nothing to do, every five minutes, for ever. An entry that talks HTTP
 * imports this file before all others, and ky, which takes the classes from the global object when
 * it is loaded, gets these.
 */

const classes = {
  fetch: lightFetch,
  Headers: LightHeaders,
  Request: LightRequest,
  Response: LightResponse,
  // ky asks only whether a body is one. Ours never is, and to look at Node's own loads it all.
  FormData: undefined,
  // Nor is one a stream, and to look whether there are any loads Node's own as well.
  ReadableStream: undefined,
};

for (const [name, value] of Object.entries(classes)) {
  // Defining a lazy property anew makes its old value first; deleting it does not.
  Reflect.deleteProperty(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
