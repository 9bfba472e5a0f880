import type { StoredEvent } from '@openguild/core';
import { serverOf, utf8Compare } from '@openguild/core';
import type { Finding } from '../sim/ledger.ts';
import type { MatrixServer } from './matrix-server.ts';
import { PAGES } from './missing-past.ts';

/** Requests for each event and server. Runs need 0.5 at most. */
const REQUESTS_PER_EVENT = 2;

export interface Looked {
  /** Those that keep the rules. */
  readonly honest: readonly MatrixServer[];
  /** Events that nobody may accept, and why. */
  readonly forbidden: ReadonlyMap<string, string>;
  /** What honest servers asked honest servers. */
  readonly requests: number;
}

/** What must hold among honest servers when all is healed. */
export function checkMatrix(looked: Looked): Finding[] {
  const { honest } = looked;
  return [
    ...honest.flatMap(({ name, errors }) => errors.map((detail) => ({ invariant: 'no-error', detail: `${name}: ${detail}` }))),
    ...honest.flatMap((server) => [...queues(server, honest), ...acknowledged(server), ...onlyAllowed(server, looked.forbidden)]),
    ...judgements(honest),
    ...everywhere(honest),
    ...resolved(honest),
    ...bounds(looked),
  ];
}

/** Whatever hostile servers do, the others get what they tell each other. */
function queues(server: MatrixServer, honest: readonly MatrixServer[]): Finding[] {
  const waiting = server.running.waitingFor(honest.map(({ name }) => name));
  return waiting === 0 ? [] : [{ invariant: 'queues', detail: `${server.name} still has ${waiting} events to send` }];
}

function acknowledged(server: MatrixServer): Finding[] {
  const lost = new Set([...server.lost, ...[...server.acknowledged].filter((id) => server.stored(id) === undefined)]);
  return [...lost].map((id) => ({ invariant: 'acknowledged', detail: `${server.name} acknowledged ${id} and lost it`, event_id: id }));
}

function onlyAllowed(server: MatrixServer, forbidden: ReadonlyMap<string, string>): Finding[] {
  return [...forbidden]
    .filter(([id]) => server.stored(id)?.verdict === 'accepted')
    .map(([id, why]) => ({ invariant: 'only-authorised', detail: `${server.name} accepted ${id}: ${why}`, event_id: id }));
}

/** Each event is judged alike, and the state after it is the same. */
function judgements(honest: readonly MatrixServer[]): Finding[] {
  const found: Finding[] = [];
  const seen = new Map<string, { readonly by: string; readonly judgement: string }>();
  for (const server of honest)
    for (const stored of server.events()) {
      const { event_id } = stored.event;
      const judgement = judgementOf(server, stored);
      const before = seen.get(event_id);
      if (before === undefined) seen.set(event_id, { by: server.name, judgement });
      else if (before.judgement !== judgement) {
        const detail = `${before.by} and ${server.name} judge ${event_id} differently:\n${before.judgement}\n${judgement}`;
        found.push({ invariant: 'same-judgement', detail, event_id });
      }
    }
  return found;
}

/**
 * Every server has what honest ones made and follow (and so all that it cites). What hostile ones made need not be everywhere unless somebody goes on
 * from it; what the server that made it did not follow itself was told to nobody.
 */
function everywhere(honest: readonly MatrixServer[]): Finding[] {
  return honest.flatMap((home) =>
    home
      .events()
      .filter(({ event, verdict, soft_failed: soft }) => serverOf(event.sender) === home.name && verdict === 'accepted' && !soft)
      .flatMap(({ event: { event_id } }) =>
        honest
          .filter((server) => server.stored(event_id)?.verdict !== 'accepted')
          .map(({ name }) => ({ invariant: 'convergence', detail: `${name} lacks ${event_id}, which ${home.name} has`, event_id })),
      ),
  );
}

/** The same room comes of where it ends on all of them together. */
function resolved(honest: readonly MatrixServer[]): Finding[] {
  const ends = [...new Set(honest.flatMap(({ running }) => running.heads))]
    .filter((id) => honest.every((server) => server.stored(id)?.verdict === 'accepted'))
    .sort(utf8Compare);
  if (ends.length === 0) return [];
  const [first, ...others] = honest.map((server) => ({ name: server.name, state: stateText(server, ends) }));
  return others
    .filter(({ state }) => state !== first?.state)
    .map(({ name, state }) => ({
      invariant: 'resolved-state',
      detail: `${first?.name} and ${name} resolve differently:\n${first?.state}\n${state}`,
    }));
}

/** What hostile servers send costs the others no more than pages of its past, and nothing among themselves. */
function bounds({ honest, requests }: Looked): Finding[] {
  const events = new Set(honest.flatMap((server) => server.events().map(({ event }) => event.event_id))).size;
  const most = REQUESTS_PER_EVENT * (events + 20) * honest.length;
  return [
    ...(requests > most
      ? [{ invariant: 'bounds', detail: `${requests} requests for ${events} events among ${honest.length} servers` }]
      : []),
    ...honest
      .filter(({ asked, received }) => asked > PAGES * received)
      .map(({ name, asked, received }) => ({
        invariant: 'bounds',
        detail: `${name} asked ${asked} times for the past of ${received} events`,
      })),
  ];
}

function judgementOf(server: MatrixServer, stored: StoredEvent): string {
  if (stored.verdict === 'rejected') return `rejected ${stored.fault?.rule}`;
  return `accepted ${stored.depth}\n${stateText(server, [stored.event.event_id])}`;
}

function stateText(server: MatrixServer, ids: readonly string[]): string {
  return [...server.state(ids).entries()]
    .map((entry) => entry.join(' '))
    .sort(utf8Compare)
    .join('\n');
}
