import { expect } from 'chai';
import { Acknowledged, CrashFinding } from './acknowledged.ts';

describe('what crash runs compare by', () => {
  const told = (...lines: string[]): Acknowledged => {
    const all = new Acknowledged();
    all.take(lines, 'r0');
    return all;
  };
  const lines = ['has token a', 'has token b', 'leaving token b', 'has token c', 'leaving token c', 'gone token c', 'has device a', 'end'];

  it('wants what was acknowledged, and nothing that was removed; what was about to be removed may be there or not', () => {
    told(...lines).compare('token', new Set(['a']));
    told(...lines).compare('token', new Set(['a', 'b', 'unknown']));
    expect(() => told(...lines).compare('token', new Set(['b']))).to.throw(CrashFinding, 'token a was acknowledged, and is lost');
    expect(() => told(...lines).compare('token', new Set(['a', 'c']))).to.throw(CrashFinding, 'token c was removed, and is there again');
    expect(told(...lines).ids('token')).to.deep.equal(['a']);
  });

  it('lets each one-time key be handed out once', () => {
    expect(() => told('claimed @a k1', 'claimed @b k1', 'claimed @a k2')).not.to.throw();
    expect(() => told('claimed @a k1', 'end', 'claimed @a k1')).to.throw(CrashFinding, 'k1 of @a is handed out twice');
    expect(() => told('claimed @a k1').claim('@a', 'k1')).to.throw(CrashFinding);
  });

  it('takes a failure of the writer for one', () => {
    expect(() => told('failed StorageError')).to.throw(CrashFinding);
  });
});
