import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { callDav, type DavRequest, parseMultistatus } from '../support/wire.ts';
import { DAV, findChild, parseXml, type XmlElement } from '../support/xml.ts';

/*
 * What a client can observe of a CardDAV server, the same on the stand-in and on a real one. The
 * stand-in may be stricter (the last table says where), never kinder.
 */

const VCARD = { 'content-type': 'text/vcard; charset=utf-8' };
const XML = { 'content-type': 'application/xml; charset=utf-8' };

function aCard(uid: string, ...lines: readonly string[]): string {
  const fn = lines.some((line) => line.startsWith('FN:')) ? [] : [`FN:Card ${uid}`];
  return crlf('BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, ...fn, 'N:;;;;', ...lines, 'END:VCARD');
}

function crlf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}

interface Dav {
  request(method: string, path: string, init?: DavRequest): Promise<Response>;
  put(name: string, card: string | Buffer, headers?: Record<string, string>): Promise<Response>;
  get(name: string): Promise<string>;
  /** Names of the cards that a filter finds, sorted. */
  find(propFilters: string, filterAttributes?: string): Promise<readonly string[]>;
  readonly book: string;
  readonly home: string;
}

async function openDav(account: TestAccount): Promise<Dav> {
  const probe = await account.putCard('probe.vcf', aCard('probe'));
  await account.deleteCard(probe);
  const book = probe.slice(0, probe.lastIndexOf('/') + 1);
  const home = new URL('..', new URL(book, account.cardDavUrl)).pathname;
  const request: Dav['request'] = (method, path, init) =>
    callDav(account, method, new URL(path, account.cardDavUrl), init);
  return {
    book,
    home,
    request,
    put: (name, card, headers = {}) =>
      request('PUT', `${book}${name}`, {
        headers: { ...VCARD, ...headers },
        body: typeof card === 'string' ? card : new Uint8Array(card),
      }),
    get: async (name) => {
      const headers = { 'accept-encoding': 'identity' };
      return (await request('GET', `${book}${name}`, { headers })).text();
    },
    find: async (propFilters, filterAttributes = '') => {
      const filter = `<c:filter ${filterAttributes}>${propFilters}</c:filter>`;
      const response = await request('REPORT', book, {
        headers: { ...XML, depth: '1' },
        body: query('<d:getetag/>', filter),
      });
      return parseMultistatus(await response.text())
        .map(({ href }) => href.slice(href.lastIndexOf('/') + 1))
        .toSorted();
    },
  };
}

function query(properties: string, rest = '<c:filter/>'): string {
  return `<c:addressbook-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:prop>${properties}</d:prop>${rest}</c:addressbook-query>`;
}

function propFilter(name: string, text: string, attributes = 'match-type="equals"'): string {
  return `<c:prop-filter name="${name}"><c:text-match ${attributes}>${text}</c:text-match></c:prop-filter>`;
}

function etagOf(response: Response): string {
  return response.headers.get('etag') ?? '';
}

/** Name of the first condition in a DAV:error, without its namespace. */
async function conditionOf(response: Response): Promise<string | null> {
  if (!(response.headers.get('content-type') ?? '').includes('xml')) return null;
  const [first] = parseXml(await response.text()).children;
  return first?.name.replace(/^\{.*\}/u, '') ?? null;
}

describeEachServer('discovery', ({ open }) => {
  let account: TestAccount;
  let dav: Dav;
  beforeAll(async () => {
    account = await open();
    dav = await openDav(account);
  });
  afterAll(() => account.close());

  const propfind = (path: string, depth: string, properties: string): Promise<Response> =>
    dav.request('PROPFIND', path, {
      headers: { ...XML, depth },
      body: `<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav" xmlns:cs="http://calendarserver.org/ns/"><d:prop>${properties}</d:prop></d:propfind>`,
    });
  /** Text inside the first element of that name, anywhere. */
  const textOf = (element: XmlElement, local: string): string | undefined => {
    if (element.name.endsWith(`}${local}`)) return element.children[0]?.text ?? element.text;
    for (const child of element.children) {
      const text = textOf(child, local);
      if (text !== undefined) return text;
    }
    return undefined;
  };

  it.each(['GET', 'PROPFIND'])('the well-known address redirects a %s', async (method) => {
    const response = await dav.request(method, '/.well-known/carddav');

    expect(response.status).toBe(301);
    expect(response.headers.get('location')).toMatch(/\/dav\/addressbooks\/?$/u);
  });

  it('from there to principal, home and books', async () => {
    const wellKnown = await dav.request('GET', '/.well-known/carddav');
    const root = new URL(wellKnown.headers.get('location') ?? '', account.cardDavUrl).pathname;
    const first = parseXml(await (await propfind(root, '0', '<d:current-user-principal/>')).text());
    const principal = textOf(first, 'current-user-principal') ?? '';
    const second = parseXml(
      await (await propfind(principal, '0', '<c:addressbook-home-set/>')).text(),
    );
    const home = textOf(second, 'addressbook-home-set') ?? '';
    const second2 = await account.createAddressBook('Second');
    const books = await propfind(home, '1', '<d:resourcetype/>');
    const found = parseMultistatus(await books.text()).filter((book) => book.isAddressBook);

    expect(home).toBe(dav.home);
    expect(found.map(({ href }) => href).toSorted()).toEqual([dav.book, second2].toSorted());
  });

  it('a book has a name and a ctag that moves with its cards', async () => {
    const properties = '<d:displayname/><cs:getctag/><d:sync-token/>';
    const before = parseXml(await (await propfind(dav.book, '0', properties)).text());
    await account.putCard('ctag.vcf', aCard('ctag'));
    const after = parseXml(await (await propfind(dav.book, '0', properties)).text());

    expect(textOf(before, 'displayname')).not.toBe('');
    expect(textOf(before, 'getctag')).toMatch(/./u);
    expect(textOf(before, 'sync-token')).toMatch(/./u);
    expect(textOf(after, 'getctag')).not.toBe(textOf(before, 'getctag'));
  });

  it('a property that is not there is told in a propstat of its own', async () => {
    const document = parseXml(
      await (await propfind(dav.book, '0', '<d:displayname/><d:bogus/>')).text(),
    );
    const response = findChild(document, DAV, 'response');
    const statuses = response?.children
      .filter(({ name }) => name === '{DAV:}propstat')
      .map((propstat) => findChild(propstat, DAV, 'status')?.text);

    expect(statuses).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found']);
  });

  it.each<[string, string, string, number]>([
    ['a home without its slash', 'home', '1', 207],
    ['a book that is not there', 'missing book', '1', 404],
    ['any depth', 'book', 'infinity', 403],
  ])('PROPFIND on %s', async (_, where, depth, status) => {
    const paths: Readonly<Record<string, string>> = {
      home: dav.home.slice(0, -1),
      book: dav.book,
      'missing book': `${dav.home}Nope/`,
    };
    const response = await propfind(paths[where] ?? '', depth, '<d:resourcetype/>');

    expect(response.status).toBe(status);
  });

  it('PROPFIND on a card that is not there says so in a multistatus', async () => {
    const response = await propfind(`${dav.book}ghost.vcf`, '0', '<d:getetag/>');

    expect(response.status).toBe(207);
    expect(parseMultistatus(await response.text())).toMatchObject([{ status: /404/u }]);
  });

  it.each(['PROPFIND', 'REPORT'])('%s with XML cut short: 400', async (method) => {
    const headers = { ...XML, depth: '1' };
    const body = '<propfind xmlns="DAV:"><prop>';

    expect((await dav.request(method, dav.book, { headers, body })).status).toBe(400);
  });

  it('REPORT with a body of another type: 415', async () => {
    const headers = { 'content-type': 'text/plain', depth: '1' };
    const body = query('<d:getetag/>');

    expect((await dav.request('REPORT', dav.book, { headers, body })).status).toBe(415);
  });

  it.each([
    ['PROPFIND', 'home'],
    ['REPORT', 'book'],
    ['PUT', 'card'],
    ['GET', 'card'],
  ])('%s with a wrong password: 401', async (method, where) => {
    const path = { home: dav.home, book: dav.book, card: `${dav.book}x.vcf` }[where] ?? '';
    const body = { PROPFIND: '', REPORT: query('<d:getetag/>'), PUT: aCard('x') }[method];
    const headers = { ...(method === 'PUT' ? VCARD : XML), depth: '1' };
    const wrong = { ...account, token: '', username: account.username, password: 'wrong' };
    const response = await callDav(wrong, method, new URL(path, account.cardDavUrl), {
      headers,
      ...(body === undefined ? {} : { body }),
    });

    expect(response.status).toBe(401);
  });
});

describeEachServer('cards', ({ open }) => {
  let account: TestAccount;
  let dav: Dav;
  beforeAll(async () => {
    account = await open();
    dav = await openDav(account);
  });
  afterAll(() => account.close());

  it('If-None-Match: * creates with 201 and an ETag, and then 412', async () => {
    const first = await dav.put('inm.vcf', aCard('inm'), { 'if-none-match': '*' });
    const second = await dav.put('inm.vcf', aCard('inm'), { 'if-none-match': '*' });

    expect([first.status, second.status]).toEqual([201, 412]);
    expect(etagOf(first)).toMatch(/^"[^"]+"$/u);
  });

  it('of ten creations at once one is done', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await dav.put('ten.vcf', aCard('ten'), { 'if-none-match': '*' });
        return response.status;
      }),
    );

    expect(statuses.toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 412),
    ]);
  });

  it('If-Match with the ETag of the last PUT replaces with 204; with the one before, 412', async () => {
    const first = await dav.put('im.vcf', aCard('im', 'NOTE:1'));
    const second = await dav.put('im.vcf', aCard('im', 'NOTE:2'), { 'if-match': etagOf(first) });
    const third = await dav.put('im.vcf', aCard('im', 'NOTE:3'), { 'if-match': etagOf(first) });

    expect([second.status, third.status]).toEqual([204, 412]);
    expect(await dav.get('im.vcf')).toContain('NOTE:2\r\n');
  });

  it.each(['*', '"never-seen"'])('If-Match: %s on a card that is not there: 412', async (etag) => {
    const response = await dav.put('absent.vcf', aCard('absent'), { 'if-match': etag });

    expect(response.status).toBe(412);
  });

  it('GET, PROPFIND and REPORT tell the ETag that PUT told', async () => {
    const put = await dav.put('etag.vcf', aCard('etag'));
    const path = `${dav.book}etag.vcf`;
    const get = await dav.request('GET', path, { headers: { 'accept-encoding': 'identity' } });
    const propfind = await dav.request('PROPFIND', path, {
      headers: { ...XML, depth: '0' },
      body: '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>',
    });
    const report = await dav.request('REPORT', dav.book, {
      headers: { ...XML, depth: '1' },
      body: query('<d:getetag/>', `<c:filter>${propFilter('UID', 'etag')}</c:filter>`),
    });

    expect(etagOf(get)).toBe(etagOf(put));
    expect(parseMultistatus(await propfind.text())).toMatchObject([{ etag: etagOf(put) }]);
    expect(parseMultistatus(await report.text())).toMatchObject([{ etag: etagOf(put) }]);
  });

  it('GET compressed tells the same ETag, weak; strong on the newest Cyrus', async () => {
    const put = await dav.put('weak.vcf', aCard('weak', `NOTE:${'long '.repeat(100)}`));
    const headers = { 'accept-encoding': 'gzip' };
    const get = await dav.request('GET', `${dav.book}weak.vcf`, { headers });

    const weak = account.kind === 'cyrus-new' ? '' : 'W/';
    expect(etagOf(get)).toBe(`${weak}${etagOf(put)}`);
  });

  it('GET with the ETag it has: 304', async () => {
    const put = await dav.put('same.vcf', aCard('same'));
    const headers = { 'accept-encoding': 'identity', 'if-none-match': etagOf(put) };

    expect((await dav.request('GET', `${dav.book}same.vcf`, { headers })).status).toBe(304);
  });

  it('GET and DELETE of what is not there: 404', async () => {
    const get = await dav.request('GET', `${dav.book}nothing.vcf`);
    const del = await dav.request('DELETE', `${dav.book}nothing.vcf`);

    expect([get.status, del.status]).toEqual([404, 404]);
  });

  it('DELETE with a stale If-Match: 412, then 204', async () => {
    await dav.put('del.vcf', aCard('del'));
    const path = `${dav.book}del.vcf`;
    const stale = await dav.request('DELETE', path, { headers: { 'if-match': '"stale"' } });
    const done = await dav.request('DELETE', path);

    expect([stale.status, done.status]).toEqual([412, 204]);
  });

  it('PUT into a book that is not there: 403', async () => {
    const path = `${dav.home}Nope/x.vcf`;
    const response = await dav.request('PUT', path, { headers: VCARD, body: aCard('x') });

    expect(response.status).toBe(403);
  });

  const without = (name: string): string =>
    aCard('invalid')
      .split('\r\n')
      .filter((line) => !line.startsWith(`${name}:`))
      .join('\r\n');

  it.each([
    ['without UID', without('UID'), 'valid-address-data'],
    ['without FN', without('FN'), 'valid-address-data'],
    ['without N', without('N'), 'valid-address-data'],
    ['without VERSION', without('VERSION'), 'valid-address-data'],
    ['without END', without('END'), 'valid-address-data'],
    ['that is no vCard', 'hello', 'valid-address-data'],
    ['that is empty', '', 'valid-address-data'],
  ])('a card %s: 403', async (_, card, condition) => {
    const response = await dav.put('invalid.vcf', card);

    expect([response.status, await conditionOf(response)]).toEqual([403, condition]);
  });

  it('a card sent as text/plain: 403', async () => {
    const response = await dav.put('plain.vcf', aCard('plain'), { 'content-type': 'text/plain' });

    expect([response.status, await conditionOf(response)]).toEqual([403, 'supported-address-data']);
  });

  it.each([
    ['an empty FN', aCard('ok1', 'FN:')],
    ['line feeds alone', aCard('ok2').replaceAll('\r\n', '\n')],
    ['two vCards', aCard('ok3') + aCard('ok4')],
    ['4.0 without N', crlf('BEGIN:VCARD', 'VERSION:4.0', 'UID:ok5', 'FN:Five', 'END:VCARD')],
  ])('a card with %s is taken', async (name, card) => {
    const response = await dav.put(`${encodeURIComponent(name)}.vcf`, card);

    expect(response.status).toBe(201);
  });

  it('another UID under an href: 403 no-uid-conflict', async () => {
    await dav.put('uid.vcf', aCard('uid-1'));
    const response = await dav.put('uid.vcf', aCard('uid-2'));

    expect([response.status, await conditionOf(response)]).toEqual([403, 'no-uid-conflict']);
  });

  it('a UID that stands under another href is taken', async () => {
    await dav.put('twice-1.vcf', aCard('twice'));
    const response = await dav.put('twice-2.vcf', aCard('twice'));

    expect(response.status).toBe(201);
  });

  it.each([
    ['another UID', aCard('order-2')],
    ['no vCard', 'hello'],
  ])('a failed precondition comes before the look at the card: %s', async (_, card) => {
    await dav.put('order.vcf', aCard('order-1'));
    const response = await dav.put('order.vcf', card, { 'if-match': '"stale"' });

    expect(response.status).toBe(412);
  });

  it.each<[string, string]>([
    ['FN:Öd\\, Dr\\; x', 'FN:Öd\\, Dr\\; x'],
    [
      'item1.EMAIL;TYPE=INTERNET;TYPE=HOME:A@x.example',
      'item1.EMAIL;TYPE=INTERNET;TYPE=HOME:A@x.example',
    ],
    ['item1.X-ABLabel:_$!<Work>!$_', 'item1.X-ABLabel:_$!<Work>!$_'],
    ['email;type="internet,pref":b@x.example', 'email;type=internet;type=pref:b@x.example'],
    ['TEL;CELL:123', 'TEL;type=CELL:123'],
    ['TEL;TYPE="a,b";PREF:1', 'TEL;TYPE=a;TYPE=b;type=PREF:1'],
    ['EMAIL;X-A="q:r;s":x@y', 'EMAIL;X-A="q:r;s":x@y'],
    ['ORG:Acme, Inc.;Dept', 'ORG:Acme\\, Inc.;Dept'],
    ['ADR;TYPE=home:;;1 St, Apt\\; 2;City;;;', 'ADR;TYPE=home:;;1 St\\, Apt\\; 2;City;;;'],
    ['NOTE:one\\nline, two; three', 'NOTE:one\\nline\\, two\\; three'],
    ['NOTE:a\\:b\\x\\Ny\\,', 'NOTE:a:bx\\ny\\,'],
    ['TITLE:a\\\\b', 'TITLE:a\\\\b'],
    ['CATEGORIES:a,b\\,c', 'CATEGORIES:a,b\\,c'],
    ['NICKNAME:a,b\\,c;d', 'NICKNAME:a,b\\,c\\;d'],
    ['URL:http://x.example/a,b;c', 'URL:http://x.example/a,b;c'],
    ['X-ODD;X-P=1:v,a;l', 'X-ODD;X-P=1:v\\,a\\;l'],
    ['BDAY:1985-04-12', 'BDAY:1985-04-12'],
    ['GEO:1.0;2.0', 'GEO:1.0;2.0'],
    ['FN:bell\u0007 and tab\t.', 'FN:bell and tab\t.'],
    ['NOTE:a\r\n  folded line', 'NOTE:a folded line'],
  ])('%j comes back as %j', async (sent, given) => {
    await dav.put('spelling.vcf', aCard('spelling', sent));
    const lines = (await dav.get('spelling.vcf')).split('\r\n');

    expect(lines).toContain(given);
  });

  it('long lines come back folded, characters whole', async () => {
    const note = `NOTE:${'é'.repeat(100)}`;
    await dav.put('fold.vcf', aCard('fold', note));
    const card = await dav.get('fold.vcf');

    expect(card).toMatch(/\r\n é/u);
    expect(card.replaceAll('\r\n ', '')).toContain(`${note}\r\n`);
    expect(Math.max(...card.split('\r\n').map((line) => Buffer.byteLength(line)))).toBeLessThan(78);
  });

  it('a 4.0 group comes back as 3.0, its properties in lower case', async () => {
    const lines = ['UID:four', 'FN:Four', 'KIND:group', 'MEMBER:urn:uuid:a'];
    await dav.put('four.vcf', crlf('BEGIN:VCARD', 'VERSION:4.0', ...lines, 'END:VCARD'));
    const card = (await dav.get('four.vcf')).split('\r\n');

    expect(card).toEqual(
      expect.arrayContaining([
        'VERSION:3.0',
        'x-addressbookserver-kind:group',
        'x-addressbookserver-member:urn:uuid:a',
      ]),
    );
  });

  it('bytes that are no UTF-8 are kept', async () => {
    const sent = Buffer.from(aCard('bytes', 'NOTE:\xFF\xFE'), 'latin1');
    await dav.put('bytes.vcf', sent);
    const card = (await account.cards()).get(`${dav.book}bytes.vcf`);

    expect(Buffer.from(card?.bytes ?? []).toString('latin1')).toContain('NOTE:\xFF\xFE\r\n');
  });

  it('an href is told as it is to be asked for', async () => {
    await dav.put('a%20b%26c%C3%A9.vcf', aCard('odd-href'));

    expect(await dav.find(propFilter('UID', 'odd-href'))).toEqual(['a%20b%26c%C3%A9.vcf']);
    expect(await dav.get('a%20b&c%c3%a9.vcf')).toContain('UID:odd-href\r\n');
  });
});

async function cardsOf(response: Response): Promise<ReadonlyMap<string, string | null>> {
  return new Map(
    parseMultistatus(await response.text()).map(({ href, addressData }) => [
      href.slice(href.lastIndexOf('/') + 1),
      addressData,
    ]),
  );
}

/** XML makes one line end of CR LF; nothing is said of how a server writes it. */
function linesOf(card: string | null | undefined): readonly string[] {
  return (card ?? '').split(/\r?\n/u).filter((line) => line !== '');
}

/** What the newest Cyrus finds where it sees more than the other two. */
const FOUND_BY_THE_NEWEST: ReadonlyMap<string, readonly string[]> = new Map([
  ['only a grouped EMAIL is missed; found by the newest Cyrus', ['grouped.vcf']],
  ['a grouped one before the plain one is missed; found by the newest Cyrus', ['after.vcf']],
  [
    'is there at all, grouped ones not seen; seen by the newest Cyrus',
    ['after.vcf', 'both.vcf', 'grouped.vcf', 'lower.vcf', 'plain.vcf'],
  ],
  [
    'is not defined, grouped ones not seen; seen by the newest Cyrus',
    ['g3.vcf', 'g3low.vcf', 'g4.vcf', 'none.vcf'],
  ],
]);

describeEachServer('reports', ({ open }) => {
  let account: TestAccount;
  let dav: Dav;
  beforeAll(async () => {
    account = await open();
    dav = await openDav(account);
    await dav.put('plain.vcf', aCard('plain', 'FN:Ann', 'EMAIL;TYPE=INTERNET:Ann@x.example'));
    await dav.put('grouped.vcf', aCard('grouped', 'item1.EMAIL:grouped@x.example'));
    await dav.put(
      'after.vcf',
      aCard('after', 'item1.EMAIL:before@x.example', 'EMAIL:later@x.example'),
    );
    await dav.put(
      'both.vcf',
      aCard('both', 'EMAIL:first@x.example', 'item1.EMAIL:second@x.example'),
    );
    await dav.put('lower.vcf', aCard('lower', 'email:low@x.example'));
    await dav.put('none.vcf', aCard('none', 'FN:Nobody <&> "]]>"'));
    await dav.put('g3.vcf', aCard('g3', 'FN:Feed', 'X-ADDRESSBOOKSERVER-KIND:group'));
    await dav.put('g3low.vcf', aCard('g3low', 'FN:Jail', 'x-addressbookserver-kind:Group'));
    await dav.put(
      'g4.vcf',
      crlf('BEGIN:VCARD', 'VERSION:4.0', 'UID:g4', 'FN:Four', 'KIND:group', 'END:VCARD'),
    );
  });
  afterAll(() => account.close());

  it.each<[string, string, readonly string[]]>([
    ['equals, in any letter case', propFilter('EMAIL', 'ann@X.example'), ['plain.vcf']],
    ['a property in lower case', propFilter('EMAIL', 'low@x.example'), ['lower.vcf']],
    ['contains is the default', propFilter('EMAIL', 'nn@', ''), ['plain.vcf']],
    ['starts-with', propFilter('EMAIL', 'ann@', 'match-type="starts-with"'), ['plain.vcf']],
    ['ends-with', propFilter('EMAIL', 'nn@x.example', 'match-type="ends-with"'), ['plain.vcf']],
    ['part of it is not equal', propFilter('EMAIL', 'nn@x.example'), []],
    [
      'only a grouped EMAIL is missed; found by the newest Cyrus',
      propFilter('EMAIL', 'grouped@x.example'),
      [],
    ],
    [
      'a grouped one before the plain one is missed; found by the newest Cyrus',
      propFilter('EMAIL', 'before@x.example'),
      [],
    ],
    ['the plain one after it is found', propFilter('EMAIL', 'later@x.example'), ['after.vcf']],
    ['the first of two', propFilter('EMAIL', 'first@x.example'), ['both.vcf']],
    ['a grouped one after it is found', propFilter('EMAIL', 'second@x.example'), ['both.vcf']],
    [
      'is there at all, grouped ones not seen; seen by the newest Cyrus',
      '<c:prop-filter name="EMAIL"/>',
      ['after.vcf', 'both.vcf', 'lower.vcf', 'plain.vcf'],
    ],
    [
      'is not defined, grouped ones not seen; seen by the newest Cyrus',
      '<c:prop-filter name="EMAIL"><c:is-not-defined/></c:prop-filter>',
      ['g3.vcf', 'g3low.vcf', 'g4.vcf', 'grouped.vcf', 'none.vcf'],
    ],
    [
      'kind group of 3.0: a 4.0 group is missed',
      propFilter('X-ADDRESSBOOKSERVER-KIND', 'group'),
      ['g3.vcf', 'g3low.vcf'],
    ],
    ['kind group of 4.0', propFilter('KIND', 'group'), ['g4.vcf']],
    [
      'either kind: any is enough when not told otherwise',
      propFilter('X-ADDRESSBOOKSERVER-KIND', 'group') + propFilter('KIND', 'group'),
      ['g3.vcf', 'g3low.vcf', 'g4.vcf'],
    ],
    ['markup in a value', propFilter('FN', '&lt;&amp;&gt;', ''), ['none.vcf']],
  ])('filter: %s', async (what, filter, names) => {
    const newest = account.kind === 'cyrus-new' ? FOUND_BY_THE_NEWEST.get(what) : undefined;

    expect(await dav.find(filter)).toEqual(newest ?? names);
  });

  it('filter: all of them when told so', async () => {
    const filter = propFilter('FN', 'Ann') + propFilter('EMAIL', 'ann@x.example');
    const other = propFilter('FN', 'Ann') + propFilter('EMAIL', 'low@x.example');

    expect(await dav.find(filter, 'test="allof"')).toEqual(['plain.vcf']);
    expect(await dav.find(other, 'test="allof"')).toEqual([]);
  });

  it('filter: many addresses in one prop-filter', async () => {
    const matches = ['ann@x.example', 'low@x.example', 'nobody@x.example']
      .map((text) => `<c:text-match match-type="equals">${text}</c:text-match>`)
      .join('');
    const filter = `<c:prop-filter name="EMAIL">${matches}</c:prop-filter>`;

    expect(await dav.find(filter)).toEqual(['lower.vcf', 'plain.vcf']);
  });

  it('filter: an unknown collation is refused', async () => {
    const filter = propFilter('EMAIL', 'x', 'collation="i;bogus"');
    const response = await dav.request('REPORT', dav.book, {
      headers: { ...XML, depth: '1' },
      body: query('<d:getetag/>', `<c:filter>${filter}</c:filter>`),
    });

    expect([response.status, await conditionOf(response)]).toEqual([403, 'supported-collation']);
  });

  const report = async (path: string, body: string): Promise<Response> =>
    dav.request('REPORT', path, { headers: { ...XML, depth: '1' }, body });
  it('whole cards', async () => {
    const cards = await cardsOf(await report(dav.book, query('<d:getetag/><c:address-data/>')));

    expect(cards.size).toBe(9);
    expect(linesOf(cards.get('none.vcf'))).toContain('FN:Nobody <&> "]]>"');
  });

  it('partial data keeps grouped properties, and leaves out VERSION', async () => {
    const properties =
      '<c:address-data><c:prop name="EMAIL"/><c:prop name="UID"/></c:address-data>';
    const cards = await cardsOf(await report(dav.book, query(properties)));

    expect(linesOf(cards.get('after.vcf'))).toEqual([
      'BEGIN:VCARD',
      'UID:after',
      'item1.EMAIL:before@x.example',
      'EMAIL:later@x.example',
      'END:VCARD',
    ]);
    expect(linesOf(cards.get('lower.vcf'))).toContain('email:low@x.example');
  });

  it('partial data with VERSION asked for', async () => {
    const properties =
      '<c:address-data><c:prop name="VERSION"/><c:prop name="UID"/></c:address-data>';
    const cards = await cardsOf(await report(dav.book, query(properties)));

    expect(linesOf(cards.get('plain.vcf'))).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:plain',
      'END:VCARD',
    ]);
  });

  it('a limit of results is not looked at', async () => {
    const limit = '<c:filter/><c:limit><c:nresults>1</c:nresults></c:limit>';
    const cards = await cardsOf(await report(dav.book, query('<d:getetag/>', limit)));

    expect(cards.size).toBe(9);
  });

  it('a report on the home goes over all its books', async () => {
    const second = await account.createAddressBook('Second');
    const href = await account.putCard('second.vcf', aCard('second'), second);
    const cards = await cardsOf(await report(dav.home, query('<d:getetag/>')));
    await account.deleteCard(href);

    expect([...cards.keys()]).toContain('second.vcf');
    expect([...cards.keys()]).toContain('plain.vcf');
  });

  it('a report on a book that is not there: 404', async () => {
    expect((await report(`${dav.home}Nope/`, query('<d:getetag/>'))).status).toBe(404);
  });

  it('an unknown report: 403', async () => {
    const response = await report(dav.book, '<bogus xmlns="DAV:"/>');

    expect([response.status, await conditionOf(response)]).toEqual([403, 'supported-report']);
  });

  it('multiget gives what is there, and 404 for what is not', async () => {
    const hrefs = ['plain.vcf', 'nothing.vcf']
      .map((name) => `<d:href>${dav.book}${name}</d:href>`)
      .join('');
    const body = `<c:addressbook-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:prop><d:getetag/><c:address-data/></d:prop>${hrefs}</c:addressbook-multiget>`;
    const resources = parseMultistatus(await (await report(dav.book, body)).text());

    expect(resources).toMatchObject([
      { href: `${dav.book}plain.vcf`, status: null },
      { href: `${dav.book}nothing.vcf`, status: 'HTTP/1.1 404 Not Found', etag: null },
    ]);
    expect(linesOf(resources[0]?.addressData)).toContain('FN:Ann');
  });
});

/* Where servers differ, and the stand-in takes the stricter side. */
describeEachServer('differences', ({ open }) => {
  let account: TestAccount;
  let dav: Dav;
  beforeAll(async () => {
    account = await open();
    dav = await openDav(account);
  });
  afterAll(() => account.close());

  it('the same bytes again are a new version; Cyrus sees that only a second later', async () => {
    const first = await dav.put('again.vcf', aCard('again'));
    const wait = { 'stand-in': 0, cyrus: 1100, 'cyrus-new': 1100 }[account.kind];
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
    const second = await dav.put('again.vcf', aCard('again'));

    expect(etagOf(second)).not.toBe(etagOf(first));
  });

  it('If-Match with a weak ETag fails; Cyrus takes it', async () => {
    const put = await dav.put('weak.vcf', aCard('weak'));
    const headers = { 'if-match': `W/${etagOf(put)}` };
    const response = await dav.put('weak.vcf', aCard('weak', 'NOTE:x'), headers);

    expect(response.status).toBe({ 'stand-in': 412, cyrus: 204, 'cyrus-new': 204 }[account.kind]);
  });
});
