import { describe, expect, it } from 'vitest';

import { parseXml, type XmlElement } from '../../../../src/contacts/dav/xml-parser.ts';
import { renderXml, type XmlTree } from '../../../../src/contacts/dav/xml-writer.ts';

describe('renderXml', () => {
  it.each<readonly [string, XmlTree, string]>([
    ['an empty element', {}, '<a></a>'],
    ['children by name', { b: {}, c: {} }, '<a><b></b><c></c></a>'],
    ['several of one name', { b: [{ c: {} }, {}] }, '<a><b><c></c></b><b></b></a>'],
    ['attributes', { _attributes: { x: '1', y: '2' } }, '<a x="1" y="2"></a>'],
    ['text', { b: { _text: 'Grüße' } }, '<a><b>Grüße</b></a>'],
  ])('writes %s', (_, tree, xml) => {
    expect(renderXml('a', tree)).toBe(xml);
  });

  it('lets no value become markup', () => {
    const value = '</b><!-- "&amp;" \' ]]> -->';

    const xml = renderXml('root', { b: { _attributes: { x: value }, _text: value } });

    const elements: XmlElement[] = [];
    parseXml(xml, '{}root', (element) => elements.push(element));
    expect(elements.map(({ name, text }) => ({ name, text }))).toStrictEqual([
      { name: '{}b', text: value },
    ]);
    expect(xml).toContain('x="&lt;/b&gt;&lt;!-- &quot;&amp;amp;&quot; \' ]]&gt; --&gt;"');
  });
});
