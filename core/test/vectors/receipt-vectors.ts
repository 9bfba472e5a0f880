import { type EventDraft, type EventFields, type JsonObject, type JsonValue, buildEvent, type RoomEvent } from '@openguild/core';
import { EventMaker } from '../portability/suite/named-events.ts';
import { signerNamed, VectorHost, VERSION } from '../portability/suite/vector-host.ts';
import { adam, eve, guildWithChannel, max, mod, olga, sam } from '../scenarios/bases.ts';

/** One step of a receiving server, in names; spec/vectors/README.md says what each means. */
type Step =
  /** The whole base is offered, in order, and accepted. */
  | 'base'
  | { readonly offer: string; readonly in?: string; readonly expect: Expected }
  | { readonly rejudge: string; readonly expect: Expected }
  | { readonly extremities: string; readonly expect: readonly string[] }
  | { readonly history: string; readonly expect: readonly string[] }
  | { readonly next: string; readonly expect: { readonly prev_events: readonly string[]; readonly guild_heads?: readonly string[] } }
  | { readonly depth: string; readonly expect: number }
  | { readonly kept: string; readonly expect: 'whole' | 'redacted' };

interface Expected {
  readonly outcome: 'accepted' | 'soft-failed' | 'rejected' | 'dropped' | 'known' | 'waits';
  readonly rule?: string;
  /** `waits`: what it lacks. */
  readonly for?: readonly string[];
}

interface Sequence {
  readonly why: string;
  readonly rule: string;
  readonly drawing: readonly string[];
  readonly steps: readonly Step[];
}

/**
 * Real events, hashed and signed, around a small guild with a channel; and sequences in which one server is offered them. What must
 * come out is written here by hand.
 */
class Receipt {
  readonly copies = new Map<string, JsonValue>();
  readonly base: string[] = [];
  readonly #host = new VectorHost();
  readonly #maker = new EventMaker(this.#host);
  readonly #all = new Map<string, RoomEvent>();

  constructor() {
    for (const named of guildWithChannel().events) {
      const event = this.#maker.make(named);
      this.#host.receive(event.pdu);
      this.#remember(named.id, event);
      this.base.push(named.id);
    }
  }

  /** An honest event on the given events. */
  make(name: string, draft: EventDraft, prev: readonly string[], guildHeads?: readonly string[], ts = 500, channel = 'c1'): void {
    const named = { id: name, room: guildHeads === undefined ? 'g' : channel, prev, ts, signed_by: [`${draft.sender.split(':')[1]}/k1`] };
    const more = guildHeads === undefined ? {} : { guild_heads: guildHeads };
    const event = this.#maker.make({ ...named, ...draft, ...more });
    this.#host.receive(event.pdu);
    this.#remember(name, event);
  }

  /** An event that no honest host makes: a good one with other fields. */
  forge(name: string, good: string, changes: Partial<EventFields>, by = 'a.example/k1'): void {
    const event = this.event(good);
    const { type, sender, content, room_id, origin_ts, prev_events, guild_heads, auth_events, state_key } = event;
    const fields: EventFields = {
      ...{ type, sender, content, room_id, origin_ts, prev_events },
      ...(state_key === undefined ? {} : { state_key }),
      ...(guild_heads.length > 0 ? { guild_heads } : { auth_events }),
      ...changes,
    };
    this.#remember(name, buildEvent(fields, VERSION, [signerNamed(by)]));
  }

  /** Another copy of the same event. */
  copy(name: string, of: string, change: (pdu: JsonObject) => JsonObject): void {
    this.copies.set(name, change(this.event(of).pdu));
  }

  event(name: string): RoomEvent {
    const event = this.#all.get(name);
    if (event === undefined) throw new Error(`${name} is not made`);
    return event;
  }

  /** The ID of every event whose name is not a copy's. */
  ids(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#all].map(([name, event]) => [name, event.event_id]));
  }

  #remember(name: string, event: RoomEvent): void {
    this.#all.set(name, event);
    this.copies.set(name, event.pdu);
  }
}

const accepted: Expected = { outcome: 'accepted' };
const offer = (name: string, expect: Expected = accepted): Step => ({ offer: name, expect });
const by = (outcome: Expected['outcome'], rule: string): Expected => ({ outcome, rule });

function prepared(): Receipt {
  const r = new Receipt();
  const ban = (by: string, whom: string): EventDraft => ({
    type: 'm.room.member',
    sender: by,
    state_key: whom,
    content: { membership: 'ban' },
  });
  const say = (sender: string): EventDraft => ({ type: 'm.room.message', sender, content: { body: 'said' } });
  const stay = r.event('mod_j').event_id;
  const renew = (name: string, id: string, server: string): EventDraft => ({
    ...{ type: 'm.room.member', sender: id, state_key: id },
    content: { membership: 'join', root: `${server}/k0`, stay: r.event(name).event_id },
  });
  r.make('demote', { type: 'm.guild.member_roles', sender: olga.id, state_key: mod.id, content: { stay, roles: [] } }, ['c1_list']);
  r.make('ban', ban(mod.id, max.id), ['c1_list'], undefined, 501);
  r.make('side', renew('sam_j', sam.id, 'e.example'), ['c1_list'], undefined, 502);
  r.make('merge', { type: 'm.room.merge', sender: '@:a.example', content: {} }, ['demote', 'ban'], undefined, 503);
  r.make(
    'left',
    { type: 'm.room.member', sender: adam.id, state_key: adam.id, content: { membership: 'leave' } },
    ['c1_list'],
    undefined,
    504,
  );
  const channel = (guild: string): EventDraft => ({
    type: 'm.channel.create',
    sender: adam.id,
    state_key: '',
    content: { guild, kind: 'text' },
  });
  const held = r.event('mod_g').content['roles'] as JsonValue;
  r.make(
    'restore',
    { type: 'm.guild.member_roles', sender: olga.id, state_key: mod.id, content: { stay, roles: held } },
    ['demote'],
    undefined,
    505,
  );
  r.make('ban_too', ban(mod.id, eve.id), ['ban'], undefined, 506);
  r.make('merge_two', { type: 'm.room.merge', sender: '@:a.example', content: {} }, ['demote', 'ban_too'], undefined, 507);
  r.make('c2_new', channel('g'), [], ['c1_list'], 506, 'c2');
  r.make('c3_new', channel('g'), [], ['ban'], 507, 'c3');
  r.make('hello', say(max.id), ['c1_new'], ['c1_list'], 510);
  r.make('reply', say(sam.id), ['hello'], ['c1_list'], 511);
  r.make('other', say(sam.id), ['c1_new'], ['c1_list'], 505);
  r.make('joined', say(sam.id), ['hello', 'other'], ['c1_list'], 512);
  r.make('cites_ban', say(sam.id), ['c1_new'], ['ban'], 520);
  r.make('after_ban', say(sam.id), ['c1_new'], ['side'], 521);
  for (let n = 1; n <= 5; n++) r.make(`branch${n}`, say(max.id), ['c1_new'], ['c1_list'], 530 + n);
  r.make('tip', say(max.id), ['branch1', 'branch2', 'branch3', 'branch4', 'branch5'], ['c1_list'], 540);
  r.make('tip4', say(max.id), ['branch1', 'branch2', 'branch3', 'branch4'], ['c1_list'], 541);
  r.make('last', say(max.id), ['branch5', 'tip4'], ['c1_list'], 542);
  for (let n = 1; n <= 4; n++) r.make(`sam${n}`, say(sam.id), ['c1_new'], ['c1_list'], 550 + n);
  r.make('on_other', say(max.id), ['other'], ['c1_list'], 560);
  r.make('reply_banned', say(sam.id), ['on_other'], ['ban'], 561);
  r.forge('stray_auth', 'demote', { auth_events: r.event('demote').auth_events.slice(1) });
  r.forge('on_stray', 'side', { prev_events: [r.event('stray_auth').event_id], auth_events: [] }, 'e.example/k1');
  r.forge('other_guild', 'c1_new', { content: { ...r.event('c1_new').content, guild: r.event('c1_new').room_id } });
  r.forge('no_such_room', 'hello', { room_id: r.event('c1_new').room_id.replace('a.example', 'z.example') }, 'b.example/k1');
  r.forge('other_version', 'create', { content: { ...r.event('create').content, room_version: 'org.example.unknown' } });
  r.copy('hello_forged', 'hello', (pdu) => {
    const [[server, table]] = Object.entries(r.event('reply').pdu['signatures'] as JsonObject) as [[string, JsonObject]];
    const key = r.event('hello').signed_by[0] as string;
    return { ...pdu, signatures: { [max.server]: { [key]: Object.values(table)[0] as JsonValue } }, unsigned: { from: server } };
  });
  r.copy('hello_unsigned', 'hello', (pdu) => ({ ...pdu, signatures: {} }));
  r.copy('hello_altered', 'hello', (pdu) => ({ ...pdu, content: { body: 'never said' } }));
  return r;
}

function sequences(r: Receipt): Sequence[] {
  return [
    {
      ...{ rule: 'ENG-1', why: 'an event of a room that is not known here opens no room' },
      drawing: [],
      steps: [offer('hello', by('dropped', 'ENG-1')), 'base', offer('no_such_room', by('dropped', 'ENG-1'))],
    },
    {
      ...{ rule: 'ENG-2', why: 'a create event of an unknown version opens no room' },
      drawing: [],
      steps: [offer('other_version', by('dropped', 'ENG-2')), offer('create')],
    },
    {
      ...{ rule: 'ENG-3', why: 'a channel is opened by the guild that it names, and by no other' },
      drawing: [],
      steps: ['base', offer('other_guild', by('dropped', 'ENG-3'))],
    },
    {
      ...{ rule: 'ENG-4', why: 'an event that is offered for another room than its own is dropped; in its own it is taken' },
      drawing: [],
      steps: ['base', { offer: 'hello', in: 'g', expect: by('dropped', 'ENG-4') }, offer('hello')],
    },
    {
      ...{ rule: 'ENG-5', why: 'a copy with a wrong signature leaves no trace, and the right copy is taken afterwards' },
      drawing: [],
      steps: [
        'base',
        offer('hello_forged', by('dropped', 'ENG-5')),
        offer('hello_unsigned', by('dropped', 'EV-18')),
        { extremities: 'c1', expect: ['c1_new'] },
        offer('hello'),
      ],
    },
    {
      ...{ rule: 'ENG-6', why: 'a copy whose content does not fit is kept redacted; a whole one takes its place; neither is judged again' },
      drawing: [],
      steps: [
        'base',
        offer('hello_altered'),
        { kept: 'hello', expect: 'redacted' },
        offer('hello_altered', { outcome: 'known' }),
        offer('hello', { outcome: 'known' }),
        { kept: 'hello', expect: 'whole' },
        offer('hello_altered', { outcome: 'known' }),
        { kept: 'hello', expect: 'whole' },
      ],
    },
    {
      ...{ rule: 'ENG-7', why: 'what is cited comes first, in the room and in its guild; an event that lacks some of it waits' },
      drawing: ['c1_new ── hello ── reply', 'F ── ban,  c1_new ── cites_ban(ban)'],
      steps: [
        'base',
        offer('reply', { outcome: 'waits', for: ['hello'] }),
        offer('cites_ban', { outcome: 'waits', for: ['ban'] }),
        { extremities: 'c1', expect: ['c1_new'] },
        offer('hello'),
        offer('reply'),
        offer('ban'),
        offer('cites_ban'),
      ],
    },
    {
      ...{
        rule: 'ENG-8',
        why: 'the verdict depends on the past alone: what the ban does not precede stands, whether the ban is known or not',
      },
      drawing: ['F ── ban', 'c1_new ── hello(F)'],
      steps: ['base', offer('ban'), offer('hello', by('soft-failed', 'AUTH-6.7')), { history: 'c1', expect: ['c1_new'] }],
    },
    {
      ...{ rule: 'ENG-9', why: 'what the present state does not allow is soft-failed: mod was demoted meanwhile' },
      drawing: ['F ──┬── demote', '    └── ban'],
      steps: ['base', offer('demote'), offer('ban', by('soft-failed', 'AUTH-6.10')), { extremities: 'g', expect: ['demote'] }],
    },
    {
      ...{ rule: 'ENG-9', why: 'of a create event nothing is asked: a channel outlives the membership of whoever made it' },
      drawing: ['F ── left', 'c2_new(F)'],
      steps: ['base', offer('left'), offer('c2_new')],
    },
    {
      ...{
        rule: 'ENG-9',
        why: 'a channel can be made by citing a guild event that this server does not follow yet: ahead, and judged again',
      },
      drawing: ['F ──┬── demote ──┬── merge', '    └── ban ─────┘', 'c3_new(ban)'],
      steps: [
        'base',
        offer('demote'),
        offer('ban', by('soft-failed', 'AUTH-6.10')),
        offer('c3_new', by('soft-failed', 'AUTH-2.7')),
        offer('merge'),
        { rejudge: 'c3_new', expect: accepted },
      ],
    },
    {
      ...{ rule: 'AUTH-2.7', why: 'a channel event that cites a guild event which this server does not follow is ahead of it' },
      drawing: ['F ──┬── demote ──┬── merge', '    └── ban ─────┘', 'c1_new ── cites_ban(ban)'],
      steps: [
        'base',
        offer('demote'),
        offer('ban', by('soft-failed', 'AUTH-6.10')),
        offer('cites_ban', by('soft-failed', 'AUTH-2.7')),
        { rejudge: 'cites_ban', expect: { outcome: 'known' } },
      ],
    },
    {
      ...{
        rule: 'ENG-10',
        why: 'a soft-failed event enters the history when one that is not has it in its past; what was ahead is then judged again',
      },
      drawing: ['F ──┬── demote ──┬── merge', '    └── ban ─────┘', 'c1_new ── cites_ban(ban)'],
      steps: [
        'base',
        offer('demote'),
        offer('ban', by('soft-failed', 'AUTH-6.10')),
        offer('cites_ban', by('soft-failed', 'AUTH-2.7')),
        { history: 'g', expect: [...r.base.filter((name) => name !== 'c1_new'), 'demote'] },
        offer('merge'),
        { history: 'g', expect: [...r.base.filter((name) => name !== 'c1_new'), 'demote', 'ban', 'merge'] },
        { rejudge: 'cites_ban', expect: accepted },
        { history: 'c1', expect: ['c1_new', 'cites_ban'] },
      ],
    },
    {
      ...{ rule: 'ENG-10', why: 'what the state did not allow when it came is not judged again because it would be allowed by now' },
      drawing: ['F ──┬── demote ── restore', '    └── ban'],
      steps: [
        'base',
        offer('demote'),
        offer('ban', by('soft-failed', 'AUTH-6.10')),
        offer('restore'),
        { rejudge: 'ban', expect: { outcome: 'known' } },
        { extremities: 'g', expect: ['restore'] },
      ],
    },
    {
      ...{ rule: 'ENG-10', why: 'what is soft-failed need not be cited itself: it enters with what follows it' },
      drawing: ['F ──┬── demote ────────────┬── merge_two', '    └── ban ── ban_too ─────┘'],
      steps: [
        'base',
        offer('demote'),
        offer('ban', by('soft-failed', 'AUTH-6.10')),
        offer('ban_too', by('soft-failed', 'AUTH-6.10')),
        offer('merge_two'),
        { extremities: 'g', expect: ['merge_two'] },
        { history: 'g', expect: [...r.base.filter((name) => name !== 'c1_new'), 'demote', 'ban', 'ban_too', 'merge_two'] },
      ],
    },
    {
      ...{ rule: 'ENG-11', why: 'what a covered soft-failed event cites leaves the extremities as well' },
      drawing: ['F ── ban', 'c1_new ── other(F) ── on_other(F) ── reply_banned(ban)'],
      steps: [
        'base',
        offer('ban'),
        offer('other'),
        offer('on_other', by('soft-failed', 'AUTH-6.7')),
        { extremities: 'c1', expect: ['other'] },
        offer('reply_banned'),
        { extremities: 'c1', expect: ['reply_banned'] },
        { history: 'c1', expect: ['c1_new', 'other', 'on_other', 'reply_banned'] },
      ],
    },
    {
      ...{ rule: 'ENG-11', why: 'the extremities are the events of the history that nothing in it cites' },
      drawing: ['c1_new ──┬── hello ──┬── joined', '         └── other ──┘'],
      steps: [
        'base',
        { extremities: 'c1', expect: ['c1_new'] },
        offer('hello'),
        offer('other'),
        { extremities: 'c1', expect: ['hello', 'other'] },
        offer('joined'),
        { extremities: 'c1', expect: ['joined'] },
      ],
    },
    {
      ...{ rule: 'ENG-12', why: 'a new event cites all extremities of its room, and in a channel all of the guild' },
      drawing: ['F ──┬── demote', '    └── side', 'c1_new ──┬── hello', '         └── other'],
      steps: [
        'base',
        { next: 'c1', expect: { prev_events: ['c1_new'], guild_heads: ['c1_list'] } },
        ...['demote', 'side', 'hello', 'other'].map((name) => offer(name)),
        { next: 'g', expect: { prev_events: ['demote', 'side'] } },
        { next: 'c1', expect: { prev_events: ['hello', 'other'], guild_heads: ['demote', 'side'] } },
      ],
    },
    {
      ...{ rule: 'ENG-14', why: 'a fifth unmerged branch of one server is soft-failed, until something cites it' },
      drawing: [
        'c1_new ──┬── branch1 ──┬── tip',
        '         ├── branch2 ──┤',
        '         ├── branch3 ──┤',
        '         ├── branch4 ──┤',
        '         └── branch5 ──┘',
      ],
      steps: [
        'base',
        ...[1, 2, 3, 4].map((n) => offer(`branch${n}`)),
        offer('branch5', by('soft-failed', 'ENG-14')),
        { extremities: 'c1', expect: ['branch1', 'branch2', 'branch3', 'branch4'] },
        offer('tip'),
        { extremities: 'c1', expect: ['tip'] },
        { history: 'c1', expect: ['c1_new', 'branch1', 'branch2', 'branch3', 'branch4', 'branch5', 'tip'] },
      ],
    },
    {
      ...{
        rule: 'ENG-14',
        why: 'a fifth branch stays soft-failed when the other four are merged; what is followed and cites it brings it in',
      },
      drawing: [
        'c1_new ──┬── branch1 ──┬── tip4 ──┬── last',
        '         ├── branch2 ──┤          │',
        '         ├── branch3 ──┤          │',
        '         ├── branch4 ──┘          │',
        '         └── branch5 ─────────────┘',
      ],
      steps: [
        'base',
        ...[1, 2, 3, 4].map((n) => offer(`branch${n}`)),
        offer('branch5', by('soft-failed', 'ENG-14')),
        offer('tip4'),
        { rejudge: 'branch5', expect: { outcome: 'known' } },
        { extremities: 'c1', expect: ['tip4'] },
        offer('last'),
        { extremities: 'c1', expect: ['last'] },
        { history: 'c1', expect: ['c1_new', 'branch1', 'branch2', 'branch3', 'branch4', 'branch5', 'tip4', 'last'] },
      ],
    },
    {
      ...{ rule: 'ENG-14', why: 'a fifth branch that is ahead as well is a fifth branch: it is not judged again when the guild moves on' },
      drawing: ['F ──┬── demote ──┬── merge', '    └── ban ─────┘', 'c1_new ──┬── sam1 to sam4(F)', '         └── cites_ban(ban)'],
      steps: [
        'base',
        ...[offer('demote'), offer('ban', by('soft-failed', 'AUTH-6.10'))],
        ...[1, 2, 3, 4].map((n) => offer(`sam${n}`)),
        offer('cites_ban', by('soft-failed', 'ENG-14')),
        offer('merge'),
        { rejudge: 'cites_ban', expect: { outcome: 'known' } },
      ],
    },
    {
      ...{ rule: 'AUTH-2.6', why: 'an author does not choose what he is judged by' },
      drawing: ['F ── stray_auth✗ ── on_stray✗'],
      steps: ['base', offer('stray_auth', by('rejected', 'AUTH-2.6')), offer('on_stray', by('rejected', 'AUTH-2.1'))],
    },
    {
      ...{ rule: 'AUTH-2.1', why: 'a rejected event is remembered: it is not judged again, and what cites it is rejected' },
      drawing: ['F ── stray_auth✗ ── on_stray✗'],
      steps: [
        'base',
        offer('on_stray', { outcome: 'waits', for: ['stray_auth'] }),
        offer('stray_auth', by('rejected', 'AUTH-2.6')),
        offer('stray_auth', { outcome: 'known' }),
        offer('on_stray', by('rejected', 'AUTH-2.1')),
        { extremities: 'g', expect: ['c1_list'] },
      ],
    },
    {
      ...{ rule: 'DAG-1', why: 'depth is the length of the longest path back to the create event' },
      drawing: ['c1_new ──┬── hello ──┬── joined', '         └── other ──┘'],
      steps: [
        'base',
        ...[offer('hello'), offer('other'), offer('joined')],
        { depth: 'create', expect: 0 },
        { depth: 'c1_new', expect: 0 },
        { depth: 'hello', expect: 1 },
        { depth: 'joined', expect: 2 },
        { depth: 'c1_list', expect: r.base.length - 2 },
      ],
    },
    {
      ...{
        rule: 'DAG-2',
        why: 'history is shown alike whatever the order of arrival: ready events by time stamp (other has the earlier one)',
      },
      drawing: ['c1_new ──┬── hello ──┬── joined', '         └── other ──┘'],
      steps: [
        'base',
        ...[offer('hello'), offer('other'), offer('joined')],
        { history: 'c1', expect: ['c1_new', 'other', 'hello', 'joined'] },
      ],
    },
  ];
}

/** The text of spec/vectors/receipt.json. */
export function receiptVectors(): string {
  const r = prepared();
  const list = (items: readonly unknown[], space: string): string => items.map((item) => `${space}${JSON.stringify(item)}`).join(',\n');
  const copies = [...r.copies].map(([name, pdu]) => `  ${JSON.stringify(name)}: ${JSON.stringify(pdu)}`).join(',\n');
  const written = sequences(r).map(
    ({ why, rule, drawing, steps }) =>
      `  {\n    "why": ${JSON.stringify(why)},\n    "rule": "${rule}",\n    "drawing": ${JSON.stringify(drawing)},\n    "steps": [\n${list(steps, '      ')}\n    ]\n  }`,
  );
  const rooms = { g: r.event('create').room_id, c1: r.event('c1_new').room_id };
  return `{"rooms": ${JSON.stringify(rooms)},\n"ids": ${JSON.stringify(r.ids())},\n"base": ${JSON.stringify(r.base)},\n"copies": {\n${copies}\n},\n"sequences": [\n${written.join(',\n')}\n]}\n`;
}
