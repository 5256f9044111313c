import fetch from 'minipass-fetch';

/*
 * Node's own fetch costs 70 ms of CPU before the first request: more than all the rest of a pass
 * that finds nothing to do, and that runs every five minutes. A command imports this file before it
 * loads ky, which reads the classes from the global object as it loads, and so gets these.
 */

const classes = {
  fetch,
  Headers: fetch.Headers,
  Request: fetch.Request,
  Response: fetch.Response,
  // ky only asks whether a body is one. Ours never is, and touching Node's own class would load it all.
  FormData: undefined,
  // Likewise: no body of ours is a web stream.
  ReadableStream: undefined,
};

for (const [name, value] of Object.entries(classes)) {
  // Redefining a lazy property would compute its old value first; deleting it does not.
  Reflect.deleteProperty(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
