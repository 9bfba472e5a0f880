import { type EventDraft, type JsonObject, type Room, type Signer, signerFromSeed } from '@openguild/core';
import { MemoryStore, RoomRunner, verifyWithNode } from '@openguild/storage';
import { expect } from 'chai';

const [ANNA, BERT, CARA] = ['@anna:a.example', '@bert:b.example', '@cara:c.example'];
const key = signerFromSeed(new Uint8Array(32).fill(1));
const signers: readonly Signer[] = [{ key_id: 'ed25519:1', sign: (message) => key.sign(message) }];

describe('a room of a Matrix version in a runner', () => {
  it('sends its events to the servers of joined and invited members, and serves them to those of joined ones', async () => {
    const store = new MemoryStore();
    let clock = 1_700_000_000_000;
    const runner = new RoomRunner({
      store,
      verify: verifyWithNode,
      verifyServers: async (checks) => checks.map(() => true),
      fetchMissing: async () => [],
      now: () => clock++,
      ownServer: 'a.example',
    });
    const make = async (room: string | null, draft: EventDraft): Promise<{ id: string; room: string; to: readonly string[] }> => {
      const made = await runner.create(room, draft, signers);
      return { id: made.event.event_id, room: made.event.room_id, to: made.destinations };
    };
    const state = (sender: string, type: string, content: JsonObject, state_key: string): EventDraft => ({
      type,
      sender,
      content,
      state_key,
    });
    const { room } = await make(null, state(ANNA, 'm.room.create', { room_version: '12' }, ''));
    const member = (sender: string, membership: string, user = sender): ReturnType<typeof make> =>
      make(room, state(sender, 'm.room.member', { membership }, user));
    await member(ANNA, 'join');
    expect((await member(ANNA, 'invite', BERT)).to).to.deep.equal(['b.example']);
    const serves = (id: string, server: string): Promise<string> => runner.ask(room, (one: Room) => one.mayServe(id, server));
    const said = await make(room, { type: 'm.room.message', sender: ANNA, content: { body: 'hello' } });
    expect(said.to).to.deep.equal(['b.example']);
    expect([await serves(said.id, 'a.example'), await serves(said.id, 'b.example')]).to.deep.equal(['whole', 'no']);
    await member(BERT, 'join');
    await make(room, state(ANNA, 'm.room.join_rules', { join_rule: 'knock' }, ''));
    await member(CARA, 'knock');
    expect((await make(room, { type: 'm.room.message', sender: ANNA, content: {} })).to).to.deep.equal(['b.example']);
    expect([await serves(said.id, 'b.example'), await serves(said.id, 'c.example')]).to.deep.equal(['whole', 'no']);
  });
});
