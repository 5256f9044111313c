import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createRedact, isSecretName } from '../../../src/log/redaction.ts';

const token = 'fmu1-made/up+token=="x"&<y>';
const basic = Buffer.from('me@mail.example:made up pässword').toString('base64');
const redact = createRedact([token, 'made up pässword', basic]);

describe('a secret', () => {
  it.each([
    ['as it is', token],
    ['in a sentence', `the token ${token} was refused`],
    ['twice', `${token}${token}`],
    ['in a URL', `https://h.example/?t=${encodeURIComponent(token)}`],
    [
      'in a URL, escapes in lower case',
      encodeURIComponent(token).replaceAll(/%../gu, (e) => e.toLowerCase()),
    ],
    ['in a form', new URLSearchParams({ t: token }).toString()],
    ['in base64', Buffer.from(token).toString('base64')],
    ['in base64url', Buffer.from(token).toString('base64url')],
    ['in JSON', JSON.stringify({ t: token })],
    ['in XML', '<t>fmu1-made/up+token==&quot;x&quot;&amp;&lt;y&gt;</t>'],
    ['with spaces, in a URL', `x=${encodeURIComponent('made up pässword')}`],
    ['with spaces, in a form', new URLSearchParams({ t: 'made up pässword' }).toString()],
    ['with the user name, as sent', `Basic ${basic}`],
    ['with the user name, alone', basic],
  ])('is taken out %s', (_rule, text) => {
    const safe = redact(text);

    expect(safe).toContain('[redacted]');
    expect(safe).not.toContain('fmu1');
    expect(safe).not.toMatch(/made[ +%]/u);
    expect(safe).not.toContain(basic);
    expect(safe).not.toContain(Buffer.from(token).toString('base64').slice(0, 12));
  });

  it('that is the beginning of another leaves nothing of it', () => {
    expect(createRedact(['abcd', 'abcdefgh'])('x abcdefgh y')).toBe('x [redacted] y');
  });

  it('of fewer than four characters goes where it is all there is', () => {
    const short = createRedact(['abc', '']);

    expect(short('abc')).toBe('[redacted]');
    expect(short('the abc of abcissas')).toBe('the abc of abcissas');
  });

  it('never gets through, whatever it is and whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4 }),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          // With brackets it could come out of the marker and what stands beside it.
          fc.pre(!/[[\]]/u.test(secret) && !'[redacted]'.includes(secret));
          expect(createRedact([secret])(before + secret + after)).not.toContain(secret);
        },
      ),
    );
  });
});

describe('what looks like a credential', () => {
  it.each([
    ['Authorization: Bearer abc', 'Authorization: [redacted]'],
    ['authorization=Basic abc', 'authorization=[redacted]'],
    ['{"Authorization":"Bearer abc","x":1}', '{"Authorization":"[redacted]","x":1}'],
    ['Proxy-Authorization: x', 'Proxy-Authorization: [redacted]'],
    ['Set-Cookie: sid=1\nnext', 'Set-Cookie: [redacted]\nnext'],
    ['sent Bearer fmu1-0123456789 to', 'sent Bearer [redacted] to'],
    ['sent Basic bWU6cGFzcw== to', 'sent Basic [redacted] to'],
    ['https://me:pass@h.example/x', 'https://[redacted]@h.example/x'],
    ['HTTPS://me@h.example/x', 'HTTPS://[redacted]@h.example/x'],
    ['https://me:p@ss@h.example/', 'https://[redacted]@h.example/'],
  ])('is taken out: %s', (text, safe) => {
    expect(createRedact([])(text)).toBe(safe);
  });

  it.each([
    'Basic settings are fine',
    'Bearer authentication is wanted',
    'https://h.example/a@b.example',
    'mail from me@mail.example',
    'PUT https://h.example/dav/addressbooks/user/me@mail.example/',
    'the authorization failed',
  ])('is not taken for one: %s', (text) => {
    expect(createRedact([])(text)).toBe(text);
  });

  it.each([
    'Authorization',
    'password',
    'cardDavPassword',
    'jmapToken',
    'token',
    'access_token',
    'client-secret',
    'Cookie',
  ])('has the name %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(['tokens', 'event', 'setting', 'sender', 'secretary', 'name'])(
    'has not the name %s',
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );

  it('is searched in a time that grows with the text alone', () => {
    const hostile =
      'a.'.repeat(100_000) + 'https://'.repeat(10_000) + 'authorization'.repeat(10_000);

    expect(redact(hostile)).toBe(hostile);
  });
});
