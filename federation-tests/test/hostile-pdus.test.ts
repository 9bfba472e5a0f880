import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  base64encode,
  canonicalJson,
  type JsonObject,
  type JsonValue,
  roomVersion,
  type RoomVersion,
  sha256,
  utf8Encode,
} from '@openguild/core';
import { readHistories } from '../src/index.ts';
import { VectorHost } from '../src/vectors/vector-host.ts';

const MATRIX = fileURLToPath(new URL('../../spec/matrix/histories.jsonl.gz', import.meta.url));
const SEED = Number(process.env['OPENGUILD_SEED'] ?? 1);
const RUNS = 30;
const EVENTS = 25;
const NAMED = /^[A-Z]+-[0-9.]+$/;

interface PduHistory {
  readonly id: string;
  readonly room_id: string;
  readonly version: RoomVersion;
  readonly events: readonly JsonObject[];
}

/** What replaces some value of a PDU. `toString` and its kin are not functions here: a careless conversion to text throws. */
const junk = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    0,
    -1,
    50,
    1.5,
    2 ** 53,
    1e300,
    '',
    '@',
    '@a:b',
    ':',
    '$',
    '!',
    '50',
    '\ud800',
    '\u0000',
    'é'.repeat(200),
    [],
    {},
  ),
  fc.constantFrom<JsonValue>(
    { toString: 6, valueOf: 7, hasOwnProperty: 8 },
    JSON.parse('{"__proto__":{"a":1}}') as JsonValue,
    deep(20),
    deep(600),
  ),
  fc.jsonValue({ maxDepth: 3 }).map((value) => value as JsonValue),
);
const member = fc.constantFrom(
  'membership',
  'users',
  'events',
  'notifications',
  'join_rule',
  'third_party_invite',
  'creator',
  'room_version',
  '__proto__',
);

/** At which event, where in it (one step for each level), and what is put there. */
const change = fc.record({
  at: fc.nat(EVENTS - 1),
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
  inContent: fc.boolean(),
  junk,
  member,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function deep(levels: number): JsonValue {
  let value: JsonValue = 0;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** The value with one place in it replaced; a step beyond the members of an object adds one. */
function changed(value: JsonValue, path: readonly number[], { junk: put, member: added }: Change): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined || value === null || typeof value !== 'object') return put;
  if (Array.isArray(value)) {
    const items = [...(value as readonly JsonValue[])];
    const i = step % (items.length + 1);
    items[i] = changed(items[i] ?? null, rest, { junk: put, member: added } as Change);
    return items;
  }
  const keys = Object.keys(value);
  const key = keys[step % (keys.length + 1)] ?? added;
  const entries = new Map(Object.entries(value as JsonObject));
  entries.set(key, changed(entries.get(key) ?? null, rest, { junk: put, member: added } as Change));
  return Object.fromEntries(entries);
}

/** With the content hash that the PDU ought to have, if it can have one: else most changes would only be redacted. */
function hashed(pdu: JsonValue, { strictNumbers }: RoomVersion): JsonValue {
  if (pdu === null || typeof pdu !== 'object' || Array.isArray(pdu)) return pdu;
  const { unsigned: _u, signatures: _s, hashes: _h, ...rest } = pdu as JsonObject;
  try {
    const text = canonicalJson(rest, 'code-points', strictNumbers ? 'integers' : 'fractions');
    return { ...(pdu as JsonObject), hashes: { sha256: base64encode(sha256(utf8Encode(text))) } };
  } catch (error) {
    if (error instanceof TypeError) return pdu;
    throw error;
  }
}

/** A short history of each version. */
async function histories(): Promise<PduHistory[]> {
  const found = new Map<string, PduHistory>();
  for await (const line of readHistories(MATRIX)) {
    if (line.fault !== undefined) throw new Error(line.fault);
    const { history } = line;
    const version = roomVersion(history['room_version'] as string);
    if (version === undefined || found.has(version.id)) continue;
    const events = (history['events'] as JsonObject[]).slice(0, EVENTS);
    found.set(version.id, { id: history.id, room_id: history['room_id'] as string, version, events });
    if (found.size === 10) break;
  }
  return [...found.values()];
}

async function receiveAll({ room_id: roomId, version, events }: PduHistory, changes: readonly Change[]): Promise<void> {
  const host = new VectorHost((checks) => Promise.resolve(checks.map(() => true)));
  for (const [i, pdu] of events.entries()) {
    for (const one of changes.filter(({ at }) => at === i)) {
      const bad = one.inContent ? { ...pdu, content: changed(pdu['content'] as JsonValue, one.path, one) } : changed(pdu, one.path, one);
      const received = await host.receive(roomId, hashed(bad, version), version.id);
      if ('fault' in received) expect(received.fault.rule).to.match(NAMED);
    }
    const received = await host.receive(roomId, pdu, version.id);
    if ('fault' in received) expect(received.fault.rule).to.match(NAMED);
  }
}

describe('malformed PDUs of Matrix rooms', function () {
  this.timeout(120_000);

  it(`get an outcome with a named rule, whatever they hold (replay: OPENGUILD_SEED=${SEED} npm test -- federation-tests/test/hostile-pdus.test.ts)`, async () => {
    const all = await histories();
    expect(all).to.have.length(10);
    await fc.assert(fc.asyncProperty(fc.constantFrom(...all), fc.array(change, { minLength: 30, maxLength: 60 }), receiveAll), {
      numRuns: RUNS,
      seed: SEED,
    });
  });

  it('a room version that no conversion to text survives is unknown, not an error', async () => {
    const [first] = await histories();
    if (first === undefined) throw new Error('no history');
    const create = first.events[0] as JsonObject;
    const content = { ...(create['content'] as JsonObject), room_version: { toString: 6 } };
    const received = await new VectorHost().receive(first.room_id, hashed({ ...create, content }, first.version), first.version.id);
    expect(received.kind).to.equal('unknown-room');
  });

  it('a signature that is a fraction is no signature, and none less than others, in versions that know fractions', async () => {
    const first = (await histories()).find(({ version }) => !version.strictNumbers);
    if (first === undefined) throw new Error('no history');
    const create = { ...(first.events[0] as JsonObject), signatures: { 'a.example': { 'ed25519:a': 1.5 } } };
    const received = await new VectorHost((checks) => Promise.resolve(checks.map(() => false))).receive(
      first.room_id,
      create,
      first.version.id,
    );
    expect(received).to.deep.include({ kind: 'dropped' });
    expect('fault' in received && received.fault.rule).to.equal('ENG-5');
  });
});
