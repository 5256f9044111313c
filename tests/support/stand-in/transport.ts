import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { API_PATH, SESSION_PATH } from './jmap.ts';
import { isObject } from './jmap-context.ts';
import type { Answer, RequestKind, ServerRequest } from './exchange.ts';
import type { Fault } from './faults.ts';

/** Reads the whole body and finds out what kind of request it is. */
export async function readRequest(message: IncomingMessage): Promise<ServerRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const method = message.method ?? 'GET';
  const [path = '/'] = (message.url ?? '/').split('?');
  const kind = findKind(method, path);
  const json = kind === 'jmap' ? parseJson(body) : undefined;
  return {
    kind,
    method,
    path,
    headers: message.headers,
    body,
    json,
    jmapMethods: findMethods(json),
  };
}

/**
 * Sends the answer, changed by the faults. Returns how many bytes of the body left, or null if no
 * answer did.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  faults: readonly Fault[],
): Promise<number | null> {
  if (faults.some(({ kind }) => kind === 'resetAfter')) {
    response.socket?.resetAndDestroy();
    return null;
  }
  const body = Buffer.from(answer.body);
  const truncation = faults.find((fault) => fault.kind === 'truncateBody');
  const slowness = faults.find((fault) => fault.kind === 'slowBody');
  const sent = truncation === undefined ? body : body.subarray(0, truncation.bytes);
  const promised = truncation?.isClean === true ? sent.length : body.length;
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const length = hasBody ? { 'content-length': String(promised) } : {};
  response.writeHead(answer.status, { ...answer.headers, ...length });
  if (slowness !== undefined) {
    await sendSlowly(response, sent, slowness.totalMs);
  } else if (sent.length === promised) {
    response.end(sent);
  } else {
    // Waits until the bytes are on their way, then breaks the connection.
    await new Promise((resolve) => {
      response.write(sent, resolve);
    });
    response.socket?.destroy();
  }
  return sent.length;
}

const PIECES = 10;

async function sendSlowly(response: ServerResponse, body: Buffer, totalMs: number): Promise<void> {
  response.flushHeaders();
  for (let piece = 0; piece < PIECES; piece += 1) {
    await sleep(totalMs / PIECES);
    if (response.destroyed) return;
    const from = Math.floor((body.length * piece) / PIECES);
    response.write(body.subarray(from, Math.floor((body.length * (piece + 1)) / PIECES)));
  }
  response.end();
}

function findKind(method: string, path: string): RequestKind {
  if (path === SESSION_PATH) return 'session';
  if (path === API_PATH) return 'jmap';
  if (path === '/.well-known/carddav') return 'well-known';
  return METHOD_KINDS.get(method) ?? 'other';
}

const METHOD_KINDS: ReadonlyMap<string, RequestKind> = new Map([
  ['PROPFIND', 'propfind'],
  ['REPORT', 'report'],
  ['GET', 'get-card'],
  ['PUT', 'put-card'],
  ['DELETE', 'delete-card'],
]);

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function findMethods(json: unknown): readonly string[] {
  if (!isObject(json) || !Array.isArray(json['methodCalls'])) return [];
  return json['methodCalls'].map((call: unknown) => (Array.isArray(call) ? String(call[0]) : ''));
}
