import { escapeXml } from '../../log/escape-xml.ts';

/** Elements by name, as xml-js has them in its compact form; prefixes are the caller's to declare. */
export type XmlTree = { readonly [name: string]: XmlTree | readonly XmlTree[] | string };

/** An element with its attributes (`_attributes`), its text (`_text`) and its children. */
export function renderXml(name: string, tree: XmlTree): string {
  let attributes = '';
  let content = '';
  for (const [key, value] of Object.entries(tree)) {
    if (key === '_attributes') attributes = renderAttributes(value as XmlTree);
    else if (typeof value === 'string') content += escapeXml(value);
    else for (const child of [value].flat()) content += renderXml(key, child);
  }
  return `<${name}${attributes}>${content}</${name}>`;
}

function renderAttributes(attributes: XmlTree): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${typeof value === 'string' ? escapeXml(value) : ''}"`)
    .join('');
}
