import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';

/** One request as it arrived. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers the request in any way in which a server, or a proxy before it, may answer. */
export type Answer = (response: ServerResponse, request: ReceivedRequest, socket: Socket) => void;

export interface ScriptedServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** Answers the n-th request with the n-th answer, and all later ones with the last. */
export async function startScriptedServer(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      const answer = answers[Math.min(received.length, answers.length) - 1];
      if (answer === undefined) response.writeHead(500).end('no answer was scripted');
      else answer(response, one, request.socket);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => closeServer(server) };
}

/** As `startScriptedServer`; the servers of a test are closed after it. */
export function useScriptedServers(): typeof startScriptedServer {
  const opened: ScriptedServer[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()));
  });
  return async (...answers) => {
    const server = await startScriptedServer(...answers);
    opened.push(server);
    return server;
  };
}

/** A whole answer. */
export function answer(
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => response.writeHead(status, headers).end(body);
}

/** The connection is reset before any byte of an answer. */
export const reset: Answer = (_response, _request, socket) => socket.resetAndDestroy();

/** No answer ever comes. */
export const stall: Answer = () => undefined;

/** The head and the beginning of the body come, and the rest never does. */
export const stallInBody: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('the beginning');
};

/** The connection is closed after the beginning of a body whose length was announced. */
export const cutByLength: Answer = (response, _request, socket) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('the beginning', () => socket.end());
};

/** The connection is closed in the middle of a chunked body. */
export const cutInChunk: Answer = (response, _request, socket) => {
  response.writeHead(200);
  response.write('the beginning', () => socket.end());
};

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    // Closed already, by the test itself: that is an error for the callback, and fine.
    server.close(() => resolve());
  });
}
