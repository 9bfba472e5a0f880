import { checkCopy, MemoryRooms, NATIVE_VERSION, type RoomVersion, roomVersion, type UnverifiedCopy } from '@openguild/core';
import { Report } from '../../scripts/lib/bench-report.ts';
import { cpuMs } from '../../scripts/lib/cpu-time.ts';
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

  /** Of it, or of something else that was done in the same time, in a second. */
  rate(done = this.done): number {
    return (done / this.ms) * 1_000;
  }
}

/** The engine alone: rooms in memory that are given copies already read, everything cited first, each once, with verdicts that cost nothing. */
function judged(copies: readonly UnverifiedCopy[], isValid: ReturnType<typeof verifierOf>): number {
  const rooms = new MemoryRooms(isValid);
  for (const copy of copies) rooms.receive(copy, VERSION);
  return copies.length;
}

/** The same history as the simulator has it, as it has it with the model, and as the engine alone has it. */
async function measured(seed: string, [simulated, checked, alone]: readonly [Tally, Tally, Tally]): Promise<HistoryReport> {
  let report: HistoryReport | undefined;
  await simulated.add(async () => (report = await runHistory(seed, { ...SHAPE, model: 0 })).judged);
  await checked.add(async () => (await runHistory(seed, { ...SHAPE, model: 1 })).judged);
  if (report === undefined) throw new Error(`no history of ${seed}`);
  const { header, pdus } = await historyOf(report.world, seed, '');
  const read = pdus.map((pdu) => checkCopy(pdu, VERSION)).flatMap((copy) => (copy.ok ? [copy.value] : []));
  const isValid = verifierOf(header);
  await alone.add(() => judged(read, isValid));
  return report;
}

for (let i = 0; i < WARM; i++) await measured(`bench/${i}`, [new Tally(), new Tally(), new Tally()]);
const [simulated, checked, alone] = [new Tally(), new Tally(), new Tally()];
let [events, handled] = [0, 0];
for (let i = WARM; i < WARM + MEASURED; i++) {
  const history = await measured(`bench/${i}`, [simulated, checked, alone]);
  events += history.events;
  handled += history.handled;
}
const report = new Report();
const toTarget = (name: string, rate: number, unit: string): void =>
  report.measure(name, rate, unit, null, `${WANTED.toLocaleString('en')} wanted`, (value) => value >= WANTED);
toTarget('the engine alone, events of simulated histories read beforehand', alone.rate(), 'verdicts/s');
report.measure('simulator, against the engine alone', simulated.rate(), 'verdicts/s', alone.rate());
report.measure('simulator with the model and what it is asked, against the same', checked.rate(), 'verdicts/s', alone.rate());
toTarget('simulator, copies handled', simulated.rate(handled), 'copies/s');
toTarget('simulator, distinct events', simulated.rate(events), 'events/s');
report.write();
