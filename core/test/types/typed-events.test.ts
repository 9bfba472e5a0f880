import { readFileSync } from 'node:fs';
import type {
  DraftOf,
  EventDraft,
  EventOf,
  JsonObject,
  MatrixContents,
  MatrixEventOf,
  NativeContents,
  NativeEventType,
  RoomEvent,
} from '@openguild/core';
import { isEventOf } from '@openguild/core';
import { expect } from 'chai';

/** Compiles only if both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

// What is asserted here is asserted by the compiler: `npm run types` fails where one does not hold.
holds<Same<EventOf<'m.guild.channel'>['content'], { readonly kind: 'text' | 'voice'; readonly deleted?: boolean }>>();
holds<Same<EventOf<'m.room.message'>['state_key'], undefined>>();
holds<Same<EventOf<'m.room.member'>['state_key'], string>>();
holds<Same<MatrixEventOf<'m.room.member'>['content']['membership'], 'join' | 'invite' | 'leave' | 'ban' | 'knock'>>();
// Every content is JSON, so every draft and every event can be used where the untyped ones are asked for.
holds<NativeContents[NativeEventType] extends JsonObject ? true : false>();
holds<MatrixContents[keyof MatrixContents] extends JsonObject ? true : false>();
holds<DraftOf<NativeEventType> extends EventDraft ? true : false>();
holds<EventOf<NativeEventType> extends RoomEvent ? true : false>();

const draft: DraftOf<'m.room.join_rules'> = {
  type: 'm.room.join_rules',
  sender: '@a:a.example',
  state_key: '',
  content: { join_rule: 'public' },
};
// @ts-expect-error a rule that there is not
const wrongRule: DraftOf<'m.room.join_rules'> = { ...draft, content: { join_rule: 'knock' } };
// @ts-expect-error a state event without its state key
const noKey: DraftOf<'m.room.join_rules'> = { type: 'm.room.join_rules', sender: '@a:a.example', content: { join_rule: 'public' } };
// @ts-expect-error a message that would be state
const asState: DraftOf<'m.room.message'> = { type: 'm.room.message', sender: '@a:a.example', content: {}, state_key: '' };
// @ts-expect-error a mask is a text, since it does not fit a number
const number: DraftOf<'m.guild.authority'>['content'] = { roles: { low: { rank: 1, allow: 3 } } };
// @ts-expect-error a type that there is not
type Unknown = EventOf<'m.room.mesage'>;

/** All of them, by the compiler's word. */
const TYPES: Readonly<Record<NativeEventType, true>> = {
  'm.guild.create': true,
  'm.room.create': true,
  'm.channel.create': true,
  'm.room.member': true,
  'm.room.join_rules': true,
  'm.room.power_levels': true,
  'm.server.admission': true,
  'm.server.keys': true,
  'm.guild.authority': true,
  'm.guild.member_roles': true,
  'm.guild.channel': true,
  'm.channel.overwrites': true,
  'm.room.merge': true,
  'm.guild.meta': true,
  'm.guild.role': true,
  'm.guild.successor': true,
  'm.room.message': true,
  'm.reaction': true,
  'm.room.redaction': true,
  'm.channel.pins': true,
  'm.channel.name': true,
  'm.channel.topic': true,
};

describe('typed events', () => {
  it('are there for every type that PROTOCOL.md names', () => {
    const protocol = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
    const native = protocol.slice(protocol.indexOf('# Bytes'), protocol.indexOf('# Client API'));
    const named = new Set([...native.matchAll(/`(m\.[a-z_.]*[a-z_])`/g)].map(([, type]) => type as string));
    expect([...named].filter((type) => !(type in TYPES))).to.deep.equal([]);
    expect(Object.keys(TYPES).filter((type) => !named.has(type))).to.deep.equal([]);
  });

  it('narrow an event by its type', () => {
    const event = { type: 'm.room.join_rules', content: { join_rule: 'public' } } as unknown as RoomEvent;
    if (!isEventOf(event, 'm.room.join_rules')) throw new Error('not narrowed');
    holds<Same<typeof event.content.join_rule, 'public' | 'invite'>>();
    expect(event.content.join_rule).to.equal('public');
    expect(isEventOf(event, 'm.room.member')).to.equal(false);
    expect([wrongRule, noKey, asState, number].length).to.equal(4);
  });
});

export type { Unknown };
