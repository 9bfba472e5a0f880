import type { JsonObject, JsonValue } from '../json/value.ts';
import type { EventDraft, RoomEvent } from './types.ts';

/** `ed25519:` and the base58 of a public key (ID-7). */
export type KeyId = string;
/** A user ID, room ID or event ID (ID-3, ID-5, ID-6). */
export type UserId = string;
export type RoomId = string;
export type EventId = string;
/** A canonical decimal below 2^64 (AUTH-4.15). `parseMask` reads it, `String(bits)` writes it. */
export type Mask = string;

/** AUTH-3.2. `root` and `keys` are of the creator's server, most trusted first; `room_version` is put in by `createEvent`. */
export type CreateContent = {
  readonly room_version?: string;
  readonly root: KeyId;
  readonly keys: readonly KeyId[];
  readonly owner_key?: KeyId;
  readonly predecessor?: RoomId;
};

/** AUTH-3.9. One entry of a channel's overwrites; `stay` only of members. */
export type OverwriteEntry =
  | { readonly kind: 'role'; readonly id: string; readonly allow: Mask; readonly deny: Mask }
  | { readonly kind: 'member'; readonly id: UserId; readonly allow: Mask; readonly deny: Mask; readonly stay?: EventId };

/** AUTH-3.11. Levels are -65,535 to 65,535; who is not listed has `users_default`. */
export type PowerLevelsContent = {
  readonly users?: Readonly<Record<UserId, number>>;
  readonly events?: Readonly<Record<string, number>>;
  readonly users_default?: number;
  readonly events_default?: number;
  readonly state_default?: number;
  readonly admit?: number;
  readonly ban?: number;
  readonly kick?: number;
  readonly invite?: number;
  readonly redact?: number;
};

/** Content of the native state events that auth rules read. Of an accepted event it is as declared: AUTH-3 refuses everything else. */
export type CheckedContents = {
  'm.guild.create': CreateContent;
  'm.room.create': CreateContent;
  'm.channel.create': { readonly room_version?: string; readonly guild: RoomId; readonly kind: 'text' | 'voice' };
  /** AUTH-3.3 */
  'm.room.member':
    | { readonly membership: 'join'; readonly root: KeyId; readonly stay?: EventId; readonly join_authorised_via?: UserId }
    | { readonly membership: 'leave'; readonly ban?: EventId }
    | { readonly membership: 'invite' | 'ban' };
  'm.room.join_rules': { readonly join_rule: 'public' | 'invite' };
  'm.room.power_levels': PowerLevelsContent;
  /** AUTH-3.5. `rank` is the ceiling of the server's users; `proof` the root's signature over `admissionMessage`. */
  'm.server.admission': { readonly root: KeyId; readonly keys: readonly KeyId[]; readonly rank: number; readonly proof: string };
  'm.server.keys': { readonly keys: readonly KeyId[] };
  /** AUTH-3.7. Role ID to rank (0 to 65,535) and permissions. */
  'm.guild.authority': { readonly roles: Readonly<Record<string, { readonly rank: number; readonly allow: Mask }>> };
  /** AUTH-3.8. `stay`: the first join event of the member's present stay. */
  'm.guild.member_roles': { readonly stay: EventId; readonly roles: readonly string[]; readonly key?: KeyId };
  'm.guild.channel': { readonly kind: 'text' | 'voice'; readonly deleted?: boolean };
  'm.channel.overwrites': { readonly overwrites: readonly OverwriteEntry[] };
};

/**
 * Content that no rule reads: whatever its author put there. What is named here is what programs agree on; all of it may be absent or of
 * another type, so it is to be looked at before use.
 */
export type FreeContents = {
  'm.room.merge': JsonObject;
  'm.guild.meta': { readonly name?: JsonValue };
  'm.guild.role': { readonly name?: JsonValue; readonly color?: JsonValue; readonly icon?: JsonValue };
  'm.guild.successor': { readonly guild?: JsonValue };
  'm.room.message': { readonly body?: JsonValue };
  'm.reaction': { readonly relates_to?: JsonValue; readonly key?: JsonValue };
  'm.room.redaction': { readonly redacts?: JsonValue; readonly reason?: JsonValue };
  'm.channel.pins': { readonly pins?: JsonValue };
  'm.channel.name': { readonly name?: JsonValue };
  'm.channel.topic': { readonly topic?: JsonValue };
};

/** Content by type, of every native type. */
export type NativeContents = CheckedContents & FreeContents;
/** The types that native rooms have. A plain room takes others as well (AUTH-1.6). */
export type NativeEventType = keyof NativeContents;

/** The types that are never state; the others always are. */
export type MessageType = 'm.room.merge' | 'm.room.message' | 'm.reaction' | 'm.room.redaction';

/** A native event of one type: `EventOf<'m.guild.authority'>`. */
export type EventOf<T extends NativeEventType> = Omit<RoomEvent, 'type' | 'content' | 'state_key'> & {
  readonly type: T;
  readonly content: NativeContents[T];
  readonly state_key: T extends MessageType ? undefined : string;
};

/** What the author of a native event chooses, with the content that its type asks for. Pass it where an `EventDraft` is asked for. */
export type DraftOf<T extends NativeEventType> = Omit<EventDraft, 'type' | 'content' | 'state_key'> & {
  readonly type: T;
  readonly content: NativeContents[T];
} & (T extends MessageType ? { readonly state_key?: never } : { readonly state_key: string });

/**
 * Whether an event is of this type; its content then has its type's type. True to what is in it only of events that a native room accepted:
 * before that nothing has looked at the content.
 */
export function isEventOf<T extends NativeEventType>(event: RoomEvent, type: T): event is RoomEvent & EventOf<T> {
  return event.type === type;
}

/** Memberships of Matrix room versions. */
export type MatrixMembership = 'join' | 'invite' | 'leave' | 'ban' | 'knock';

/**
 * Content of the Matrix state events that the rules of Matrix room versions read, as far as they read it. Not checked by a type:
 * versions differ in what they demand (until 9 a level may be a string), and other members are allowed.
 */
export type MatrixContents = {
  'm.room.create': {
    readonly room_version?: string;
    /** Until version 10. */
    readonly creator?: UserId;
    /** From version 12. */
    readonly additional_creators?: readonly UserId[];
    readonly 'm.federate'?: boolean;
  };
  'm.room.member': {
    readonly membership: MatrixMembership;
    /** From version 8. */
    readonly join_authorised_via_users_server?: UserId;
    readonly third_party_invite?: {
      readonly signed?: {
        readonly mxid: UserId;
        readonly token: string;
        readonly signatures: Readonly<Record<string, Readonly<Record<string, string>>>>;
      };
    };
  };
  'm.room.join_rules': { readonly join_rule?: 'public' | 'invite' | 'knock' | 'restricted' | 'knock_restricted' | 'private' };
  'm.room.power_levels': {
    readonly users?: Readonly<Record<UserId, number | string>>;
    readonly events?: Readonly<Record<string, number | string>>;
    /** From version 6. */
    readonly notifications?: Readonly<Record<string, number | string>>;
    readonly users_default?: number | string;
    readonly events_default?: number | string;
    readonly state_default?: number | string;
    readonly ban?: number | string;
    readonly kick?: number | string;
    readonly invite?: number | string;
    readonly redact?: number | string;
  };
  'm.room.third_party_invite': {
    readonly public_key?: string;
    readonly public_keys?: readonly { readonly public_key: string }[];
  };
};

/** An event of a Matrix room version, of one of the types that its rules read. */
export type MatrixEventOf<T extends keyof MatrixContents> = Omit<RoomEvent, 'type' | 'content'> & {
  readonly type: T;
  readonly content: MatrixContents[T];
};
