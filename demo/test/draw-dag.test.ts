import { expect } from 'chai';
import { type DagEvent, drawDag } from '../draw-dag.ts';

/** `b<a` means that b names a as a previous event; events are given oldest first. */
function events(text: string): DagEvent[] {
  const made = new Map<string, DagEvent>();
  for (const word of text.split(' ')) {
    const [id = '', before = ''] = word.split('<');
    const prev = before === '' ? [] : before.split('+');
    const depth = prev.length === 0 ? 0 : 1 + Math.max(...prev.map((one) => made.get(one)?.depth ?? 0));
    made.set(id, { event_id: id, type: 'm.room.message', sender: '@a:a', prev_events: prev, depth });
  }
  return [...made.values()];
}

function drawing(text: string): string {
  return drawDag(events(text), (event) => event.event_id).join('\n');
}

function lines(text: string): string {
  return text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.slice(6).trimEnd())
    .join('\n');
}

describe('drawDag', () => {
  it('draws a chain as one lane, newest first', () => {
    expect(drawing('a b<a c<b')).to.equal(
      lines(`
      ●  c
      ●  b
      ●  a
      `),
    );
  });

  it('draws a fork and its merge', () => {
    expect(drawing('a b<a c<a m<b+c')).to.equal(
      lines(`
      ●    m
      ├─╮
      │ ●  c
      ● │  b
      ├─╯
      ●    a
      `),
    );
  });

  it('draws several heads', () => {
    expect(drawing('a b<a c<a')).to.equal(
      lines(`
      ●    c
      │ ●  b
      ├─╯
      ●    a
      `),
    );
  });

  it('crosses a lane that passes between two that join', () => {
    expect(drawing('a b<a c1<b c2<c1 d1<b m<c2+d1 z<a q<d1 n<m+z+q o<m')).to.equal(
      lines(`
      ●        o
      │ ●      n
      │ ├─┬─╮
      ├─╯ │ │
      ●   │ │  m
      ├─╮ │ │
      │ │ │ ●  q
      ● │ │ │  c2
      │ ├─┼─╯
      │ ● │    d1
      ● │ │    c1
      │ │ ●    z
      ├─╯ │
      ●   │    b
      ├───╯
      ●        a
      `),
    );
  });

  it('leaves out links to events that are not drawn, and draws nothing of nothing', () => {
    expect(drawDag(events('a b<a c<b').slice(1), (event) => event.event_id).join('\n')).to.equal('●  c\n●  b');
    expect(drawDag([], () => '')).to.deep.equal([]);
  });
});
