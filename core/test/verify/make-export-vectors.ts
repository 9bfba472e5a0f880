/**
 * Makes `spec/exports/exports.json`, files and altered files with what verifying each must find (EXP rules). What is expected is written here by hand;
 * `export-vectors.test.ts` compares.
 *
 *     node core/test/verify/make-export-vectors.ts > spec/exports/exports.json
 */
import { buildEvent } from '../../src/event/build-event.ts';
import { redactEvent } from '../../src/event/redact.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { A, DAY, MatrixWorld, START } from './matrix-world.ts';
import { BOB, CAROL, exported, OLGA, smallWorld, VERSION } from './small-world.ts';

const world = smallWorld();
const { a, b, guild, channel, stays } = world;
const plain = exported(a, channel);
const hello = plain.findIndex((line) => line.includes('"hello"'));
const rules = plain.findIndex((line) => line.includes('"m.room.join_rules"'));
const message = [...a.rooms.events(channel)].at(-1)?.event;
if (message === undefined) throw new Error('no message');
const line = (at: number): string => plain[at] as string;
const last = plain.length - 1;

const rejected = buildEvent(
  {
    ...{ room_id: channel, type: 'm.channel.name', sender: CAROL, state_key: '', content: { name: 'mine' }, origin_ts: 5_000 },
    ...{ prev_events: a.rooms.room(channel)?.extremities ?? [], guild_heads: a.rooms.room(guild)?.extremities ?? [] },
  },
  VERSION,
  [a.daily],
);

// A fork: bob loses his role here and bans there; what a says in the channel, it says twice.
a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB);
b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
b.pull(a, guild);
const forked = exported(b, guild);
const twice = buildEvent(
  {
    ...{ room_id: channel, type: 'm.room.message', sender: CAROL, content: { body: 'another story' }, origin_ts: 9_000 },
    ...{ prev_events: message.prev_events, guild_heads: message.guild_heads },
  },
  VERSION,
  [a.daily],
);

const orphan = buildEvent(
  {
    ...{ room_id: channel, type: 'm.room.message', sender: CAROL, content: { body: 'to what?' }, origin_ts: 9_500 },
    ...{ prev_events: [twice.event_id], guild_heads: message.guild_heads },
  },
  VERSION,
  [a.daily],
);
const strange = exported(a, a.start('m.guild.create', { ...a.keys }).room_id)[1] as string;

const matrix = new MatrixWorld('11').exported();
const keysOfA = (change: Parameters<typeof A.keys>[0]): string => canonicalJson({ ...A.keys(change) }, 'code-points');

/** `change`: as of `Array.prototype.splice`: where (lines from 1), how many lines go, what comes there. Faults: `line rule`, the lines as they are then. */
interface Case {
  readonly why: string;
  readonly rule: string;
  readonly of: 'channel' | 'fork' | 'matrix';
  readonly change?: readonly [at: number, out: number, ...lines: string[]];
  readonly faults: readonly string[];
  /** Lines of the two events of each. */
  readonly equivocations?: readonly (readonly [number, number])[];
}

const cases: Case[] = [
  { why: 'a channel after its guild, as a server exports it', rule: 'EXP-6', of: 'channel', faults: [] },
  { why: 'a guild with two heads and a void event', rule: 'EXP-9', of: 'fork', faults: [] },
  { why: 'no closing line', rule: 'EXP-8', of: 'channel', change: [last + 1, 1], faults: [] },
  { why: 'white space around a line', rule: 'EXP-1', of: 'channel', change: [2, 1, ` ${line(1)}\r`], faults: [] },
  { why: 'an empty line', rule: 'EXP-1', of: 'channel', change: [3, 0, ''], faults: ['3 CJ-3'] },
  { why: 'a name twice in one object', rule: 'EXP-1', of: 'channel', change: [3, 0, '{"a":1,"a":2}'], faults: ['3 CJ-9'] },
  { why: 'another format', rule: 'EXP-2', of: 'channel', change: [1, 1, line(0).replace(':1,', ':2,')], faults: ['1 EXP-2'] },
  { why: 'an unknown room version', rule: 'EXP-2', of: 'channel', change: [1, 1, line(0).replace(VERSION.id, 'none')], faults: ['1 EV-1'] },
  { why: 'one event twice', rule: 'EXP-3', of: 'channel', change: [rules + 1, 0, line(rules)], faults: [`${rules + 2} EXP-3`] },
  {
    why: 'a redacted copy',
    rule: 'EXP-3',
    of: 'channel',
    change: [hello + 1, 1, canonicalJson(redactEvent(message, VERSION).pdu)],
    faults: [],
  },
  {
    why: 'altered content',
    rule: 'EXP-3',
    of: 'channel',
    change: [hello + 1, 1, line(hello).replace('hello', 'hullo')],
    faults: [`${hello + 1} EV-15`],
  },
  {
    why: 'two events changed places',
    rule: 'EXP-4',
    of: 'channel',
    change: [rules + 1, 2, line(rules + 1), line(rules)],
    faults: [`${rules + 1} EXP-4`],
  },
  {
    why: 'an event that nothing cites is missing: the claims show it',
    rule: 'EXP-8',
    of: 'channel',
    change: [hello + 1, 1],
    faults: [`${last} EXP-8`, `${last} EXP-8`],
  },
  {
    why: 'an event that follows one which is not there',
    rule: 'EXP-5',
    of: 'channel',
    change: [last + 1, 0, canonicalJson(orphan.pdu)],
    faults: [`${last + 1} EXP-5`],
  },
  { why: 'an event of another room', rule: 'EXP-6', of: 'channel', change: [3, 0, strange], faults: ['3 EXP-6'] },
  {
    why: 'an event of the guild after one of the channel',
    rule: 'EXP-6',
    of: 'channel',
    change: [last + 1, 0, forked.at(-2) as string],
    faults: [`${last + 1} EXP-6`],
  },
  {
    why: 'an event by somebody who may not make it',
    rule: 'EXP-7',
    of: 'channel',
    change: [last + 1, 0, canonicalJson(rejected.pdu)],
    faults: [`${last + 1} AUTH-8.2`],
  },
  {
    why: 'another state hash',
    rule: 'EXP-9',
    of: 'fork',
    change: [forked.length, 1, (forked.at(-1) as string).replace(/"state_hash":\{"([^"]+)":"[^"]+"/, '"state_hash":{"$1":"1"')],
    faults: [`${forked.length} EXP-9`],
  },
  { why: 'something after the closing line', rule: 'EXP-8', of: 'channel', change: [last + 2, 0, line(1)], faults: [`${last + 2} EXP-8`] },
  {
    why: 'a server that tells two stories: the closing line does not name the second head',
    rule: 'EXP-11',
    of: 'channel',
    change: [last + 1, 0, canonicalJson(twice.pdu)],
    faults: [`${last + 2} EXP-8`],
    equivocations: [[hello + 1, last + 1]],
  },
  { why: 'a Matrix room with the key documents of its servers', rule: 'EXP-13', of: 'matrix', faults: [] },
  { why: 'no key documents: nothing else is at fault', rule: 'EXP-10', of: 'matrix', change: [2, 2], faults: ['0 EXP-10'] },
  { why: 'no key document of one of the servers', rule: 'EXP-10', of: 'matrix', change: [2, 1], faults: ['0 EXP-10'] },
  {
    why: 'a key document that was altered',
    rule: 'EXP-13',
    of: 'matrix',
    change: [2, 1, (matrix[1] as string).replace('a.example', 'c.example')],
    faults: ['0 EXP-10', '2 EXP-13'],
  },
  {
    why: 'a key document in a room whose keys are in its state',
    rule: 'EXP-13',
    of: 'channel',
    change: [2, 0, matrix[1] as string],
    faults: ['2 EXP-13'],
  },
  { why: 'a key document after an event', rule: 'EXP-13', of: 'matrix', change: [5, 0, matrix[1] as string], faults: ['5 EXP-13'] },
  {
    why: 'more than a key document and its time',
    rule: 'EXP-13',
    of: 'matrix',
    change: [4, 0, '{"server_keys":{},"fetched_ts":1,"x":1}'],
    faults: ['4 EXP-13'],
  },
  {
    why: 'a key in use only until before its last event',
    rule: 'EXP-10',
    of: 'matrix',
    change: [2, 1, keysOfA({ valid_until_ts: START + 4 * DAY })],
    faults: ['8 ENG-5', '9 EXP-5', '10 EXP-8', '10 EXP-8'],
  },
  {
    why: 'an altered event in a Matrix room',
    rule: 'EXP-3',
    of: 'matrix',
    change: [8, 1, (matrix[7] as string).replace('hello', 'hullo')],
    faults: ['8 MXB-13'],
  },
];

process.stdout.write(`${JSON.stringify({ exports: { channel: plain, fork: forked, matrix }, cases }, null, 1)}\n`);
