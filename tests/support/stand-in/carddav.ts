import { gzipSync } from 'node:zlib';

import type { ContactsState } from './contacts-state.ts';
import { type Answer, emptyAnswer, htmlAnswer, type ServerRequest } from './exchange.ts';
import { conditionAnswer } from './multistatus.ts';
import { answerPropfind, COLLECTION_ROOT } from './propfind.ts';
import { normalizePath } from './path.ts';
import { answerReport } from './report.ts';

/** Everything under `/dav/` and the well-known address (RFC 6764 §5). */
export function answerCardDav(
  received: ServerRequest,
  state: ContactsState,
  principalHref: string,
): Answer {
  const request = { ...received, path: normalizePath(received.path) };
  switch (request.method) {
    case 'PROPFIND':
      return answerPropfind(request, state, principalHref);
    case 'REPORT':
      return answerReport(request, state);
    case 'GET':
    case 'HEAD':
      return answerGet(request, state);
    case 'PUT':
      return answerPut(request, state);
    case 'DELETE':
      return answerDelete(request, state);
    case 'MKCOL':
      return answerMkcol(request, state);
    case 'OPTIONS':
      return emptyAnswer(200, { dav: '1, 2, 3, access-control, extended-mkcol, addressbook' });
    default:
      return htmlAnswer(405, 'Method Not Allowed');
  }
}

/** RFC 6764 §5: says where the service is, without asking for credentials. */
export function answerWellKnown(origin: string): Answer {
  return emptyAnswer(301, { location: `${origin}${COLLECTION_ROOT}` });
}

function answerGet({ method, path, headers }: ServerRequest, state: ContactsState): Answer {
  const card = state.findCard(path);
  if (card === undefined) return htmlAnswer(404, 'Not Found');
  if (headers['if-none-match'] === card.etag) return emptyAnswer(304, { etag: card.etag });
  const type = 'text/vcard; charset=utf-8';
  if (method === 'HEAD') return emptyAnswer(200, { 'content-type': type, etag: card.etag });
  const bytes = /version=4\.0/u.test(headers['accept'] ?? '') ? card.bytesOfVersion4 : card.bytes;
  // Compressed bytes are another representation: the ETag is weak then (RFC 9110 §8.8.1).
  return /\bgzip\b/u.test(headers['accept-encoding'] ?? '')
    ? {
        status: 200,
        headers: { 'content-type': type, etag: `W/${card.etag}`, 'content-encoding': 'gzip' },
        body: gzipSync(bytes),
      }
    : { status: 200, headers: { 'content-type': type, etag: card.etag }, body: bytes };
}

function answerPut(request: ServerRequest, state: ContactsState): Answer {
  const { path, headers, body } = request;
  if (!isPreconditionMet(request, state.findCard(path)?.etag)) return emptyAnswer(412);
  if (!/^text\/(?:x-)?vcard\b/iu.test(headers['content-type'] ?? '')) {
    return conditionAnswer(403, '<c:supported-address-data/>');
  }
  const outcome = state.putCard(path, body);
  switch (outcome.kind) {
    case 'created':
      return emptyAnswer(201, { etag: outcome.card.etag });
    case 'replaced':
      return emptyAnswer(204, { etag: outcome.card.etag });
    case 'noBook':
      return htmlAnswer(403, 'Forbidden');
    case 'invalid':
      return conditionAnswer(403, '<c:valid-address-data/>', outcome.problem);
    case 'uidConflict': {
      const content = `<c:no-uid-conflict><d:href>${outcome.href}</d:href></c:no-uid-conflict>`;
      return conditionAnswer(403, content);
    }
    default:
      return outcome satisfies never;
  }
}

function answerDelete(request: ServerRequest, state: ContactsState): Answer {
  const card = state.findCard(request.path);
  if (card === undefined) return htmlAnswer(404, 'Not Found');
  if (!isPreconditionMet(request, card.etag)) return emptyAnswer(412);
  state.deleteCard(request.path);
  return emptyAnswer(204);
}

function answerMkcol({ path }: ServerRequest, state: ContactsState): Answer {
  const name = path.slice(state.homeHref.length).replace(/\/$/u, '');
  if (!path.startsWith(state.homeHref) || name === '' || name.includes('/')) {
    return htmlAnswer(403, 'Forbidden');
  }
  if (state.findBook(path) !== undefined) return htmlAnswer(405, 'Method Not Allowed');
  state.createBook(decodeURIComponent(name));
  return emptyAnswer(201);
}

/** RFC 9110 §13.1.1 and §13.1.2; If-Match compares strongly, so a weak ETag never matches. */
function isPreconditionMet({ headers }: ServerRequest, etag: string | undefined): boolean {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (etag === undefined) return false;
    if (ifMatch !== '*' && !splitEtags(ifMatch).includes(etag)) return false;
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch === undefined || etag === undefined) return true;
  return ifNoneMatch !== '*' && !splitEtags(ifNoneMatch).includes(etag);
}

function splitEtags(header: string): readonly string[] {
  return header.split(',').map((etag) => etag.trim());
}
