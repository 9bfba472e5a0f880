import { expect } from 'chai';
import { admission, B, baseGuild, BOB, CAROL, message, OLGA, root } from './base-guild.ts';
import { signer } from './memory-host.ts';

describe('how much of an event a server may have (FED-51)', () => {
  const C = 'c.example';
  const EVE = `@eve:${C}`;

  it('a channel event is whole for servers with a viewer now, or at the event, and redacted for other admitted ones', () => {
    const { a, guild, channel } = baseGuild();
    const serves = (id: string, server: string): string => a.serve(a.room(channel), () => a.room(channel).mayServe(id, server));
    const before = message(a, channel, CAROL, 'before').event_id;
    expect([serves(before, B), serves(before, C)]).to.deep.equal(['whole', 'no']);
    a.add(guild, OLGA, 'm.server.admission', admission(guild, C, 0), C);
    expect(serves(before, C)).to.equal('redacted');
    a.add(guild, OLGA, 'm.channel.overwrites', { overwrites: [{ kind: 'role', id: 'everyone', allow: '0', deny: '1024' }] }, channel);
    const hidden = message(a, channel, OLGA, 'hidden').event_id;
    expect([serves(before, B), serves(hidden, B)]).to.deep.equal(['whole', 'redacted']);
  });

  it('also for a member whose join is void by now', () => {
    const { a, b, guild, channel, events } = baseGuild();
    for (const event of events.filter((one) => one.room_id === channel)) b.receiveEvent(event);
    const admitted = a.add(guild, OLGA, 'm.server.admission', admission(guild, C, 0), C);
    b.receiveEvent(admitted);
    // Meanwhile the guild is closed, which voids a join that does not know it.
    const closed = a.add(guild, OLGA, 'm.room.join_rules', { join_rule: 'invite' }, '');
    b.add(guild, EVE, 'm.room.member', { membership: 'join', root: root(C) }, EVE, { sign: signer(`${C}/k1`) });
    const said = message(b, channel, BOB, 'hello eve');
    expect(b.receiveEvent(closed).outcome.kind).to.equal('accepted');
    const now = b.serve(b.room(guild), () => b.room(guild).currentState());
    expect(now.get('m.room.member', EVE)).to.equal(undefined);
    const serves = (id: string): string => b.serve(b.room(channel), () => b.room(channel).mayServe(id, C));
    expect(serves(said.event_id)).to.equal('whole');
    expect(serves(message(b, channel, BOB, 'without eve').event_id)).to.equal('redacted');
  });
});
