import { explainText, type StateTrace } from '@openguild/core';
import { type Made, nameOfKey, type Run } from './make.ts';

/** One step of judging a drawing, for people. */
export interface WalkStep {
  /** The event that it is about; null: the state as a whole. */
  readonly name: string | null;
  readonly kind: 'rule' | 'verdict' | 'order' | 'entry';
  /** Its outcome. */
  readonly good: boolean;
  readonly rule: string | null;
  readonly text: string;
}

/** Chapters: each event of the drawing judged by its past, then the resolution of all heads. */
export interface Chapter {
  readonly title: string;
  readonly name: string | null;
  readonly steps: readonly WalkStep[];
}

/** Everything that judging a drawing comes to, rule by rule and event by event. */
export function walkOf(run: Run): Chapter[] {
  const drawn = run.made.slice(run.baseSize);
  const chapters = drawn.map((made) => ({ title: `${made.named.id}: judged by its past`, name: made.named.id, steps: judging(run, made) }));
  const merged = drawn.filter((made) => made.named.prev.length > 1 && made.named.prev.every((name) => run.one(name)?.fault === null));
  const resolutions = merged.map((made) => resolutionOf(run, made.named.prev, `before ${made.named.id}`));
  const heads = run.heads();
  if (heads.length > 1) resolutions.push(resolutionOf(run, heads, 'of all heads'));
  return [...chapters, ...resolutions];
}

/** IDs as ‹names›, of which the page makes links, and keys by their names. */
export function named(run: Run, text: string): string {
  return text.replaceAll(/ed25519:[1-9A-HJ-NP-Za-km-z]{40,}/g, nameOfKey).replaceAll(/\$[A-Za-z0-9+/_-]{20,}/g, (id) => {
    const name = run.nameOf(id);
    return name === id ? `${id.slice(0, 9)}…` : `‹${name}›`;
  });
}

export function explanationOf(run: Run, name: string): string {
  const { event } = run.one(name) as Made;
  return named(run, explainText(run.rooms.ask(run.roomId, (room) => room.explain(event.event_id))));
}

function judging(run: Run, { named: { id }, event, fault }: Made): WalkStep[] {
  const { by_auth_events: cited, by_its_past: past } = run.rooms.ask(run.roomId, (room) => room.explain(event.event_id));
  const step = (one: (typeof past)[number]): WalkStep => ({
    name: id,
    kind: 'rule',
    good: !one.answer.startsWith('no'),
    rule: one.rule,
    text: named(run, `${one.question} ${one.answer}`),
  });
  const verdict = fault === null ? 'accepted: its past authorises it, for ever and everywhere' : `rejected: ${fault.detail}`;
  return [
    ...cited.map((one) => ({ ...step(one), text: named(run, `by the events that it cites: ${one.answer}`) })),
    ...past.map(step),
    { name: id, kind: 'verdict', good: fault === null, rule: fault?.rule ?? null, text: named(run, verdict) },
  ];
}

function resolutionOf(run: Run, heads: readonly string[], of: string): Chapter {
  const trace = run.rooms.ask(run.roomId, (room) => room.resolution(run.ids(heads)));
  const title = `Resolution ${of}: ${heads.join(' + ')}`;
  return { title, name: null, steps: [...hierarchical(run, trace), ...v2(run, trace.v2)] };
}

const WON_BY: Readonly<Record<StateTrace['keys'][number]['wonBy'], string>> = {
  'no-candidate': 'all that came after the fork is void',
  'causally-last': 'it is the last',
  ban: 'a ban goes before other memberships',
  weight: 'it has the greater weight',
  'later-ts': 'weights are equal, and it has the later time stamp',
  'greater-id': 'weights and times are equal, and it has the greater ID',
};

function hierarchical(run: Run, { events, keys }: StateTrace): WalkStep[] {
  const judged = events.map(({ id, rank, verdict, reason }): WalkStep => {
    const rule = reason === null ? 'RES-4' : reason.clause === 'a' ? 'RES-5' : 'RES-6';
    const by =
      reason === null || reason.by === null
        ? 'what stands in its own past'
        : `‹${run.nameOf(reason.by)}›, of higher rank and not in its past,`;
    const why =
      reason === null ? 'nothing of higher rank forbids it' : `${by} does not allow it: ${reason.fault.rule}: ${reason.fault.detail}`;
    return {
      name: run.nameOf(id),
      kind: 'order',
      good: verdict === 'stands',
      rule,
      text: named(run, `‹${run.nameOf(id)}›, rank ${rankText(rank)}: ${verdict}, ${why}`),
    };
  });
  const entries = keys.map(({ key, winner, wonBy, candidates }): WalkStep => {
    const others = candidates
      .filter((one) => one.id !== winner)
      .map((one) => `‹${run.nameOf(one.id)}› (${one.standing}${one.weight === null ? '' : `, weight ${rankText(one.weight)}`})`);
    const holder = winner === null ? 'the value before the fork' : `‹${run.nameOf(winner)}›`;
    const against = others.length === 0 ? '' : `; against ${others.join(', ')}`;
    return {
      name: winner === null ? null : run.nameOf(winner),
      kind: 'entry',
      good: winner !== null,
      rule: 'RES-3',
      text: named(run, `${entryName(key)}: ${holder}, since ${WON_BY[wonBy]}${against}`),
    };
  });
  return [...judged, ...entries];
}

function v2(run: Run, { steps, keys }: StateTrace['v2']): WalkStep[] {
  const placed = steps.map(({ id, list, level, originTs, fault }): WalkStep => {
    const place = list === 'power' ? `in the list of power events, sender's level ${level}` : `in the list by mainline, position ${level}`;
    const text = `‹${run.nameOf(id)}›, ${place}, time ${originTs}: ${fault === null ? 'allowed, put in place' : `refused where its turn comes: ${fault.detail}`}`;
    return { name: run.nameOf(id), kind: 'order', good: fault === null, rule: fault?.rule ?? null, text: named(run, text) };
  });
  const entries = keys.map(({ type, stateKey, winner, wonBy }): WalkStep => {
    const why = {
      agreed: 'all states agree',
      only: 'the only one that is allowed',
      last: 'the last that is allowed',
      none: 'nothing that wanted it is allowed',
    }[wonBy];
    const holder = winner === null ? 'nothing: the entry is gone' : `‹${run.nameOf(winner)}›`;
    return {
      name: winner === null ? null : run.nameOf(winner),
      kind: 'entry',
      good: winner !== null,
      rule: null,
      text: `${entryName(`${type}\u0000${stateKey}`)}: ${holder}, ${why}`,
    };
  });
  return [...placed, ...entries];
}

function rankText(rank: number): string {
  return rank < 1_000_000 ? String(rank) : rank === 1_000_000 ? 'of the owner' : 'above all users';
}

/** Type and state key are divided by a character that no type has. */
function entryName(key: string): string {
  const [type = '', stateKey = ''] = key.split(/[\u0000\n]/);
  return stateKey === '' ? type : `${type} [${stateKey}]`;
}
