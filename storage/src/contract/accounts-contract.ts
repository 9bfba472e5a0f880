import { expect } from 'chai';
import { UnknownAccountError } from '../errors.ts';
import type { AccessToken, Account } from '../ports.ts';
import type { ContractContext } from './contract-suite.ts';
import { expectFailure } from './expect-failure.ts';

const ALICE: Account = { user_id: '@alice:a.example', password_hash: '$argon2id$x', created_ts: 1, deactivated: false };
const token = (token_hash: string, user_id: string): AccessToken => ({
  token_hash,
  user_id,
  device_id: `d-${token_hash}`,
  created_ts: 2,
  expires_ts: null,
});

export function accountsContract({ store }: ContractContext): void {
  it('takes a user ID once, also in a race', async () => {
    const { accounts } = store();
    const others = Array.from({ length: 4 }, (_, i) => accounts.create({ ...ALICE, password_hash: `h${i}` }));
    expect(await Promise.all(others)).to.deep.equal([true, false, false, false]);
    expect(await accounts.find(ALICE.user_id)).to.deep.equal({ ...ALICE, password_hash: 'h0' });
    expect(await accounts.find('@Alice:a.example')).to.equal(undefined);
  });

  it('deactivates and activates', async () => {
    const { accounts } = store();
    await accounts.create(ALICE);
    await accounts.setDeactivated(ALICE.user_id, true);
    expect((await accounts.find(ALICE.user_id))?.deactivated).to.equal(true);
    await accounts.setDeactivated(ALICE.user_id, false);
    expect(await accounts.find(ALICE.user_id)).to.deep.equal(ALICE);
    await expectFailure(accounts.setDeactivated('@nobody:a.example', true), UnknownAccountError);
  });

  it('keeps tokens of accounts, and removes one or all of a user', async () => {
    const { accounts } = store();
    const bob = { ...ALICE, user_id: '@bob:a.example' };
    await accounts.create(ALICE);
    await accounts.create(bob);
    const all = [token('a1', ALICE.user_id), { ...token('a2', ALICE.user_id), expires_ts: 99 }, token('b1', bob.user_id)];
    for (const one of all) await accounts.addToken(one);
    for (const one of all) expect(await accounts.findToken(one.token_hash)).to.deep.equal(one);
    expect(await accounts.removeToken('a1')).to.equal(true);
    expect(await accounts.removeToken('a1')).to.equal(false);
    expect(await accounts.findToken('a1')).to.equal(undefined);
    await accounts.removeTokensOf(ALICE.user_id);
    expect(await accounts.findToken('a2')).to.equal(undefined);
    expect(await accounts.findToken('b1')).to.deep.equal(all[2]);
    await expectFailure(accounts.addToken(token('x', '@nobody:a.example')), UnknownAccountError);
  });
}
