import { type JsonValue, type RoomEvent, roomVersion, type SignatureCheck } from '@openguild/core';
import { isSigned } from '../model/signatures.ts';
import { CopyReader } from './server/copy-reader.ts';
import { type Times, TIMES } from './server/here.ts';
import { Keyring } from './environment/keyring.ts';
import type { Ledger } from './ledger.ts';
import { Network } from './environment/network.ts';
import type { Random } from './environment/random.ts';
import { Scheduler } from './environment/scheduler.ts';
import type { SimServer } from './server/server.ts';
import type { Shape } from './shape.ts';

/** 2025-01-01T00:00Z */
const START = 1_735_689_600_000;

/** What the servers of one run live in. */
export class World {
  readonly scheduler = new Scheduler(START);
  readonly network: Network;
  readonly keyring: Keyring;
  readonly reader: CopyReader;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly shape: Shape;
  readonly times: Times;
  readonly servers: SimServer[] = [];
  /** Server -> the key that it signs with every day, if it is no more the first one. */
  readonly dailyKeys = new Map<string, string>();
  /** User -> the name of his own key. */
  readonly personKeys = new Map<string, string>();
  /** The guild, or the plain room, and the guild's channels. */
  mainRoom = '';
  readonly channels: string[] = [];
  /** From here on nothing goes wrong any more. */
  healed = false;

  constructor(random: Random, shape: Shape, ledger: Ledger, uncached: boolean) {
    this.random = random;
    this.shape = shape;
    this.ledger = ledger;
    this.times = { ...TIMES, headsAfter: shape.headsAfter };
    this.keyring = new Keyring(shape.realCrypto, shape.portable);
    this.reader = new CopyReader(!shape.realCrypto && !uncached);
    this.network = new Network(this.scheduler, random.fork('network'), {
      sent: (from, to, request) => ledger.sent(from, to, request, this.scheduler.now),
      fault: (name) => ledger.fault(name),
    });
  }

  /** Is a signature right? By the checkers' own means, which are not those of the servers. */
  isSigned(check: SignatureCheck): boolean {
    return this.keyring.real ? isSigned(check) : this.keyring.verify(check);
  }

  get honest(): SimServer[] {
    return this.servers.filter((server) => !server.hostile);
  }

  /** The room that a create event begins. */
  roomOfCreate(pdu: JsonValue): string | undefined {
    return this.#read(pdu)?.room_id;
  }

  idOf(pdu: JsonValue): string | undefined {
    return this.#read(pdu)?.event_id;
  }

  #read(pdu: JsonValue): RoomEvent | undefined {
    const version = roomVersion(this.shape.version);
    const copy = version === undefined ? undefined : this.reader.read(pdu, version);
    return copy?.ok === true ? copy.value.event : undefined;
  }
}
