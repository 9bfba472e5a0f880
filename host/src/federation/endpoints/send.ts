import type { JsonValue } from '@openguild/core';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import { readPeerBody } from '../peer-body.ts';
import type { PduReceiver } from '../receive-pdus.ts';
import type { Transactions } from '../transactions.ts';

interface SendBody {
  readonly origin: string;
  readonly pdus: readonly JsonValue[];
  readonly edus: readonly JsonValue[];
}

const TXN_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** FED-30: `POST /_federation/send/:txn`: at most 50 events and 100 ephemeral messages of the server that signs the request. */
export function sendRoute(options: {
  readonly transactions: Transactions;
  readonly receiver: PduReceiver;
  readonly maxBodyBytes: number;
}): ServerRoute {
  return serverRoute({
    method: 'POST',
    path: '/_federation/send/:txn',
    rate: 'federation',
    maxBodyBytes: options.maxBodyBytes,
    handle: async ({ origin, params, rawBody }) => {
      const body = readPeerBody<SendBody>(rawBody, 'federation-send');
      const txnId = params['txn'] ?? '';
      if (!TXN_ID.test(txnId)) throw new HostError('BAD_REQUEST', 'a transaction ID is 1 to 128 of A-Z a-z 0-9 . _ -', { rule: 'FED-30' });
      if (body.origin !== origin)
        throw new HostError('BAD_REQUEST', 'origin is not the server that signed the request', { rule: 'FED-30' });
      // No kind of ephemeral message is defined yet, so all of them are of unknown kinds, which are ignored.
      return {
        body: await options.transactions.once(origin, txnId, rawBody, async () => ({
          results: await options.receiver.receiveAll(origin, body.pdus),
        })),
      };
    },
  });
}
