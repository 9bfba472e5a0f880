import { expect } from 'chai';
import type { InviteCode, PendingInvite } from '../ports.ts';
import type { ContractContext } from './contract-suite.ts';

const GUILD = '!guild:a.example';
const code = (name: string, more: Partial<InviteCode> = {}): InviteCode => ({
  code: name,
  guild_id: GUILD,
  creator: '@alice:a.example',
  created_ts: 1,
  expires_ts: null,
  max_uses: null,
  uses: 0,
  revoked: false,
  ...more,
});
const pending = (room_id: string, more: Partial<PendingInvite> = {}): PendingInvite => ({
  user_id: '@bob:b.example',
  room_id,
  inviter: '@alice:a.example',
  via: ['a.example', 'c.example'],
  event: { type: 'm.room.member', content: { membership: 'invite' } },
  preview: { name: 'Guild' },
  received_ts: 1,
  ...more,
});

export function invitesContract({ store }: ContractContext): void {
  it('keeps codes, each name once', async () => {
    const { invites } = store();
    const full = code('full', { expires_ts: 50, max_uses: 2 });
    expect(await invites.addCode(full)).to.equal(true);
    expect(await invites.addCode(code('full', { guild_id: '!other:a.example' }))).to.equal(false);
    await invites.addCode(code('open'));
    await invites.addCode(code('elsewhere', { guild_id: '!other:a.example' }));
    expect(await invites.findCode('full')).to.deep.equal(full);
    expect(await invites.findCode('FULL')).to.equal(undefined);
    expect(await invites.codesOf(GUILD)).to.have.deep.members([full, code('open')]);
  });

  it('redeems until a code is used up, expired or revoked', async () => {
    const { invites } = store();
    await invites.addCode(code('twice', { max_uses: 2 }));
    await invites.addCode(code('until', { expires_ts: 100 }));
    await invites.addCode(code('gone'));
    const twice = [await invites.redeemCode('twice', 5), await invites.redeemCode('twice', 5), await invites.redeemCode('twice', 5)];
    expect(twice).to.deep.equal([true, true, false]);
    expect((await invites.findCode('twice'))?.uses).to.equal(2);
    expect(await invites.redeemCode('until', 99)).to.equal(true);
    expect(await invites.redeemCode('until', 100)).to.equal(false);
    expect(await invites.revokeCode('gone')).to.equal(true);
    expect(await invites.revokeCode('gone')).to.equal(false);
    expect(await invites.redeemCode('gone', 5)).to.equal(false);
    expect((await invites.findCode('gone'))?.revoked).to.equal(true);
    expect(await invites.redeemCode('unknown', 5)).to.equal(false);
    expect(await invites.revokeCode('unknown')).to.equal(false);
  });

  it('keeps one pending invitation for each user and room, oldest first', async () => {
    const { invites } = store();
    const other = pending('!1:a.example', { user_id: '@carol:b.example' });
    for (const one of [pending('!1:a.example'), pending('!2:a.example'), other]) await invites.addPending(one);
    const again = pending('!1:a.example', { inviter: '@dave:a.example', received_ts: 2 });
    await invites.addPending(again);
    expect(await invites.pendingOf('@bob:b.example')).to.deep.equal([pending('!2:a.example'), again]);
    expect(await invites.removePending('@bob:b.example', '!2:a.example')).to.equal(true);
    expect(await invites.removePending('@bob:b.example', '!2:a.example')).to.equal(false);
    expect(await invites.pendingOf('@bob:b.example')).to.deep.equal([again]);
    expect(await invites.pendingOf('@carol:b.example')).to.deep.equal([other]);
    expect(await invites.pendingOf('@nobody:b.example')).to.deep.equal([]);
  });
}
