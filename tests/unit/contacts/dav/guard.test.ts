import { describe, expect, it } from 'vitest';

import { createDavFetch } from '../../../../src/contacts/dav/guard.ts';
import { MalformedAnswerError } from '../../../../src/errors.ts';

/* What an answer has to look like, for each method that a pass sends. */

const URL_OF_CARD = 'https://dav.example.com/book/a.vcf';
const HTML = { 'content-type': 'text/html; charset=utf-8' };

function answer(
  method: string,
  status: number,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Promise<Response> {
  const { headers = {}, body = '' } = options;
  const response = new Response(status === 204 ? null : body, { status, headers });
  return createDavFetch(() => Promise.resolve(response))(URL_OF_CARD, { method });
}

describe('a write is done', () => {
  it.each([
    ['PUT', 200],
    ['PUT', 201],
    ['PUT', 204],
    ['DELETE', 200],
    ['DELETE', 204],
  ])('%s with %i', async (method, status) => {
    await expect(answer(method, status)).resolves.toMatchObject({ status });
  });

  it.each(['PUT', 'DELETE'])('%s with an empty 204 typed as a page', async (method) => {
    await expect(answer(method, 204, { headers: HTML })).resolves.toMatchObject({ status: 204 });
  });
});

describe('a write is not done', () => {
  it.each([
    ['PUT', 202],
    ['PUT', 207],
    ['DELETE', 201],
    ['DELETE', 202],
    ['DELETE', 207],
  ])('%s with %i', async (method, status) => {
    await expect(answer(method, status)).rejects.toThrow(MalformedAnswerError);
  });

  it.each(['PUT', 'DELETE'])('%s with a log-in page', async (method) => {
    const page = answer(method, 200, { headers: HTML, body: '<html>Log in</html>' });

    await expect(page).rejects.toThrow('a web page, perhaps a log-in page');
  });
});

it('a method that no pass sends is refused', async () => {
  await expect(answer('MKCOL', 201)).rejects.toThrow('not a method that Mailroom uses');
});
