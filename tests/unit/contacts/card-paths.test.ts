import { describe, expect, it } from 'vitest';

import { CardPaths, comparablePath } from '../../../src/contacts/card-paths.ts';

const book = { url: 'https://dav.example/dav/user/a%40b.example/Default/' };
const pathOf = (href: string, paths = new CardPaths()): string | null =>
  paths.pathOf(new URL(href, book.url), book);

describe('a card has one path in a run', () => {
  it.each([
    ['as it is', '/dav/user/a%40b.example/Default/x.vcf'],
    ['the book with @', '/dav/user/a@b.example/Default/x.vcf'],
    ['the book with small digits', '/dav/user/%61%40b.example/Default/x.vcf'],
    ['with slashes too many', '/dav//user/a%40b.example/Default/x.vcf'],
    ['relative', 'x.vcf'],
  ])('%s', (_, href) => {
    expect(pathOf(href)).toBe('/dav/user/a%40b.example/Default/x.vcf');
  });

  it('its own name keeps the spelling that came first', () => {
    const paths = new CardPaths();

    expect(pathOf('c@d.vcf', paths)).toBe('/dav/user/a%40b.example/Default/c@d.vcf');
    expect(pathOf('c%40d.vcf', paths)).toBe('/dav/user/a%40b.example/Default/c@d.vcf');
  });

  it.each([
    ['as it is', '/dav/user/a%40b.example/Default/'],
    ['without the slash', '/dav/user/a%40b.example/Default'],
    ['with @', '/dav/user/a@b.example/Default/'],
  ])('the book itself is no card: %s', (_, href) => {
    expect(pathOf(href)).toBeNull();
  });

  it('a card of another book is not one of this', () => {
    expect(pathOf('/dav/user/a%40b.example/Other/x.vcf')).toBe(
      '/dav/user/a%40b.example/Other/x.vcf',
    );
  });

  it('a card on another host is a broken listing', () => {
    expect(() => pathOf('https://evil.example/x.vcf')).toThrow(/evil\.example/u);
  });

  it('a path with bad escapes is compared as it is', () => {
    expect(comparablePath('/a%zz/')).toBe('/a%zz');
  });
});
