import { describe, expect, it } from 'vitest';

import { LightHeaders } from '../../../../src/http/web/headers.ts';
import { LightRequest, LightResponse } from '../../../../src/http/web/messages.ts';

// Each rule holds for Node's class too: that is what makes ours a stand-in for it.
describe.each<[name: string, HeadersClass: typeof Headers]>([
  ['Node', Headers],
  ['the light', LightHeaders as unknown as typeof Headers],
])('%s Headers', (_name, HeadersClass) => {
  it('know names in any letter case and list them in order', () => {
    const headers = new HeadersClass({ 'X-B': '1', a: '2' });
    headers.append('x-b', '3');
    headers.set('C', ' 4\n');
    headers.delete('A');

    expect([...headers]).toEqual([
      ['c', '4'],
      ['x-b', '1, 3'],
    ]);
    expect([headers.get('X-B'), headers.get('none'), headers.has('c')]).toEqual([
      '1, 3',
      null,
      true,
    ]);
  });

  it.each([
    [
      'pairs',
      [
        ['a', '1'],
        ['a', '2'],
      ] as [string, string][],
    ],
    ['others', new HeadersClass({ a: '1, 2' })],
  ])('are made of %s', (_rule, source) => {
    expect(new HeadersClass(source).get('a')).toBe('1, 2');
  });

  it.each([
    ['a b', 'x'],
    ['', 'x'],
    ['a:', 'x'],
    ['a', 'x\ny'],
    ['a', 'x\u0000y'],
    ['a', 'Ā'],
  ])('refuse %j: %j', (name, value) => {
    expect(() => new HeadersClass({ [name]: value })).toThrow(TypeError);
  });
});

describe.each<[name: string, RequestClass: typeof Request]>([
  ['Node', Request],
  ['the light', LightRequest as unknown as typeof Request],
])('%s Request', (_name, RequestClass) => {
  it('has defaults', () => {
    const { method, url, body, redirect, signal } = new RequestClass('https://a.example');

    expect([method, url, body, redirect, signal.aborted]).toEqual([
      'GET',
      'https://a.example/',
      null,
      'follow',
      false,
    ]);
  });

  it('is made of another, changed', async () => {
    const first = new RequestClass('https://a.example/', { method: 'put', body: 'x' });

    const second = new RequestClass(first, { headers: { b: '1' } });

    expect([second.method, second.headers.get('b')]).toEqual(['PUT', '1']);
    expect(await second.text()).toBe('x');
  });

  it('follows the signal it is given', () => {
    const controller = new AbortController();
    const request = new RequestClass('https://a.example/', { signal: controller.signal });

    controller.abort();

    expect(request.signal.aborted).toBe(true);
    expect(new RequestClass(request).signal.aborted).toBe(true);
  });

  it('has a body each for itself and its clone', async () => {
    const request = new RequestClass('https://a.example/', { method: 'POST', body: 'x' });
    const clone = request.clone();

    expect([await request.text(), await clone.text()]).toEqual(['x', 'x']);
    expect(() => request.clone()).toThrow(TypeError);
  });
});

describe.each<[name: string, ResponseClass: typeof Response]>([
  ['Node', Response],
  ['the light', LightResponse as unknown as typeof Response],
])('%s Response', (_name, ResponseClass) => {
  it.each([
    ['text', 'x'],
    ['bytes', new Uint8Array([1, 120]).subarray(1)],
    ['a buffer', new Uint8Array([120]).buffer],
  ])('is made of %s', async (_rule, body) => {
    const response = new ResponseClass(body, { status: 207, headers: { a: '1' } });

    expect([response.status, response.ok, response.url, response.headers.get('a')]).toEqual([
      207,
      true,
      '',
      '1',
    ]);
    expect(await response.clone().text()).toBe('x');
    expect(await response.text()).toBe('x');
  });

  it('may have no body', async () => {
    expect(await new ResponseClass(null, { status: 204 }).text()).toBe('');
  });

  it.each([100, 199, 600, 999])('has no status %i', (status) => {
    expect(() => new ResponseClass(null, { status })).toThrow(RangeError);
  });
});
