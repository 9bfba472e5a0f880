import { blake3 } from '@noble/hashes/blake3.js';
import bs58 from 'bs58';
import canonicalize from 'canonicalize';

/**
 * spec/vectors/state-hash.json and spec/vectors/history-order.json, made without the code under test.
 */
const id = (n: number): string => `$${bs58.encode(Buffer.alloc(32, n))}`;

type Entry = readonly [type: string, stateKey: string, eventId: string];

function listed(items: readonly object[]): string {
  return `[\n${items.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n]\n`;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const STATES: readonly (readonly [why: string, entries: readonly Entry[]])[] = [
  ['no entry', []],
  ['one entry', [['m.guild.create', '', id(1)]]],
  [
    'sorted by type, then by state key',
    [
      ['m.room.member', '@bob:b.example', id(3)],
      ['m.guild.meta', '', id(9)],
      ['m.room.member', '@alice:a.example', id(2)],
      ['m.guild.create', '', id(1)],
    ],
  ],
  [
    'a type that begins like another comes after it',
    [
      ['m.guild.channel.x', '', id(2)],
      ['m.guild.channel', 'z', id(1)],
    ],
  ],
  [
    'by bytes, not by UTF-16 code units: U+FB33 comes before U+1F602',
    [
      ['m.note', '\u{1F602}', id(1)],
      ['m.note', '\u{FB33}', id(2)],
      ['m.note', 'é', id(3)],
      ['m.note', 'z', id(4)],
    ],
  ],
  [
    'strings are escaped as canonical JSON has it',
    [
      ['m.note', '"\\/', id(1)],
      ['m.note', '', id(2)],
    ],
  ],
];

export function stateHashVectors(): string {
  return listed(
    STATES.map(([why, state]) => {
      const sorted = [...state].sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]));
      return { why, rule: 'DAG-4', state, expect: bs58.encode(blake3(Buffer.from(canonicalize(sorted) as string))) };
    }),
  );
}

interface Placed {
  readonly id: string;
  readonly prev: readonly string[];
  readonly ts: number;
}

interface OrderVector {
  readonly rule: string;
  readonly why: string;
  readonly drawing: readonly string[];
  readonly events: readonly Placed[];
  readonly expect: readonly string[];
}

/** Events are `a` to `z`; their IDs ascend with their letters. */
const named = (letter: string): string => id(letter.charCodeAt(0));

function order(
  rule: string,
  why: string,
  drawing: readonly string[],
  times: Readonly<Record<string, number>>,
  past: string,
  expect: string,
): OrderVector {
  const prev = new Map(past.split(' ').map((one) => one.split(':') as [string, string]));
  const events = Object.entries(times).map(([name, ts]) => ({ id: named(name), prev: [...(prev.get(name) ?? '')].map(named), ts }));
  return { rule, why, drawing, events, expect: [...expect].map(named) };
}

const ORDERS: readonly OrderVector[] = [
  order('DAG-2', 'a chain, whatever its clocks say', ['a ── b ── c'], { a: 9, b: 5, c: 1 }, 'b:a c:b', 'abc'),
  order(
    'DAG-2',
    'of several ready events the earlier time stamp comes first',
    ['a ──┬── b', '    ├── c', '    └── d'],
    { a: 0, b: 3, c: 1, d: 2 },
    'b:a c:a d:a',
    'acdb',
  ),
  order('DAG-2', 'of equal time stamps the smaller ID', ['a ──┬── c', '    └── b'], { a: 0, c: 5, b: 5 }, 'c:a b:a', 'abc'),
  order(
    'DAG-2',
    'what follows an early event may come before a late one that was ready first',
    ['a ──┬── b', '    └── c ── d'],
    { a: 0, b: 9, c: 1, d: 2 },
    'b:a c:a d:c',
    'acdb',
  ),
  order(
    'DAG-2',
    'an event waits for all it cites, however early it says it is',
    ['a ──┬── b ──┬── d', '    └── c ──┘'],
    { a: 0, b: 1, c: 9, d: 2 },
    'b:a c:a d:bc',
    'abcd',
  ),
  order(
    'DAG-3',
    'everything before a cut comes before it: d is one, so e does not overtake c',
    ['a ──┬── b ──┬── d ──┬── e', '    └── c ──┘       └── f'],
    { a: 0, b: 90, c: 80, d: 5, e: 2, f: 1 },
    'b:a c:a d:bc e:d f:d',
    'acbdfe',
  ),
];

export function historyOrderVectors(): string {
  return listed([...ORDERS]);
}
