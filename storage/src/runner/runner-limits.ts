/** Hard bounds on what strangers can make a runner do or keep. */
export interface RunnerLimits {
  /** How often one step may ask for more before it is given up. */
  readonly rounds: number;
  /** Requests for missing events while one event is received. */
  readonly fetches: number;
  /** Events fetched while one event is received. */
  readonly fetchedEvents: number;
  /** Rooms kept open in memory. */
  readonly openRooms: number;
  /** Signature verdicts remembered. */
  readonly verdicts: number;
  /** Events of one room that wait for what they cite. */
  readonly parkedPerRoom: number;
  /** The same, brought by one server. */
  readonly parkedPerOrigin: number;
  /** The same, over all rooms. */
  readonly parkedTotal: number;
  /** Soft-failed events of one channel that are judged again before others get hold of the channel. */
  readonly rejudged: number;
  /** The most ancestors that are loaded ahead in one round. */
  readonly prefetch: number;
  /** Events that the judgement of a copy may replay at once; one that needs more is put off (ENG-16). */
  readonly replayed: number;
  /** Copies put off that wait, of those brought by one server. */
  readonly putOffPerOrigin: number;
  readonly putOffTotal: number;
}

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = Object.freeze({
  rounds: 200,
  fetches: 10,
  fetchedEvents: 2_000,
  openRooms: 500,
  verdicts: 20_000,
  parkedPerRoom: 1_000,
  parkedPerOrigin: 100,
  parkedTotal: 10_000,
  rejudged: 1_000,
  prefetch: 1_000,
  replayed: 1_000,
  putOffPerOrigin: 20,
  putOffTotal: 1_000,
});
