import { expect } from 'chai';
import { UnknownEventError } from '../errors.ts';
import type { ContractContext } from './contract-suite.ts';
import { expectFailure } from './expect-failure.ts';
import { SampleRoom } from './sample-events.ts';

const [B, C] = ['b.example', 'c.example'] as const;

export function outgoingContract({ store }: ContractContext): void {
  const waiting = async (destination: string): Promise<string[]> =>
    (await store().outgoing.peek(destination, 1_000)).map((item) => item.event_id);

  it('queues committed events for each destination in order, as they are sent', async () => {
    const room = new SampleRoom('guild');
    const commits = Array.from({ length: 6 }, (_, i) => room.next({}, { destinations: i % 2 === 0 ? [B, C] : [B] }));
    for (const commit of commits) await store().rooms.commit(commit);
    const ids = commits.map((commit) => commit.effects.stored.event.event_id);
    expect(await waiting(B)).to.deep.equal(ids);
    expect(await waiting(C)).to.deep.equal(ids.filter((_, i) => i % 2 === 0));
    expect([...(await store().outgoing.destinations())]).to.have.members([B, C]);
    const items = await store().outgoing.peek(B, 3);
    expect(items).to.have.length(3);
    expect(items.map((item) => [item.room_id, item.pdu])).to.deep.equal(
      commits.slice(0, 3).map(({ room: { room_id }, effects }) => [room_id, effects.stored.event.pdu]),
    );
    const sequences = (await store().outgoing.peek(B, 100)).map((item) => item.sequence);
    expect(sequences.every((sequence, i) => i === 0 || sequence > (sequences[i - 1] as number))).to.equal(true);
  });

  it('removes what was delivered, of one destination, and forgets its failures', async () => {
    const room = new SampleRoom('guild');
    for (let i = 0; i < 4; i++) await store().rooms.commit(room.next({}, { destinations: [B, C] }));
    const { outgoing } = store();
    await outgoing.setState(B, { failures: 3, retry_at: 9_000 });
    await outgoing.setState(C, { failures: 1, retry_at: 7_000 });
    const [, second] = await outgoing.peek(B, 2);
    await outgoing.delivered(B, second?.sequence ?? 0);
    expect(await waiting(B)).to.have.length(2);
    expect(await waiting(C)).to.have.length(4);
    expect(await outgoing.state(B)).to.deep.equal({ failures: 0, retry_at: 0 });
    expect(await outgoing.state(C)).to.deep.equal({ failures: 1, retry_at: 7_000 });
    const last = (await outgoing.peek(B, 100)).at(-1);
    await outgoing.delivered(B, last?.sequence ?? 0);
    expect(await outgoing.destinations()).to.deep.equal([C]);
    expect(await outgoing.state('unknown.example')).to.deep.equal({ failures: 0, retry_at: 0 });
  });

  it('queues stored events again, each once at a time, with later sequences', async () => {
    const room = new SampleRoom('guild');
    const commits = Array.from({ length: 3 }, () => room.next({}, { destinations: [B] }));
    for (const commit of commits) await store().rooms.commit(commit);
    const [first, second] = commits.map((commit) => commit.effects.stored.event.event_id) as [string, string];
    const { outgoing } = store();
    await outgoing.enqueue(B, room.room_id, [second]);
    expect(await waiting(B)).to.have.length(3);
    const before = (await outgoing.peek(B, 100)).at(-1)?.sequence ?? 0;
    await outgoing.delivered(B, before);
    await outgoing.enqueue(B, room.room_id, [second, first]);
    expect(await waiting(B)).to.deep.equal([second, first]);
    expect((await outgoing.peek(B, 1))[0]?.sequence).to.be.greaterThan(before);
    await expectFailure(outgoing.enqueue(C, room.room_id, [first, '$unknown']), UnknownEventError);
    expect(await waiting(C)).to.deep.equal([]);
  });

  it('sends an event as it is stored when it is sent', async () => {
    const room = new SampleRoom('guild');
    const stored = room.event({ redacted: true });
    await store().rooms.commit(room.commit(stored, { destinations: [B] }));
    const pdu = { ...stored.event.pdu, content: { body: 'whole' } };
    await store().rooms.commit(room.commit({ ...stored, event: { ...stored.event, redacted: false, pdu } }, { enters: [] }));
    expect((await store().outgoing.peek(B, 1))[0]?.pdu).to.deep.equal(pdu);
  });
}
