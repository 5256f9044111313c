import * as fc from 'fast-check';

/** A From field (several are separated by a line `From:`), and whose email it may be taken for. */
export interface FromForm {
  /** What kind of form it is. */
  readonly kind: string;
  readonly raw: string;
  /** The only address that may be taken for the sender's; null: the email is nobody's. */
  readonly own: string | null;
}

/** Somebody that a stranger would like to be taken for. */
export interface Victim {
  readonly local: string;
  readonly domain: string;
}

interface Parts extends Victim {
  /** The victim's address. */
  readonly v: string;
  /** The stranger's own address. */
  readonly x: string;
  /** Characters at which Cyrus ends a domain, and other odd things between two words. */
  readonly mark: string;
}

type Form = readonly [kind: string, write: (parts: Parts) => string, own?: OwnAddress];

/** Default: the stranger's own. */
type OwnAddress = (parts: Parts) => string | null;

const ATTACKER = 'attacker.example';
const nobody: OwnAddress = () => null;

/** Cyrus ends a domain at any of them. */
const MARKS = "_ / = + ! # $ % & ' ^ ` { | } ~ ?".split(' ');

/* Forms that the victim has not written, whatever the server reads in them. */
const STRANGE: readonly Form[] = [
  ['an address for a name', ({ v, x }) => `${v} <${x}>`],
  ['the same in quotes', ({ v, x }) => `"${v}" <${x}>`],
  ['the same encoded', ({ local, domain, x }) => `=?utf-8?q?${local}=40${domain}?= <${x}>`],
  ['the same with brackets', ({ v, x }) => `<${v}> <${x}>`],
  ['the same in encoded brackets', ({ v, x }) => `=?utf-8?b?${toBase64(`<${v}>`)}?= <${x}>`],
  ['the same in open quotes', ({ v, x }) => `"${v} <${x}>`, nobody],
  ['the same as a comment', ({ v, x }) => `(${v}) ${x}`],
  ['the same as a comment behind', ({ v, x }) => `${x} (<${v}>)`],
  ['the same behind the address', ({ v, x }) => `<${x}> ${v}`],
  ['brackets in brackets', ({ v, x }) => `<${v} <${x}>>`],
  ['the same the other way round', ({ v, x }) => `<${x} <${v}>>`],
  ['an encoded address alone', ({ v }) => `=?utf-8?b?${toBase64(v)}?=`, nobody],
  [
    'a domain that is cut',
    ({ v, mark }) => `<${v}${mark}x.${ATTACKER}>`,
    ({ v, mark }) => `${v}${mark}x.${ATTACKER}`,
  ],
  [
    'a domain that is cut, bare',
    ({ v, mark }) => `${v}${mark}${ATTACKER}`,
    ({ v, mark }) => `${v}${mark}${ATTACKER}`,
  ],
  ['dots in a row', ({ local, domain }) => `${local}@${domain.replace('.', '..')}`, nobody],
  ['a dot too early', ({ local, domain }) => `<${local}@.${domain}>`, nobody],
  ['two From fields', ({ v, x }) => `${x}\r\nFrom: ${v}`, nobody],
  ['two From fields, the other way round', ({ v, x }) => `${v}\r\nFrom: ${x}`, nobody],
  ['the same From field twice', ({ v }) => `${v}\r\nFrom: ${v}`, nobody],
  ['everybody of the domain', ({ domain }) => `<*@${domain}>`, nobody],
  ['everybody below the domain', ({ local, domain }) => `${local}@*.${domain}`, nobody],
  ['nearly the local part', ({ local, domain }) => `<${local.slice(0, -1)}*@${domain}>`, nobody],
  ['space before a quoted local part', ({ local, domain }) => `" ${local}"@${domain}`, nobody],
  ['space behind a quoted local part', ({ local, domain }) => `<"${local} "@${domain}>`, nobody],
  ['space in the local part', ({ local, domain }) => `<${inTwo(local, ' ')}@${domain}>`, nobody],
  ['a local part quoted in part', ({ local, domain }) => `${inTwo(local, '""')}@${domain}`, nobody],
  ['a number for a domain', ({ local }) => `${local}@0`, nobody],
  ['a large number for a domain', ({ local }) => `<${local}@2130706433>`, nobody],
  ['a literal for a domain', ({ local, domain }) => `${local}@[${domain}]`, nobody],
  // At delivery each octet becomes an X, and somebody may really have an address with these X's.
  ['a letter outside ASCII', ({ v }) => `<${inTwo(v, 'é')}>`, nobody],
  ['two of them', ({ v }) => inTwo(v, 'éé'), nobody],
  [
    'a letter that looks alike',
    ({ local, domain }) => `${local.replace(/[aeo]/iu, 'е')}@${domain}`,
    nobody,
  ],
  ['a route over the victim', ({ v, x }) => `<@${v}:${x}>`],
  ['a route over the domain', ({ domain, x }) => `<@${domain}:${x}>`],
  ['a group of the victim’s name', ({ v, x }) => `${v}: ${x};`],
  ['a group of a quoted name', ({ v, x }) => `"${v}": ${x};`],
  ['a group of both', ({ v, x }) => `us: ${v}, ${x};`, nobody],
  ['two authors', ({ v, x }) => `${v}, ${x}`, nobody],
  ['two authors, the other way round', ({ v, x }) => `X <${x}>, V <${v}>`, nobody],
  ['two authors by a semicolon', ({ v, x }) => `${x}; ${v}`, nobody],
  ['two authors in one bracket', ({ v, x }) => `<${v},${x}>`, nobody],
  ['an address for a local part', ({ v }) => `"${v}"@${ATTACKER}`, ({ v }) => `"${v}"@${ATTACKER}`],
  ['the same without quotes', ({ v }) => `<${v}@${ATTACKER}>`, nobody],
  ['a comment before a second domain', ({ v }) => `${v} (c) @${ATTACKER}`, nobody],
  ['a domain above', ({ v }) => `${v}.${ATTACKER}`, ({ v }) => `${v}.${ATTACKER}`],
  ['a folded domain above', ({ v }) => `${v}\r\n .${ATTACKER}`, ({ v }) => `${v}.${ATTACKER}`],
  ['a longer local part', ({ v }) => `x${v}`, ({ v }) => `x${v}`],
  [
    'a tag',
    ({ local, domain }) => `${local}+x@${domain}`,
    ({ local, domain }) => `${local}+x@${domain}`,
  ],
  ['nothing but a domain', ({ domain }) => `@${domain}`, nobody],
];

/* Honest mail, which must get through. */
const HONEST: readonly Form[] = [
  ['bare', ({ v }) => v],
  ['with a name', ({ v }) => `News <${v}>`],
  ['with an address in the quoted name', ({ v, x }) => `"${x}" <${v}>`],
  ['with a comma in the name', ({ v }) => `News, Inc. <${v}>`],
  ['with an encoded name', ({ v }) => `=?utf-8?q?N=C3=A9ws?= <${v}>`],
  ['in upper case', ({ v }) => `<${v.toUpperCase()}>`],
  ['with comments', ({ v }) => `(shop) ${v} (news)`],
  ['with needless quotes', ({ local, domain }) => `"${local}"@${domain}`],
  ['folded', ({ v }) => `News\r\n <${v}>`],
];

/** How many ways to write From there are. */
export const KINDS = { strange: STRANGE.length, honest: HONEST.length };

/** One by a stranger, who uses the victim's name. The number tells strangers apart. */
export const strangeFrom = (victims: readonly Victim[]): fc.Arbitrary<FromForm> =>
  fc
    .record({
      form: fc.constantFrom(...STRANGE),
      victim: fc.constantFrom(...victims),
      mark: fc.constantFrom(...MARKS),
      number: fc.nat(999),
      isLoud: fc.boolean(),
    })
    .map(({ form, victim, mark, number, isLoud }) =>
      write(form, { victim, mark, stranger: `x${number}@${ATTACKER}`, isLoud }),
    );

/** One by the victim. */
export const honestFrom = (victim: Victim): fc.Arbitrary<FromForm> =>
  fc.constantFrom(...HONEST).map(([kind, form]) => {
    const stranger = `x@${ATTACKER}`;
    return write([kind, form, ({ v }) => v], { victim, mark: '_', stranger, isLoud: false });
  });

interface Chosen {
  readonly victim: Victim;
  readonly mark: string;
  readonly stranger: string;
  /** Writes the victim's parts in upper case. */
  readonly isLoud: boolean;
}

function write(
  [kind, form, own = ({ x }) => x]: Form,
  { victim, mark, stranger, isLoud }: Chosen,
): FromForm {
  const toCase = (text: string): string => (isLoud ? text.toUpperCase() : text);
  const [local, domain] = [toCase(victim.local), toCase(victim.domain)];
  const parts = { local, domain, v: `${local}@${domain}`, x: stranger, mark };
  return { kind, raw: form(parts), own: own(parts)?.toLowerCase() ?? null };
}

function inTwo(text: string, middle: string): string {
  return `${text.slice(0, 2)}${middle}${text.slice(2)}`;
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
