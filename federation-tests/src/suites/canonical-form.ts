import { base64encode, canonicalJson, readJson, utf8Encode } from '@openguild/core';
import fc from 'fast-check';
import { anyTree, type Tree, writeTree } from './arbitrary-json-text.ts';
import { isObject } from './protocol.ts';
import { type Ask, shortJson, type Suite, Violation } from './suite.ts';

/** Texts that no strict reader takes, and some that look as if. `%` stands for a good text. */
const FLAWS = [
  '%',
  '[%,]',
  '[,%]',
  '{"a":%,}',
  '{"a":%,"a":%}',
  '{"\\u0061":1,"a":%}',
  '{a:%}',
  "{'a':%}",
  '% %',
  '%,',
  '[%',
  '%]',
  '[01]',
  '[-01]',
  '[-0]',
  '[1.0]',
  '[1e2]',
  '[1E0]',
  '[0.5]',
  '[-]',
  '[+1]',
  '[.5]',
  '[1.]',
  '[0x10]',
  '[9007199254740992]',
  '[-9007199254740992]',
  '[9007199254740993]',
  '[1e400]',
  '[NaN]',
  '[Infinity]',
  '[nul]',
  '[True]',
  '["\\ud800"]',
  '["\\udc00\\ud800"]',
  '{"\\ud83d":%}',
  '["\\x41"]',
  '["\\u12"]',
  '["\\u{41}"]',
  '["\t"]',
  '["\n"]',
  '["\u0000"]',
  '["a]',
  '// %\n%',
  '/* */%',
  '\ufeff%',
  '\u00a0%',
  '%\u2028',
  '\u000b%',
  '["\u007f"]',
  '',
  '[9007199254740991,-9007199254740991,0]',
] as const;
/** Bytes that are no UTF-8, within a text. */
const BAD_BYTES: readonly (readonly number[])[] = [
  [0xff],
  [0xc0, 0x80],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc3],
  [0x80],
];
/** Nesting: the deepest that is read, and one more. */
const DEPTHS = [64, 65, 500] as const;

type Case =
  | { readonly kind: 'tree'; readonly tree: Tree; readonly style: number }
  | { readonly kind: 'flaw'; readonly tree: Tree; readonly flaw: (typeof FLAWS)[number] }
  | { readonly kind: 'bytes'; readonly bad: readonly number[] }
  | { readonly kind: 'depth'; readonly depth: number; readonly open: '[' | '{"a":' };

/** CJ-1 to CJ-19: what is read has one canonical form, and what is refused is refused. */
export const canonicalForm: Suite<Case> = {
  name: 'canonical-form',
  share: 1,
  cases: fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('tree' as const), tree: anyTree, style: fc.nat({ max: 100_000 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('flaw' as const), tree: anyTree, flaw: fc.constantFrom(...FLAWS) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('bytes' as const), bad: fc.constantFrom(...BAD_BYTES) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('depth' as const),
        depth: fc.constantFrom(...DEPTHS),
        open: fc.constantFrom('[' as const, '{"a":' as const),
      }),
    },
  ),
  check: async (one, ask) => {
    const bytes = bytesOf(one);
    await checkBytes(bytes, ask);
  },
  show: (one) => {
    const bytes = bytesOf(one);
    const read = readJson(bytes);
    const text = one.kind === 'bytes' ? Buffer.from(bytes).toString('hex') : JSON.stringify(Buffer.from(bytes).toString('utf8'));
    const short = text.length > 600 ? `${text.slice(0, 600)}…` : text;
    return [
      `the text${one.kind === 'bytes' ? ' (hexadecimal)' : ' (as a string of JSON)'}: ${short}`,
      read.ok ? `its canonical form: ${shortJson(canonicalJson(read.value), 600)}` : `to be refused by ${read.rule}: ${read.detail}`,
    ];
  },
};

async function checkBytes(bytes: Uint8Array, ask: Ask): Promise<void> {
  const answer = await ask({ op: 'canonical', text: base64encode(bytes) });
  const read = readJson(bytes);
  if (!isObject(answer)) throw new Violation('CJ', `the answer is no object: ${shortJson(answer)}`);
  const { canonical, refused } = answer;
  if ((typeof canonical === 'string') === (refused === true))
    throw new Violation('CJ', `neither {"canonical": text} nor {"refused": true}: ${shortJson(answer)}`);
  if (!read.ok) {
    if (refused !== true) throw new Violation(read.rule, `it reads what ${read.rule} refuses (${read.detail}): ${shortJson(answer)}`);
    return;
  }
  const expected = canonicalJson(read.value);
  if (refused === true) throw new Violation('CJ-4', `it refuses a text that is right; its canonical form is ${shortJson(expected)}`);
  if (canonical !== expected)
    throw new Violation('CJ-16', `the canonical form is ${shortJson(canonical)}, and should be ${shortJson(expected)}`);
  const again = await ask({ op: 'canonical', text: base64encode(utf8Encode(expected)) });
  if (!isObject(again) || again['canonical'] !== expected)
    throw new Violation('CJ-16', `the canonical form has another canonical form: ${shortJson(again)}`);
}

function bytesOf(one: Case): Uint8Array {
  switch (one.kind) {
    case 'tree':
      return utf8Encode(writeTree(one.tree, one.style));
    case 'flaw':
      return utf8Encode(one.flaw.replaceAll('%', () => writeTree(one.tree, 0)));
    case 'bytes':
      return Uint8Array.from([0x22, 0x61, ...one.bad, 0x61, 0x22]);
    case 'depth':
      return utf8Encode(`${one.open.repeat(one.depth)}${one.open === '[' ? '' : '1'}${(one.open === '[' ? ']' : '}').repeat(one.depth)}`);
  }
}
