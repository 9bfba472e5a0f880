import { expect } from 'chai';
import { type ChannelJudge, type ChannelTrace, resolveChannelKey } from '../src/index.ts';

interface Name {
  readonly id: string;
  readonly past: string;
  readonly authorised?: boolean;
  readonly rank?: number;
  readonly ts?: number;
}

const judge: ChannelJudge<Name> = {
  guildPastInside: (a, b) => a.past !== b.past && b.past.startsWith(a.past),
  atUnion: (event) => ({ authorised: event.authorised ?? true, rank: event.rank ?? 0 }),
};

/** Wins, in both orders. */
function winner(...names: readonly Name[]): string {
  const candidates = names.map((event) => ({ id: event.id, event, originTs: event.ts ?? 0 }));
  const { id } = resolveChannelKey(candidates, judge);
  expect(resolveChannelKey(candidates.toReversed(), judge).id).to.equal(id);
  return id;
}

describe('a key of a channel (RES-8)', () => {
  it('has the value of its only candidate, about which nothing is asked', () => {
    const silent: ChannelJudge<Name> = {
      guildPastInside: () => expect.fail('asked'),
      atUnion: () => expect.fail('asked'),
    };
    const event = { id: 'a', past: '' };
    expect(resolveChannelKey([{ id: 'a', event, originTs: 0 }], silent)).to.equal(event);
  });

  it('drops what was said under an older guild past', () => {
    expect(winner({ id: 'old', past: 'x', rank: 9, ts: 9 }, { id: 'new', past: 'xy', authorised: false })).to.equal('new');
  });

  it('prefers what is authorised at the union, then rank there, then time, then ID', () => {
    expect(winner({ id: 'a', past: 'x', authorised: false, rank: 9, ts: 9 }, { id: 'b', past: 'y' })).to.equal('b');
    expect(winner({ id: 'a', past: 'x', rank: 1, ts: 9 }, { id: 'b', past: 'y', rank: 2 })).to.equal('b');
    expect(winner({ id: 'b', past: 'x', ts: 1 }, { id: 'a', past: 'y', ts: 2 })).to.equal('a');
    expect(winner({ id: 'a', past: 'x' }, { id: 'b', past: 'y' })).to.equal('b');
  });

  it('keeps a value even if no candidate is authorised', () => {
    expect(winner({ id: 'a', past: 'x', authorised: false }, { id: 'b', past: 'y', authorised: false, rank: 1 })).to.equal('b');
  });

  it('tells why', () => {
    const trace: ChannelTrace = { candidates: [] };
    const names = [
      { id: 'old', past: 'x' },
      { id: 'new', past: 'xy' },
      { id: 'other', past: 'z', authorised: false },
    ];
    resolveChannelKey(
      names.map((event) => ({ id: event.id, event, originTs: 0 })),
      judge,
      trace,
    );
    expect(trace.candidates.map(({ id, outdated, authorised }) => [id, outdated, authorised])).to.deep.equal([
      ['old', true, null],
      ['new', false, true],
      ['other', false, false],
    ]);
  });
});
