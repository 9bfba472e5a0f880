import { expect } from 'chai';
import type { StoredEvent } from '@openguild/core';
import { InconsistentCommitError, InviteUnusableError, RoomMovedError, TransactionUsedError } from '../errors.ts';
import type { ContractContext } from './contract-suite.ts';
import { expectFailure } from './expect-failure.ts';
import { SampleRoom } from './sample-events.ts';

const AHEAD = { rule: 'AUTH-2.7', detail: 'ahead' };
const TXN = { user_id: '@alice:a.example', device_id: 'd', txn_id: 't1' };

export function commitContract({ store }: ContractContext): void {
  const read = async (room: SampleRoom, stored: StoredEvent): Promise<StoredEvent | undefined> =>
    (await store().rooms.events(room.room_id, [stored.event.event_id]))[0];

  it('stores the room with its first event', async () => {
    const room = new SampleRoom('guild');
    expect(await store().rooms.open(room.room_id)).to.equal(undefined);
    const commit = room.next({ stateKey: '' });
    expect(await store().rooms.commit(commit)).to.deep.equal({ positions: [1] });
    const extremities = [commit.effects.stored.event.event_id];
    expect(await store().rooms.open(room.room_id)).to.deep.equal({ ...room.snapshot, extremities });
  });

  it('gives back an event exactly as it was committed', async () => {
    const room = new SampleRoom('guild');
    const create = room.next({ stateKey: '', rank: 2 ** 40, voids: { base: null, added: ['$x', '$y'], removed: [] } });
    const base = create.effects.stored.event.event_id;
    const member = room.next({ stateKey: '@bob:b.example', redacted: true, voids: { base, added: [], removed: ['$y'] } });
    const merge = room.next({
      delta: [
        ['m.a', '', null],
        ['m.b', 'k', '$z'],
      ],
    });
    const rejected = room.next({ stateKey: 'x', rejected: { rule: 'AUTH-5.2', detail: 'no "rank"' } });
    const soft = room.next({ stateKey: 'y', softFailed: AHEAD });
    for (const commit of [create, member, merge, rejected, soft]) {
      await store().rooms.commit(commit);
      const { stored } = commit.effects;
      const found = await read(room, stored);
      expect(found).to.deep.equal(stored);
      expect(JSON.stringify(found?.event.pdu)).to.equal(JSON.stringify(stored.event.pdu));
    }
  });

  it('keeps rejected and soft-failed events out of the stream and leaves the extremities', async () => {
    const room = new SampleRoom('guild');
    const create = room.next({ stateKey: '' });
    await store().rooms.commit(create);
    expect(await store().rooms.commit(room.next({ rejected: { rule: 'AUTH-1.1', detail: '' } }))).to.deep.equal({ positions: [] });
    expect(await store().rooms.commit(room.next({ softFailed: AHEAD }))).to.deep.equal({ positions: [] });
    expect(await store().rooms.position()).to.equal(1);
    expect((await store().rooms.open(room.room_id))?.extremities).to.deep.equal([create.effects.stored.event.event_id]);
  });

  it('lets covered soft-failed events into the history before the one that covers them', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    const soft = room.event({ softFailed: AHEAD });
    await store().rooms.commit(room.commit(soft));
    const cover = room.event({ prev: [soft] });
    const enters = [soft.event.event_id, cover.event.event_id];
    expect(await store().rooms.commit(room.commit(cover, { enters }))).to.deep.equal({ positions: [2, 3] });
    expect(await read(room, soft)).to.deep.equal({ ...soft, soft_failed: false });
    expect(await store().rooms.softFailed(room.room_id, AHEAD.rule, 10)).to.deep.equal([]);
    expect((await store().rooms.stream(1, 10)).map((row) => row.stored.event.event_id)).to.deep.equal(enters);
  });

  it('replaces an event that is judged again, or whose content came late', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    const soft = room.event({ softFailed: AHEAD });
    await store().rooms.commit(room.commit(soft));
    const other = { ...soft, fault: { rule: 'AUTH-8.2', detail: 'no' } };
    await store().rooms.commit(room.commit(other));
    expect(await read(room, soft)).to.deep.equal(other);
    const again = { ...soft, fault: null, soft_failed: false };
    expect(await store().rooms.commit(room.commit(again))).to.deep.equal({ positions: [2] });
    expect(await read(room, soft)).to.deep.equal(again);

    const redacted = room.event({ redacted: true });
    await store().rooms.commit(room.commit(redacted));
    const whole = {
      ...redacted,
      event: { ...redacted.event, redacted: false, content: { body: 'back' }, pdu: { ...redacted.event.pdu, content: { body: 'back' } } },
    };
    expect(await store().rooms.commit(room.commit(whole, { enters: [] }))).to.deep.equal({ positions: [] });
    expect(await read(room, whole)).to.deep.equal(whole);
  });

  it('writes nothing of a commit that fails at its last step', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    const before = await store().rooms.open(room.room_id);
    const stored = room.event({ stateKey: 'k' });
    const commit = { destinations: ['b.example'], client_txn: TXN, use_invite: 'unknown' };
    await expectFailure(store().rooms.commit(room.commit(stored, commit)), InviteUnusableError);
    expect(await read(room, stored)).to.equal(undefined);
    expect(await store().rooms.position()).to.equal(1);
    expect(await store().rooms.open(room.room_id)).to.deep.equal(before);
    expect(await store().rooms.clientTransaction(TXN)).to.equal(undefined);
    expect(await store().outgoing.destinations()).to.deep.equal([]);
    const retried = await store().rooms.commit(room.commit(stored, { ...commit, use_invite: undefined as never }));
    expect(retried.positions[0]).to.be.greaterThan(1);
  });

  it('uses an invite with the event, or neither', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    const code = {
      code: 'c',
      guild_id: room.room_id,
      creator: '@a:a.example',
      created_ts: 0,
      expires_ts: 6_000,
      max_uses: 1,
      uses: 0,
      revoked: false,
    };
    await store().invites.addCode(code);
    const join = room.event({ stateKey: 'k' });
    const used = expectFailure(
      store().rooms.commit(room.commit({ ...join, state_base: '$unknown' }, { use_invite: 'c' })),
      InconsistentCommitError,
    );
    await used;
    expect((await store().invites.findCode('c'))?.uses).to.equal(0);
    await store().rooms.commit(room.commit(join, { use_invite: 'c' }));
    expect((await store().invites.findCode('c'))?.uses).to.equal(1);
    await expectFailure(store().rooms.commit(room.next({ prev: [join] }, { use_invite: 'c' })), InviteUnusableError);
  });

  it('finds the event of a client transaction, and takes each once', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    const first = room.next({}, { client_txn: TXN });
    const { positions } = await store().rooms.commit(first);
    const { event_id } = first.effects.stored.event;
    expect(await store().rooms.clientTransaction(TXN)).to.deep.equal({ room_id: room.room_id, event_id, position: positions[0] });
    expect(await store().rooms.clientTransaction({ ...TXN, device_id: 'other' })).to.equal(undefined);
    const second = room.event();
    await expectFailure(store().rooms.commit(room.commit(second, { client_txn: TXN })), TransactionUsedError);
    expect(await read(room, second)).to.equal(undefined);
  });

  it('writes nothing if the room or its guild has moved on from where the step was taken', async () => {
    const { rooms } = store();
    const guild = new SampleRoom('guild');
    const channel = new SampleRoom('channel', guild);
    await rooms.commit(guild.next({ stateKey: '' }));
    await rooms.commit(channel.next({ stateKey: '' }));
    const endsOf = async (room: SampleRoom): Promise<readonly string[]> => (await rooms.open(room.room_id))?.extremities ?? [];
    const [oldGuild, oldChannel] = [await endsOf(guild), await endsOf(channel)];
    const good = { ...channel.next(), expects: { room: oldChannel, guild: oldGuild } };
    const stale = { ...channel.next(), expects: { room: oldChannel, guild: oldGuild } };
    // Both wait for the same transaction: the one that is refused leaves the other alone.
    const [one, two] = await Promise.allSettled([rooms.commit(good), rooms.commit(stale)]);
    expect(one.status).to.equal('fulfilled');
    expect(two.status === 'rejected' && two.reason).to.be.instanceOf(RoomMovedError);
    expect(await rooms.position()).to.equal(3);
    await rooms.commit({ ...guild.next(), expects: { room: oldGuild, guild: null } });
    const ends = await endsOf(channel);
    await expectFailure(rooms.commit({ ...stale, expects: { room: ends, guild: oldGuild } }), RoomMovedError);
    const soft = channel.commit(channel.event({ softFailed: { rule: 'AUTH-2.7', detail: '' }, prev: [good.effects.stored] }));
    await expectFailure(rooms.commit({ ...soft, expects: { room: oldChannel, guild: null } }), RoomMovedError);
    expect(await endsOf(channel)).to.deep.equal(ends);
    await rooms.commit({ ...stale, expects: { room: ends, guild: await endsOf(guild) } });
    expect(await rooms.position()).to.equal(5);
  });

  it('refuses commits that contradict what is stored', async () => {
    const room = new SampleRoom('guild');
    const create = room.next({ stateKey: '' });
    await store().rooms.commit(create);
    const { stored } = create.effects;
    const refuse = async (commit: Parameters<ReturnType<typeof store>['rooms']['commit']>[0]): Promise<void> => {
      await expectFailure(store().rooms.commit(commit), InconsistentCommitError);
    };
    const orphan = new SampleRoom('channel', new SampleRoom('nowhere'));
    await refuse(orphan.next({ stateKey: '' }));
    await refuse(room.commit(stored));
    await refuse(room.commit({ ...stored, rank: 1 }, { enters: [] }));
    await refuse(room.commit({ ...stored, state_delta: [] }, { enters: [] }));
    await refuse(room.commit({ ...stored, verdict: 'rejected' }, { enters: [] }));
    await refuse({ ...room.next(), room: { ...room.snapshot, kind: 'plain' } });
    await refuse({ ...room.next(), room: new SampleRoom('other').snapshot });
    await refuse(room.next({ prev: [stored] }, { enters: ['$unknown'] }));
    const rejected = room.event({ prev: [stored], rejected: { rule: 'AUTH-1.1', detail: '' } });
    await store().rooms.commit(room.commit(rejected));
    await refuse(room.next({ prev: [rejected] }));
    await refuse(room.commit(rejected, { client_txn: TXN }));
    expect(await store().rooms.position()).to.equal(1);
    expect(await store().rooms.open(orphan.room_id)).to.equal(undefined);
  });
}
