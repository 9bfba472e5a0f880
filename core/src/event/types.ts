import type { SignatureRule } from '../crypto/signature-rule.ts';
import type { Fault } from '../fault.ts';
import type { JsonObject } from '../json/value.ts';

/**
 * An event as the engine works with it: well-formed, its ID computed (never read from the wire).
 *
 * Field names are the native wire format's; the reader of each event format maps its own names to these.
 */
export interface RoomEvent {
  readonly event_id: string;
  /** The room; computed for create events, which carry none on the wire. */
  readonly room_id: string;
  readonly type: string;
  /** `@name:server`, or `@:server` for the bare server. */
  readonly sender: string;
  /** Milliseconds since 1970, as its author says. */
  readonly origin_ts: number;
  readonly content: JsonObject;
  /** Present exactly in state events. */
  readonly state_key: string | undefined;
  readonly prev_events: readonly string[];
  /** Empty in channel events. In Matrix versions as the event lists them, repetitions included: the auth rules judge the list. */
  readonly auth_events: readonly string[];
  /** The sender's complete guild frontier; empty but in channel events. */
  readonly guild_heads: readonly string[];
  /** Key IDs (`ed25519:<base58 public key>`) that sign this event, the origin server's first. Under the event hash. Empty in Matrix versions. */
  readonly signed_by: readonly string[];
  /** The wire form, as stored and sent: without `unsigned`; redacted if `redacted`. */
  readonly pdu: JsonObject;
  /** True if this copy's content hash did not match (so only what redaction keeps is here), or if it came redacted. */
  readonly redacted: boolean;
}

/** One signature that must be right for a copy to be whole. Pure data: anybody may check it, anywhere. */
export interface SignatureCheck {
  readonly key_id: string;
  /** 32 bytes. */
  readonly public_key: Uint8Array;
  readonly message: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** Which keys and signatures are valid; by default the native rule. */
  readonly rule?: SignatureRule;
}

/**
 * A signature that a server must have made, where its keys are published rather than in the room (MXB-17). Right if one of the options is right
 * under a key that the server published under that key ID, and that serves events of that time. No options: it lacks the signature.
 *
 * Pure data: `serverSignatureChecks` makes of it what can be verified, once the keys are known.
 */
export interface ServerSignatureCheck {
  readonly server: string;
  /** The event's time, milliseconds since 1970, as its author says. */
  readonly at_ts: number;
  /** Whether the key must have been valid then (MXB-19). */
  readonly enforce_validity: boolean;
  readonly options: readonly { readonly key_id: string; readonly signature: Uint8Array }[];
  readonly message: Uint8Array;
}

/** A copy of an event that passed every check but its signatures. */
export interface UnverifiedCopy {
  readonly event: RoomEvent;
  /** One for each key in `signed_by`, in its order. One that is wrong makes the copy faulty; the event ID stays wanted. */
  readonly signatures: readonly SignatureCheck[];
  /** One for each server that must have signed, where keys are published. One that is wrong makes the copy faulty as well. Else empty. */
  readonly servers: readonly ServerSignatureCheck[];
  /**
   * `m.server.admission` only, where its content is readable: the root's signature. Under the event ID, so a wrong one is the auth rules' affair.
   * Absent: there is no proof that could be right.
   */
  readonly proof?: SignatureCheck;
  /** Why only the redacted form was kept (EV-13, EV-14, EV-15, MXB-13, or a CJ rule), where the copy came with more. */
  readonly redactedFor?: Fault;
}

/** What the author of an event chooses; the engine adds prev events, auth events or guild heads, hashes and signatures. */
export interface EventDraft {
  readonly type: string;
  readonly sender: string;
  readonly content: JsonObject;
  readonly state_key?: string;
}

/** What `buildEvent` takes: the draft, and what the engine adds to it. */
export interface EventFields extends EventDraft {
  /** Absent in create events whose room ID follows from them. */
  readonly room_id?: string;
  /** Milliseconds since 1970. */
  readonly origin_ts: number;
  /** In any order; the event holds them sorted. */
  readonly prev_events: readonly string[];
  /** In any order. Present (perhaps empty) in all but channel events. */
  readonly auth_events?: readonly string[];
  /** In any order. Present in channel events only. */
  readonly guild_heads?: readonly string[];
  /** Key IDs, the origin server's first. By default those of the signers, in their order. Not in Matrix versions. */
  readonly signed_by?: readonly string[];
  /** Matrix versions only, required there: one more than the greatest depth of the prev events; 1 in create events. */
  readonly depth?: number;
  /** Matrix versions only: top-level members beside those above, for example `redacts` in versions 3 to 10. */
  readonly more?: JsonObject;
}

/** Signs with one key. Deterministic, as Ed25519 is. */
export interface Signer {
  /** `ed25519:<base58 public key>`; in Matrix versions `ed25519:` and whatever name its server published it under. */
  readonly key_id: string;
  sign(message: Uint8Array): Uint8Array;
}
