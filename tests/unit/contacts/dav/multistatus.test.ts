import { describe, expect, it } from 'vitest';

import { parseRememberedBooks } from '../../../../src/contacts/book-directory.ts';
import { strongEtag } from '../../../../src/contacts/dav/etag.ts';
import {
  CARDDAV,
  DAV,
  type DavResponse,
  findText,
  parseMultistatus,
} from '../../../../src/contacts/dav/multistatus.ts';
import {
  parseXml,
  type XmlElement,
  XmlError,
  XmlReader,
} from '../../../../src/contacts/dav/xml-parser.ts';
import { MalformedAnswerError } from '../../../../src/errors.ts';

function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function childrenOf(document: string): readonly XmlElement[] {
  const children: XmlElement[] = [];
  parseXml(octets(document), '{}a', (element) => children.push(element));
  return children;
}

function responsesOf(document: string): readonly DavResponse[] {
  const responses: DavResponse[] = [];
  parseMultistatus(octets(document), 'host/path', (response) => responses.push(response));
  return responses;
}

describe('a document that arrives in pieces', () => {
  const document =
    '\uFEFF<?xml version="1.0" encoding="utf-8"?><!-- ] --><a xmlns:x="y">' +
    '<b k="1>2">é &amp; &#xD83D;&#xDE00;<![CDATA[ ]] <c> ]]></b><x:d/><b><e>2</e></b></a>\n';

  it.each([1, 2, 3, 7, 50, 1000])('of %i characters is what it is whole', (size) => {
    const children: XmlElement[] = [];
    const reader = new XmlReader('{}a', (element) => children.push(element));

    const text = octets(document);
    for (let at = 0; at < text.length; at += size) reader.write(text.slice(at, at + size));
    reader.end();

    expect(children).toEqual(childrenOf(document));
    expect(children).toHaveLength(3);
  });

  it.each([1, 30])('of %i characters is refused where it is cut short', (size) => {
    const text = octets(document).trim();
    for (let length = 60; length < text.length; length += 1) {
      const reader = new XmlReader('{}a', () => undefined);
      const read = (): void => {
        for (let at = 0; at < length; at += size) {
          reader.write(text.slice(at, Math.min(at + size, length)));
        }
        reader.end();
      };
      expect(read).toThrow(XmlError);
    }
  });
});

describe('text of an element', () => {
  it.each([
    ['plain', 'x', 'x'],
    ['references to the halves of a character', 'A&#xD83D;&#xDE00;&#55357;&#56832;&#65;', 'A😀😀A'],
    ['entities', '&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;', '<&>"\'A😀'],
    ['CDATA', '<![CDATA[<b>&amp;]]>', '<b>&amp;'],
    ['CDATA split at its own end', '<![CDATA[a]]]]><![CDATA[>b]]>', 'a]]>b'],
    ['text and CDATA mixed', 'a<![CDATA[b]]>c<!-- no -->d<?no?>e', 'abcde'],
    ['line ends as they came', 'a\r\nb\nc&#13;d', 'a\r\nb\nc\rd'],
    ['space at the edges', ' x\r\n', ' x\r\n'],
    ['numbers and words stay text', '1e3', '1e3'],
    ['non-ASCII', 'Zoë 😀', 'Zoë 😀'],
    ['empty', '', ''],
  ])('%s', (_, content, expected) => {
    expect(childrenOf(`<a><b>${content}</b></a>`)[0]?.text).toBe(octets(expected));
  });

  it('of megabytes is whole', () => {
    const text = 'x'.repeat(2_000_000);

    expect(childrenOf(`<a><b><![CDATA[${text}]]></b></a>`)[0]?.text).toHaveLength(text.length);
  });
});

describe('namespaces', () => {
  it.each([
    ['a default', '<a><b xmlns="DAV:"/></a>', '{DAV:}b'],
    ['a prefix', "<a xmlns:d='DAV:'><d:b/></a>", '{DAV:}b'],
    ['a prefix of an uncommon name', '<a xmlns:x-1.y="DAV:"><x-1.y:b/></a>', '{DAV:}b'],
    ['a default taken back', '<a><b xmlns=""/></a>', '{}b'],
    [
      'a prefix that means another thing inside',
      '<a xmlns:d="x"><d:b xmlns:d="DAV:"/></a>',
      '{DAV:}b',
    ],
    ['an attribute with a greater-than sign', '<a><b x="1 > 0"/></a>', '{}b'],
  ])('%s', (_, document, expected) => {
    expect(childrenOf(document).map(({ name }) => name)).toEqual([expected]);
  });
});

describe('a document that is not whole is no document', () => {
  it.each([
    ['nothing', ''],
    ['text', 'Service unavailable'],
    ['a tag cut short', '<a><b'],
    ['an element cut short', '<a><b>x'],
    ['a root cut short', '<a><b>x</b>'],
    ['CDATA cut short', '<a><b><![CDATA[x'],
    ['a comment cut short', '<a><!-- x</a>'],
    ['wrong nesting', '<a><b></a></b>'],
    ['closed twice', '<a></a></a>'],
    ['two roots', '<a></a><a></a>'],
    ['text after the root', '<a></a>x'],
    ['another root', '<b></b>'],
    ['HTML', '<!DOCTYPE html><html></html>'],
    ['a DTD', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an unknown entity', '<a><b>&nbsp;</b></a>'],
    ['a bare ampersand', '<a><b>a & b</b></a>'],
    ['a reference to no character', '<a><b>&#x110000;</b></a>'],
    ['an unknown prefix', '<a><x:b/></a>'],
    ['an attribute without quotes', '<a><b c=d/></a>'],
    ['another encoding', '<?xml version="1.0" encoding="utf-16"?><a></a>'],
    ['too deep', `<a>${'<b>'.repeat(200)}${'</b>'.repeat(200)}</a>`],
  ])('%s', (_, document) => {
    expect(() => childrenOf(document)).toThrow(XmlError);
  });

  it.each([
    ['a prolog', '<?xml version="1.0" encoding="UTF-8"?>\n<a></a>\n'],
    ['a byte order mark', '\uFEFF<a/>'],
    ['comments around', '<!-- x --><a/><!-- y -->'],
  ])('%s is fine', (_, document) => {
    expect(childrenOf(document)).toEqual([]);
  });
});

function inside(content: string): string {
  return `<d:multistatus xmlns:d="${DAV}" xmlns:c="${CARDDAV}">${content}</d:multistatus>`;
}

describe('a multistatus', () => {
  it('gives the properties that were found', () => {
    const [response] = responsesOf(
      inside(`<d:response><d:href> /x%20y </d:href>
        <d:propstat><d:prop><d:getetag>"1"</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
        <d:propstat><d:prop><c:address-data>secret</c:address-data></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
      </d:response>`),
    );

    expect(response?.href).toBe('/x%20y');
    expect(response?.status).toBeNull();
    expect([...(response?.properties.keys() ?? [])]).toEqual([`{${DAV}}getetag`]);
    expect(findText(response?.properties.get(`{${DAV}}getetag`))).toBe('"1"');
  });

  it('tells a response that is gone', () => {
    const content =
      '<d:response><d:href>/x</d:href><d:status>HTTP/1.1 404 Gone</d:status></d:response>';

    expect(responsesOf(inside(content))[0]?.status).toBe(404);
  });

  it('may be empty', () => {
    expect(responsesOf(inside(''))).toEqual([]);
  });

  it.each([
    ['a response without href', inside('<d:response/>'), /without href/u],
    [
      'a part left out',
      inside('<d:response><d:href>/</d:href><d:status>HTTP/1.1 507 x</d:status></d:response>'),
      /507/u,
    ],
    ['another namespace', '<multistatus xmlns="urn:x"/>', /host\/path/u],
  ])('%s is an error', (_, document, message) => {
    const read = (): unknown => responsesOf(document);

    expect(read).toThrow(MalformedAnswerError);
    expect(read).toThrow(message);
  });
});

describe('ETags', () => {
  it.each([
    ['"abc"', '"abc"'],
    [' "abc" ', '"abc"'],
    ['W/"abc"', null],
    ['abc', null],
    ['"a"b"', null],
    ['"a\r\nX: y"', null],
    ['', null],
    [null, null],
  ])('%j', (text, expected) => {
    expect(strongEtag(text)).toBe(expected);
  });
});

describe('remembered address books', () => {
  const good = {
    serverUrl: 'https://dav.example/',
    homeUrls: ['https://dav.example/home/'],
    books: [{ url: 'https://dav.example/home/Default/', name: 'x', isWritableOrUnknown: true }],
  };

  it('are taken up as they were left', () => {
    expect(parseRememberedBooks(JSON.parse(JSON.stringify(good)))).toEqual(good);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'x'],
    ['a list', [good]],
    ['no server', { ...good, serverUrl: undefined }],
    ['no homes', { ...good, homeUrls: [] }],
    ['a home that is no URL', { ...good, homeUrls: ['/home/'] }],
    ['no books', { ...good, books: [] }],
    ['a book that is no URL', { ...good, books: [{ ...good.books[0], url: 'x/' }] }],
    [
      'a book that is no folder',
      { ...good, books: [{ ...good.books[0], url: 'https://dav.example/x' }] },
    ],
    [
      'a book of another form',
      { ...good, books: [good.books[0], { url: 'https://dav.example/x/' }] },
    ],
  ])('%s is nothing', (_, json) => {
    expect(parseRememberedBooks(json)).toBeNull();
  });
});
