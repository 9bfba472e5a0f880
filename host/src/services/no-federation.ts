import { HostError } from '../http/errors.ts';
import type { RemoteMedia } from '../media/media.ts';
import type { RemoteInviter } from './invites.ts';
import type { RemoteJoiner } from './joins.ts';

/** Stands for the other servers where federation is switched off: there are none. */
export class NoFederation implements RemoteInviter, RemoteJoiner, RemoteMedia {
  readonly #serverName: string;

  constructor(serverName: string) {
    this.#serverName = serverName;
  }

  async admit(_roomId: string, server: string): Promise<void> {
    if (server !== this.#serverName) throw switchedOff();
  }

  async invite(): Promise<void> {
    throw switchedOff();
  }

  async join(): Promise<never> {
    throw switchedOff();
  }

  async media(): Promise<undefined> {
    return undefined;
  }
}

function switchedOff(): HostError {
  return new HostError('UNAVAILABLE', 'federation is switched off on this host');
}
