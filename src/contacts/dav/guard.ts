import { MalformedAnswerError, WEB_PAGE } from '../../errors.ts';
import type { Http } from '../../http/http.ts';

/**
 * Checks every answer before it is parsed: later on, "not found" and "server down" would look alike.
 * A read counts only with 207 and an XML type, a write only with a status that says it was done, and no page
 * for people (a log-in page is no success). The HTTP client checks redirects and foreign hosts.
 */
export function createDavFetch(http: Http): Http {
  return async (url, init) => {
    const response = await http(url, init);
    const method = (init?.method ?? 'GET').toUpperCase();
    const type = mediaType(response);
    const fail = (problem: string): never => {
      const { host, pathname } = new URL(response.url || String(url));
      throw new MalformedAnswerError(`${method} ${host}${pathname}: ${problem}`);
    };
    switch (method) {
      case 'PROPFIND':
      case 'REPORT':
        if (response.status !== 207) {
          const page = isPage(type) ? `: ${notA('XML', type)}` : '';
          fail(`HTTP ${response.status} where 207 is due${page}`);
        }
        if (!/^(?:application|text)\/(?:[\w.-]+\+)?xml$/u.test(type)) fail(notA('XML', type));
        break;
      case 'PUT':
      case 'DELETE':
        if (!DONE[method].includes(response.status)) {
          fail(`HTTP ${response.status}, which does not say that it was done`);
        }
        // sabre/dav types an empty answer as text/html.
        if (isPage(type) && (response.status === 200 || !(await isEmpty(response)))) {
          fail(notA('the answer to a write', type));
        }
        break;
      case 'GET':
        if (response.status !== 200) fail(`HTTP ${response.status} where 200 is due`);
        if (isPage(type)) fail(notA('a card', type));
        break;
      default:
        fail('not a method that Mailroom uses');
    }
    return response;
  };
}

/**
 * RFC 9110 §9.3.4 and §9.3.5; 202 promises nothing, and 207 has a failure in it (RFC 4918 §9.6.1).
 */
const DONE: Readonly<Record<'PUT' | 'DELETE', readonly number[]>> = {
  PUT: [200, 201, 204],
  DELETE: [200, 204],
};

/** Without parameters, in lower case; empty if there is none. */
function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1).join('').trim().toLowerCase();
}

/** Consumes the body: nobody else reads that of a write. */
async function isEmpty(response: Response): Promise<boolean> {
  return (await response.text()).trim() === '';
}

function isPage(type: string): boolean {
  return type === 'text/html' || type === 'application/xhtml+xml';
}

function notA(expected: string, type: string): string {
  if (isPage(type)) {
    return `not ${expected} but text/html, ${WEB_PAGE}. Is MAILROOM_CARDDAV_URL right?`;
  }
  return `not ${expected} but ${/^[\w.+-]+\/[\w.+-]+$/u.test(type) ? type : 'without a type'}`;
}
