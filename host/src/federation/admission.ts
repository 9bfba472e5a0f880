import {
  type JsonObject,
  type RoomEvent,
  type SignatureCheck,
  admissionMessage,
  base64decode,
  fail,
  ok,
  publicKeyOf,
  type Result,
  serverOf,
} from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { Rooms } from '../services/rooms.ts';
import { isKeyList } from './key-document.ts';
import type { PeerClient } from './peer-client.ts';
import type { PeerDirectory } from './peer-directory.ts';

/** What a server offers when it asks to be admitted to a room. */
export interface AdmissionOffer {
  readonly root: string;
  readonly keys: readonly string[];
  readonly proof: string;
}

export interface AdmissionsOptions {
  readonly rooms: Rooms;
  readonly client: PeerClient;
  readonly directory: PeerDirectory;
  readonly verify: (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;
}

/** Admits servers to rooms: the only way by which keys of another server get into a room here. */
export class Admissions {
  readonly #options: AdmissionsOptions;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /** Asks a server for what an admission to this room needs. Throws what PeerClient throws, and HostError if the answer cannot be believed. */
  async ask(server: string, roomId: string): Promise<AdmissionOffer> {
    const answer = await this.#options.client.post(server, '/_federation/admission', { room_id: roomId });
    const offer = readOffer(answer);
    const checked = offer.ok ? await this.check(server, roomId, offer.value) : offer;
    if (!checked.ok) throw new HostError('BAD_GATEWAY', `${server}: ${checked.detail}`, { rule: checked.rule });
    return checked.value;
  }

  /** FED-71: an offer counts only if it is what the server publishes over TLS, and its root signed it for this room. */
  async check(server: string, roomId: string, offer: AdmissionOffer): Promise<Result<AdmissionOffer>> {
    const document = await this.#options.directory.documentOf(server);
    if (!document.ok) return document;
    const { root, keys } = document.value;
    if (root !== offer.root || keys.length !== offer.keys.length || !keys.every((key, i) => key === offer.keys[i])) {
      return fail('FED-71', `the keys offered are not those that ${server} publishes`);
    }
    const [public_key, signature] = [publicKeyOf(root), base64decode(offer.proof)];
    if (public_key === undefined || signature === undefined || signature.length !== 64) return fail('FED-71', 'proof is not a signature');
    const message = admissionMessage(roomId, server, root, offer.keys);
    const [valid] = await this.#options.verify([{ key_id: root, public_key, message, signature }]);
    return valid === true ? ok(offer) : fail('FED-71', 'the proof is not a signature of the root for this room');
  }

  /**
   * FED-72: sees to it that users of `server` may rank up to at least `minRank`: admits the server, or lifts its ceiling, in the name of `actingUser`.
   * Nothing happens if it is so already. Throws FORBIDDEN if the rules do not let that user.
   */
  async ensure(roomId: string, server: string, actingUser: string, minRank: number, offer?: AdmissionOffer): Promise<void> {
    const now = await this.current(roomId, server);
    if (now === 'creator' || (now !== null && rankOf(now) >= minRank)) return;
    const { root, keys, proof } = now === null ? await this.#checkedOffer(roomId, server, offer) : fromEvent(now);
    const content: JsonObject = { root, keys: [...keys], rank: minRank, proof };
    await this.#options.rooms.send(roomId, { type: 'm.server.admission', sender: actingUser, state_key: server, content });
  }

  /** The admission in force; `creator`: the server that created the room, which needs none. */
  async current(roomId: string, server: string): Promise<RoomEvent | null | 'creator'> {
    const creator = await this.#options.rooms.ask(roomId, (room) => room.judgeBy((view) => view.create?.sender));
    if (creator !== undefined && serverOf(creator) === server) return 'creator';
    return this.#options.rooms.ask(roomId, (room) => room.stateEvent('m.server.admission', server));
  }

  async #checkedOffer(roomId: string, server: string, offer: AdmissionOffer | undefined): Promise<AdmissionOffer> {
    if (offer === undefined) return this.ask(server, roomId);
    const checked = await this.check(server, roomId, offer);
    if (!checked.ok) throw new HostError('FORBIDDEN', checked.detail, { rule: checked.rule });
    return checked.value;
  }
}

/** Shape of an offer that came over the wire. */
export function readOffer(value: JsonObject): Result<AdmissionOffer> {
  const { root, keys, proof } = value;
  if (typeof root !== 'string' || typeof proof !== 'string' || !isKeyList(keys)) return fail('FED-71', 'not root, keys and proof');
  return ok({ root, keys, proof });
}

function rankOf(admission: RoomEvent): number {
  const { rank } = admission.content;
  return typeof rank === 'number' ? rank : -1;
}

/** Under the same root only the ceiling may change, so lifting repeats the rest as it stands. */
function fromEvent(admission: RoomEvent): AdmissionOffer {
  const offer = readOffer(admission.content);
  if (!offer.ok) throw new Error(`accepted admission ${admission.event_id} has no keys`);
  return offer.value;
}
