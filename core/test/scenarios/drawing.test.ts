import { expect } from 'chai';
import { parseDrawing } from './drawing.ts';

/** Each event with what it follows, as `a,b>c`. */
function edges(text: string): string[] {
  return parseDrawing(text).map(({ prev, name }) => `${prev.join()}>${name}`);
}

describe('drawings', () => {
  it('say what follows what', () => {
    expect(edges('F ── a ── b')).to.deep.equal(['F>a', 'a>b']);
    expect(
      edges(`
        F ──┬── a ── b ──┬── d
            └── c ───────┘`),
    ).to.deep.equal(['F>a', 'a>b', 'b,c>d', 'F>c']);
    expect(
      edges(`
        F ──┬── a ──┬── x
            ├── b ──┤
            │       └── y
            └── c`),
    ).to.deep.equal(['F>a', 'a,b>x', 'F>b', 'a,b>y', 'F>c']);
  });

  it('let lines cross only where they join, and take a known event up again', () => {
    expect(
      edges(`
        F ── a ── b
        a ── c`),
    ).to.deep.equal(['F>a', 'a>b', 'a>c']);
  });

  it('say what became of an event, and which guild heads it cites', () => {
    expect(parseDrawing('F ──┬── a†\n    └── b(F, x1)✗').map(({ fate, guildHeads }) => [fate, guildHeads])).to.deep.equal([
      ['void', undefined],
      ['rejected', ['F', 'x1']],
    ]);
  });

  it('have no loose ends, no strange signs, no event with two pasts', () => {
    for (const [text, why] of [
      ['F ── ', 'loose end'],
      ['F ─── a\n      │', 'loose end'],
      ['F ──a', 'loose end'],
      ['F -> a', 'neither a name nor a line'],
      ['F ── a\nF ── a', 'two pasts'],
      ['── a', 'loose end'],
      ['F ──┬── a\n    b', 'loose end'],
    ] as const)
      expect(() => parseDrawing(text), text).to.throw(why);
  });
});
