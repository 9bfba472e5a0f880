import { BITS, type EventDraft, type JsonObject, serverOf, type Signer } from '@openguild/core';
import type { Keyring } from '../sim/environment/keyring.ts';
import { type Act, type Deed, PEOPLE } from './base-guild.ts';

type Person = keyof typeof PEOPLE;

/** What somebody does in a channel; it depends on nothing but who he is. */
export interface ChannelAct {
  readonly name: string;
  readonly draft: EventDraft;
  readonly signers: readonly Signer[];
}

function signersOf(keyring: Keyring, who: Person): Signer[] {
  return [keyring.signer(`${serverOf(PEOPLE[who])}/k1`)];
}

/** Acts that set the same entries of a channel, or say something in it. */
export function channelActs(keyring: Keyring): readonly ChannelAct[] {
  const acts: readonly (readonly [who: Person, what: string, type: string, content: JsonObject])[] = [
    ...(['olga', 'adam', 'moss', 'max'] as const).map((who) => [who, 'pins', 'm.channel.pins', { pinned: [who] }] as const),
    ...(['adam', 'moss'] as const).map((who) => [who, 'sets the topic', 'm.channel.topic', { topic: who }] as const),
  ];
  return [
    ...acts.map(([who, what, type, content]) => ({
      name: `${who} ${what}`,
      draft: { type, sender: PEOPLE[who], state_key: '', content },
      signers: signersOf(keyring, who),
    })),
    {
      name: 'max speaks',
      draft: { type: 'm.room.message', sender: PEOPLE.max, content: { body: 'max' } },
      signers: signersOf(keyring, 'max'),
    },
  ];
}

/** How a guild lists a channel, and acts that change who may do what in it. */
export function overwriteActs(keyring: Keyring, channel: string): { readonly lists: Act; readonly acts: readonly Act[] } {
  const act = (who: Person, what: string, type: string, content: JsonObject): Act => {
    const deed: Deed = { sender: PEOPLE[who], type, stateKey: channel, content, signers: signersOf(keyring, who) };
    return { name: `${who} ${what}`, deed: () => deed };
  };
  const overwrites = (who: Person, what: string, id: string, allow: bigint, deny: bigint): Act =>
    act(who, what, 'm.channel.overwrites', { overwrites: [{ kind: 'role', id, allow: allow.toString(), deny: deny.toString() }] });
  const { MANAGE_MESSAGES, MANAGE_CHANNELS, VIEW_CHANNEL, SEND_MESSAGES } = BITS;
  return {
    lists: act('olga', 'lists the channel', 'm.guild.channel', { kind: 'text' }),
    acts: [
      overwrites('olga', 'lets all pin', 'everyone', MANAGE_MESSAGES, 0n),
      overwrites('olga', 'lets mod set topics', 'mod', MANAGE_CHANNELS, 0n),
      overwrites('adam', 'keeps mod from pinning', 'mod', 0n, MANAGE_MESSAGES),
      overwrites('adam', 'silences all', 'everyone', 0n, SEND_MESSAGES),
      overwrites('moss', 'hides it', 'everyone', 0n, VIEW_CHANNEL),
      act('olga', 'deletes the channel', 'm.guild.channel', { kind: 'text', deleted: true }),
    ],
  };
}
