import { checkCopy, MemoryRooms, NATIVE_VERSION, type RoomVersion, roomVersion, type UnverifiedCopy } from '@openguild/core';
import { Report } from '../../scripts/lib/bench-report.ts';
import { verifierOf } from '../dist/replay/history-rooms.js';
import { historyOf } from '../dist/sim/history-file.js';
import { type HistoryReport, runHistory } from '../dist/sim/run-history.js';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
/** Events a second that a simulation is wanted to have, whichever way they are counted. */
const WANTED = 10_000;
const [WARM, MEASURED] = [10, 80];
/** Stand-ins for signatures, as in nine runs of ten. */
const SHAPE = { version: NATIVE_VERSION, realCrypto: 0 };

/** So much was done in so many milliseconds of CPU. */
class Tally {
  ms = 0;
  done = 0;

  /** Does it, and adds what it says was done. */
  async add(work: () => Promise<number> | number): Promise<void> {
    const start = cpuMs();
    const done = await work();
    this.ms += cpuMs() - start;
    this.done += done;
  }

  rate(): number {
    return (this.done / this.ms) * 1_000;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The engine alone: rooms in memory that are given copies already read, everything cited first, each once, with verdicts that cost nothing. */
function judged(copies: readonly UnverifiedCopy[], isValid: ReturnType<typeof verifierOf>): number {
  const rooms = new MemoryRooms(isValid);
  for (const copy of copies) rooms.receive(copy, VERSION);
  return copies.length;
}

const [engine, verdicts, copies, withModel] = [new Tally(), new Tally(), new Tally(), new Tally()];
let events = 0;
for (let i = -WARM; i < MEASURED; i++) {
  const seed = `bench/${i + WARM}`;
  const tallies = i < 0 ? [new Tally(), new Tally(), new Tally(), new Tally()] : [engine, verdicts, copies, withModel];
  const [bare, simulated, handled, checked] = tallies as [Tally, Tally, Tally, Tally];
  let report: HistoryReport | undefined;
  await simulated.add(async () => (report = await runHistory(seed, { ...SHAPE, model: 0 })).judged);
  await checked.add(async () => (await runHistory(seed, { ...SHAPE, model: 1 })).judged);
  if (report === undefined) throw new Error(`no history of ${seed}`);
  handled.ms = simulated.ms;
  handled.done += report.handled;
  const { header, pdus } = await historyOf(report.world, seed, '');
  const read = pdus.map((pdu) => checkCopy(pdu, VERSION)).flatMap((copy) => (copy.ok ? [copy.value] : []));
  const isValid = verifierOf(header);
  await bare.add(() => judged(read, isValid));
  if (i >= 0) events += report.events;
}
const report = new Report();
const wanted = `${WANTED.toLocaleString('en')} wanted`;
report.measure(
  'the engine alone, events of simulated histories read beforehand',
  engine.rate(),
  'verdicts/s',
  null,
  wanted,
  (rate) => rate >= WANTED,
);
report.measure('simulator, against the engine alone', verdicts.rate(), 'verdicts/s', engine.rate());
report.measure('simulator with the model and what it is asked, against the same', withModel.rate(), 'verdicts/s', engine.rate());
report.measure('simulator, copies handled', copies.rate(), 'copies/s', null, wanted, (rate) => rate >= WANTED);
report.measure('simulator, distinct events', (events / verdicts.ms) * 1_000, 'events/s', null, wanted, (rate) => rate >= WANTED);
report.write();
