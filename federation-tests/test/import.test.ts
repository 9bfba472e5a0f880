import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonObject, roomVersion, utf8Encode } from '@openguild/core';
import { expect } from 'chai';
import {
  type AnyHistory,
  EventSource,
  ImportError,
  importRoom,
  judgeHistory,
  readHistories,
  readHistory,
  replayData,
  runVectors,
  vectorForm,
  writeHistory,
} from '../src/index.ts';

const MATRIX = fileURLToPath(new URL('../../spec/matrix/histories.jsonl.gz', import.meta.url));

type MatrixHistory = AnyHistory & { room_id: string; room_version: string; events: JsonObject[]; event_ids: string[]; keys: JsonObject };

/** The first undisputed history of each version that the table has, all of whose past is in it. */
async function onePerVersion(): Promise<MatrixHistory[]> {
  const found = new Map<string, MatrixHistory>();
  for await (const line of readHistories(MATRIX)) {
    if (line.fault !== undefined) throw new Error(line.fault);
    const matrix = line.history as MatrixHistory;
    const isWhole = matrix['foreign_events'] === undefined && matrix['disputed'] === undefined;
    if (!found.has(matrix.room_version) && isWhole && roomVersion(matrix.room_version) !== undefined)
      found.set(matrix.room_version, matrix);
  }
  return [...found.values()];
}

const lines = (events: readonly unknown[]): EventSource =>
  new EventSource(utf8Encode(events.map((event) => `${JSON.stringify(event)}\n`).join('')));
const text = (value: string): EventSource => new EventSource(utf8Encode(value));

describe('import of Matrix rooms', function () {
  this.timeout(120_000);
  let histories: MatrixHistory[];
  let first: MatrixHistory;
  before(async () => {
    histories = await onePerVersion();
    first = histories.find((one) => one.room_version === '11') as MatrixHistory;
  });

  it('PDUs in any order, one a line: IDs and order computed, the version from the create event; versions 3 to 12', () => {
    expect(histories.map((one) => one.room_version)).to.have.members(['3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    for (const { events, event_ids, room_id, room_version } of histories) {
      const { history, events: made, notices } = importRoom(lines(events.toReversed()));
      expect(
        made.map((event) => event.event_id),
        room_version,
      ).to.have.members(event_ids);
      expect(history.header).to.include({ room_id, room_version });
      expect(notices).to.deep.equal([]);
      const seen = new Set<string>();
      for (const event of made) {
        for (const id of [...event.prev_events, ...event.auth_events])
          expect(seen.has(id), `${event.event_id} before ${id}`).to.equal(true);
        seen.add(event.event_id);
      }
    }
  });

  it('what it makes, replay and vectors take', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openguild-import-'));
    try {
      const { history } = importRoom(text(JSON.stringify({ ...first, events: first.events.toReversed() }, null, 2)));
      expect(Object.keys(history.header.keys ?? {})).to.have.members(Object.keys(first.keys));
      const judged = judgeHistory(readHistory(writeHistory(history)));
      expect(judged.differences).to.deep.equal([]);
      expect(judged.signaturesTaken).to.equal(false);
      expect(replayData(history, judged).events.length).to.equal(judged.events.length).and.greaterThan(20);
      // Without keys nothing is dropped for a signature that lacks.
      const { history: unsigned } = importRoom(lines(first.events));
      const { vector, leftOut } = vectorForm('imported', unsigned);
      expect(leftOut).to.equal(0);
      const form = vector as { final_state: unknown[] };
      const file = join(folder, 'vectors.jsonl');
      await writeFile(file, `${JSON.stringify(form)}\n`);
      const report: string[] = [];
      const run = (): ReturnType<typeof runVectors> => runVectors([file], { every: 1, write: (line) => report.push(line), now: () => 0 });
      expect(await run(), report.join('\n')).to.deep.include({ passed: 1, failed: 0 });
      form.final_state.pop();
      await writeFile(file, `${JSON.stringify(form)}\n`);
      expect(await run()).to.deep.include({ passed: 0, failed: 1 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('what is no event, of another room, twice there or altered is left out or redacted, and counted', () => {
    const other = histories.find((one) => one.room_version === '10') as MatrixHistory;
    const message = first.events.find((event) => event['type'] === 'm.room.message') as JsonObject;
    const altered = { ...message, content: { body: 'forged', msgtype: 'm.text' } };
    const rest = first.events.filter((event) => event !== message);
    const source = lines([...rest, altered, rest[3], other.events[1], { type: 7 }, 'nothing', { ...rest[4], event_id: '$another' }]);
    const { events, notices } = importRoom(source);
    expect(events.length).to.equal(first.events.length);
    expect(events.filter((event) => event.redacted)).to.have.length(1);
    const counted = Object.fromEntries(notices.map(({ what, times }) => [what, times]));
    expect(counted).to.deep.equal({
      'has a content that does not fit its hash: kept redacted': 1,
      'is in the file more than once': 2,
      'belongs to another room': 1,
      'is no event of version 11': 1,
      'cannot be read': 1,
      'has another ID than the file says': 1,
    });
  });

  it('an event whose past is not there is left out with what follows it', () => {
    const without = first.events.filter((_, i) => i !== 5);
    const { events, notices } = importRoom(lines(without));
    const lacking = notices.find(({ what }) => what.startsWith('cites events'));
    expect(lacking?.times)
      .to.equal(without.length - events.length)
      .and.greaterThan(0);
    expect(lacking?.examples[0]).to.include('cites $');
  });

  it('says what is wrong with a file', () => {
    const create = first.events[0] as { content: JsonObject };
    const client = { event_id: '$x', type: 'm.room.message', origin_server_ts: 1, sender: '@a:b.c', content: {} };
    const cases: [EventSource, RegExp, object?][] = [
      [text(''), /the file is empty/],
      [text('PK\u0003\u0004'), /no m\.room\.create event among 1 item: .*CJ-/],
      [text('[]'), /the file is empty/],
      [lines([client]), /line 1 is an event as clients see it/],
      [lines(first.events.slice(1)), /no m\.room\.create event among \d+ items/],
      [lines([{ ...create, content: { ...create.content, room_version: '1' } }]), /version "1" is not among those/],
      [
        lines([{ ...create, content: { ...create.content, room_version: 'org.matrix.hydra.11' } }]),
        /"org\.matrix\.hydra\.11" is not among/,
      ],
      [lines([{ openguild_export: 1, room_id: '!x', room_version: '11' }]), /npm run replay reads it/],
      [lines([...first.events, ...(histories[0] as MatrixHistory).events]), /several rooms: choose one with --room/],
      [lines(first.events), /no create event of !none; there are those of /, { roomId: '!none' }],
    ];
    for (const [source, expected, options] of cases) expect(() => importRoom(source, options)).to.throw(ImportError, expected);
    const chosen = importRoom(lines([...first.events, ...(histories[0] as MatrixHistory).events]), { roomId: first.room_id });
    expect(chosen.events.length).to.equal(first.events.length);
  });

  it('hostile text is bounded: nesting, long lines, names of the language', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(() => importRoom(text(deep))).to.throw(ImportError, /CJ-13/);
    expect(() => importRoom(text(`${'x'.repeat(3_000_000)}\n`))).to.throw(ImportError, /no m\.room\.create/);
    const keys = { __proto__: null, ...JSON.parse('{"__proto__": {"ed25519:a": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}') };
    const { history } = importRoom(lines(first.events), { keys });
    expect(Object.hasOwn(history.header.keys ?? {}, '__proto__')).to.equal(true);
    expect(Object.getPrototypeOf(history.header.keys)).to.equal(Object.prototype);
  });

  it('keys as servers publish them', () => {
    const [server, keys] = Object.entries(first.keys)[0] as [string, Record<string, string>];
    const [id, key] = Object.entries(keys)[0] as [string, string];
    const document = { server_name: server, verify_keys: { [id]: { key } }, old_verify_keys: { 'ed25519:old': { key, expired_ts: 1 } } };
    for (const given of [document, { server_keys: [document] }, [document]]) {
      const { history } = importRoom(lines(first.events), { keys: given });
      expect(history.header.keys).to.deep.equal({ [server]: { [id]: key, 'ed25519:old': key } });
    }
  });
});
