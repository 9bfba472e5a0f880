import { expect } from 'chai';
import { utf8Encode } from '../../src/json/utf8.ts';
import { LineSplitter } from '../../src/verify/split-lines.ts';

/** The lines of a text that comes in chunks of `size` bytes, the memory of which is used again. */
function lines(text: string, size: number, maxBytes = 100): string[] {
  const splitter = new LineSplitter(maxBytes);
  const bytes = utf8Encode(text);
  const out: string[] = [];
  const chunk = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    chunk.set(part);
    for (const line of splitter.push(chunk.subarray(0, part.length))) out.push(new TextDecoder().decode(line));
    chunk.fill(33);
  }
  for (const line of splitter.end()) out.push(new TextDecoder().decode(line));
  return out;
}

describe('lines of a stream', () => {
  it('are the same however it is cut', () => {
    const text = '{"a":1}\n\nünï\n{"b":2}\nlast';
    for (let size = 1; size < 40; size++)
      expect(lines(text, size), `chunks of ${size}`).to.deep.equal(['{"a":1}', '', 'ünï', '{"b":2}', 'last']);
    expect(lines('a\n', 1)).to.deep.equal(['a']);
    expect(lines('', 1)).to.deep.equal([]);
  });

  it('that are too long are cut one byte after the limit, and do not touch the next', () => {
    for (const size of [1, 7, 1_000]) {
      const found = lines(`${'x'.repeat(500)}\nshort\n${'y'.repeat(100)}\n`, size);
      expect(found).to.deep.equal(['x'.repeat(101), 'short', 'y'.repeat(100)]);
    }
  });
});
