import { type HistoryCursor, type HistoryPage, type RoomEvent, serverOf } from '@openguild/core';
import { firstWrong, historyBefore, inOrder } from '../check/pages.ts';
import type { Random } from '../sim/environment/random.ts';
import type { Finding } from '../sim/ledger.ts';
import { drawMatrixWish, MatrixState } from './matrix-acts.ts';
import type { MatrixServer } from './matrix-server.ts';
import { entryOf } from './model/event.ts';
import { signerOf } from './stand-in-keys.ts';

/** Few enough that most histories have several pages. */
const EACH = 7;
/** More ends than an event can cite are cited in an order of their own. */
const MAX_PREV = 20;
const DRAFTS = 3;

/** What a room answers at rest on one server: its history page by page, who gets its events and who may have them, and which event comes next. The last changes the room. */
export function checkAnswers(server: MatrixServer, users: readonly string[], random: Random): Finding[] {
  return [...pages(server), ...told(server), ...receivers(server), ...drafts(server, users, random)];
}

/** DAG-2. A rejected event is not shown, and what follows it comes after what it follows. */
function pages(server: MatrixServer): Finding[] {
  const { rooms, roomId, heads } = server.running;
  const history = historyBefore(heads, (id) => server.stored(id)?.event);
  const expected = inOrder(history)
    .filter((id) => server.stored(id)?.verdict === 'accepted')
    .reverse();
  const shown: string[] = [];
  let cursor: HistoryCursor | null = null;
  do {
    const from: HistoryCursor | null = cursor;
    const page: HistoryPage = rooms.ask(roomId, (room) => room.history(EACH, from));
    shown.push(...page.events.map(({ event }) => event.event_id));
    cursor = page.next;
  } while (cursor !== null && shown.length <= history.size);
  const at = firstWrong(expected, shown);
  if (at === null) return [];
  return [{ invariant: 'pages', detail: `${server.name} shows ${shown[at]} in place ${at}, not ${expected[at]}` }];
}

/** ENG-11. Every event of the history entered it once, after those of its past that did, and what was told of the state makes the state. */
function told(server: MatrixServer): Finding[] {
  const { entered, shown, heads } = server.running;
  const found: Finding[] = [];
  const before = new Set<string>();
  for (const id of entered) {
    const { event, verdict } = server.stored(id) ?? {};
    const late = acceptedBefore(server, event?.prev_events ?? []).find((prev) => !before.has(prev));
    const wrong = verdict !== 'accepted' ? verdict : before.has(id) ? 'there already' : late === undefined ? null : `before ${late}`;
    if (wrong !== null) found.push({ invariant: 'history', detail: `${id} enters the history of ${server.name}: ${wrong}`, event_id: id });
    before.add(id);
  }
  const lacking = heads.find((id) => !before.has(id));
  if (lacking !== undefined)
    found.push({ invariant: 'history', detail: `${server.name} ends at ${lacking}, which never entered its history`, event_id: lacking });
  const state = new Map([...server.state(heads).entries()].map(([type, key, id]) => [entryOf(type, key), id]));
  const differs = [...new Set([...state.keys(), ...shown.keys()])].find((entry) => state.get(entry) !== shown.get(entry));
  if (differs !== undefined && heads.length < MAX_PREV)
    found.push({
      invariant: 'state-changes',
      detail: `${server.name} told ${shown.get(differs)} of ${differs}, and has ${state.get(differs)}`,
    });
  return found;
}

/** The nearest accepted events: what was rejected may lie between. */
function acceptedBefore(server: MatrixServer, prev: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...prev];
  const seen = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const stored = server.stored(id);
    if (stored?.verdict === 'accepted') found.add(id);
    else for (const one of stored?.event.prev_events ?? []) if (seen.size < seen.add(one).size) open.push(one);
  }
  return [...found];
}

/** Events go to servers of whoever is joined or invited; what is asked for, to those of whoever is joined. */
function receivers(server: MatrixServer): Finding[] {
  const { rooms, roomId, heads } = server.running;
  const memberships = new Map<string, Set<string>>();
  for (const [type, user, id] of server.state(heads).entries()) {
    if (type !== 'm.room.member') continue;
    const ofServer = memberships.get(serverOf(user)) ?? new Set();
    memberships.set(serverOf(user), ofServer.add(String(server.stored(id)?.event.content['membership'])));
  }
  const having = (...kinds: readonly string[]): string =>
    [...memberships]
      .flatMap(([name, own]) => (kinds.some((kind) => own.has(kind)) ? [name] : []))
      .sort(byText)
      .join(' ');
  const receiving = [...rooms.ask(roomId, (room) => room.servers())].sort(byText).join(' ');
  const served = [...memberships.keys()]
    .filter((name) => rooms.ask(roomId, (room) => room.mayServe(heads[0] as string, name)) === 'whole')
    .sort(byText)
    .join(' ');
  return [
    ...(receiving === having('join', 'invite')
      ? []
      : [{ invariant: 'receivers', detail: `${server.name} sends events to ${receiving}, not to ${having('join', 'invite')}` }]),
    ...(served === having('join') ? [] : [{ invariant: 'served', detail: `${server.name} serves ${served}, not ${having('join')}` }]),
  ];
}

/** ENG-12, MXB "Building an event": the engine makes of a draft the event that the rules say, or refuses it as it refuses that event. */
function drafts(server: MatrixServer, users: readonly string[], random: Random): Finding[] {
  const life = server.running;
  const { version, scheduler } = server.world;
  const found: Finding[] = [];
  for (let i = 0; i < DRAFTS && life.heads.length > 0 && life.heads.length <= MAX_PREV; i++) {
    const wish = drawMatrixWish(random, new MatrixState(life), random.pick(server.users), users, version.id, []);
    // Another server would have to sign it as well.
    if (Object.hasOwn(wish.content, 'join_authorised_via_users_server')) continue;
    // What was refused a moment ago is known.
    const now = scheduler.now + 1 + i;
    const expected = life.craft(wish, { ts: now });
    if (expected === undefined) continue;
    const { redacts, vouches: _, ...draft } = wish;
    const more = redacts === undefined ? {} : { more: { redacts } };
    const made = life.rooms.create(life.roomId, { ...draft, ...more }, { now, signers: [signerOf(server.name)] });
    const wanted = made.outcome.kind === 'accepted' ? expected.event_id : made.outcome.fault.rule;
    const got = made.event?.event_id ?? refusal(server, expected);
    if (got !== wanted)
      found.push({ invariant: 'draft', detail: `${server.name} makes ${got} of a draft of ${wish.type} by ${wish.sender}, not ${wanted}` });
  }
  return found;
}

/** What the engine says of the event that it did not make. */
function refusal(server: MatrixServer, event: RoomEvent): string {
  const outcome = server.running.enter(event, false);
  return outcome !== undefined && 'fault' in outcome ? outcome.fault.rule : (outcome?.kind ?? 'no copy');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
