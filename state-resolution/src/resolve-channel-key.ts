import { compareUtf8 } from './byte-order.ts';

/** One of several concurrent last events of one key of a channel. */
export interface ChannelCandidate<E> {
  readonly id: string;
  readonly event: E;
  /** Milliseconds since 1970, as its author says. */
  readonly originTs: number;
}

/** What decides between concurrent values in a channel lies in its guild. All functions must be pure. */
export interface ChannelJudge<E> {
  /** Does the guild past of `a` (its guild heads and all before them) lie strictly inside that of `b`? */
  guildPastInside(a: E, b: E): boolean;
  /** Is it authorised in the guild's state at the union of all candidates' guild heads, and which rank has its sender there? */
  atUnion(event: E): { readonly authorised: boolean; readonly rank: number };
}

/** Why a candidate won. */
export interface ChannelTrace {
  readonly candidates: {
    readonly id: string;
    readonly outdated: boolean;
    readonly authorised: boolean | null;
    readonly rank: number | null;
    readonly originTs: number;
  }[];
}

/**
 * RES-8. The value of one key of a channel among its causally last events (at least one): drop those whose guild past lies strictly inside
 * another's; prefer those authorised at the union of all the candidates' guild heads; then the higher rank of the sender there; then the
 * later `origin_ts`; then the greater ID by UTF-8 bytes. Some candidate always stays, so no key vanishes.
 *
 * `judge` is asked nothing if there is one candidate, and nothing about the union if one is left.
 */
export function resolveChannelKey<E>(candidates: readonly ChannelCandidate<E>[], judge: ChannelJudge<E>, trace?: ChannelTrace): E {
  const [only] = candidates;
  if (only === undefined) throw new Error('no candidate');
  if (candidates.length === 1) return only.event;
  const outdated = (c: ChannelCandidate<E>): boolean => candidates.some((o) => o !== c && judge.guildPastInside(c.event, o.event));
  const fresh = candidates.filter((candidate) => !outdated(candidate));
  const judged = fresh.map((candidate) => ({
    candidate,
    ...(fresh.length > 1 ? judge.atUnion(candidate.event) : { authorised: null, rank: null }),
  }));
  trace?.candidates.push(
    ...candidates.map((candidate) => {
      const found = judged.find((one) => one.candidate === candidate);
      const { id, originTs } = candidate;
      return { id, originTs, outdated: found === undefined, authorised: found?.authorised ?? null, rank: found?.rank ?? null };
    }),
  );
  judged.sort(
    (a, b) =>
      Number(b.authorised) - Number(a.authorised) ||
      (b.rank ?? 0) - (a.rank ?? 0) ||
      b.candidate.originTs - a.candidate.originTs ||
      compareUtf8(b.candidate.id, a.candidate.id),
  );
  const [best] = judged;
  if (best === undefined) throw new Error('guild pasts lie inside each other in a circle');
  return best.candidate.event;
}
