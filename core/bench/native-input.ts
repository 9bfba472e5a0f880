import { type HierarchicalRules, type Node, type Resolution, resolveHierarchical } from '@openguild/state-resolution';
import { nativeRules } from '../src/auth/native-rules.ts';
import type { RoomEvent } from '../src/event/types.ts';
import { stateKeyOf } from '../src/state/state-map.ts';
import { type Draft, grant, guild, join, make, membership, ROLES, roles, user } from '../test/auth/small-room.ts';

const MODERATORS = 30;
const ADMINS = 5;
const RANK = { admin: 90, mod: 50, none: 0 } as const;

/** A generator of small integers; the same every time (Numerical Recipes' constants). */
function dice(): (sides: number) => number {
  let state = 1;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function keyOf(event: RoomEvent): string {
  return stateKeyOf(event.type, event.state_key ?? '');
}

/**
 * Two forks of a guild, of which neither sees the other, of `size` state events in all. `members`: one in nine changes roles, one in twenty bans, else profiles and
 * leaves; `power`: a fifth changes roles, a third bans and kicks. The shapes of the Matrix inputs, in native events.
 */
export class NativeBenchInput {
  readonly #region: Node<RoomEvent>[] = [];
  readonly #base: (key: string) => RoomEvent | undefined;
  #rules: HierarchicalRules<RoomEvent>;
  readonly #roll = dice();

  constructor(shape: 'members' | 'power', size: number) {
    const mods = Array.from({ length: MODERATORS }, (_, i) => `mod${i}`);
    const admins = Array.from({ length: ADMINS }, (_, i) => `admin${i}`);
    const members = Array.from({ length: size }, (_, i) => `user${i}`);
    const room = guild.with(
      ...[...mods, ...admins, ...members].map((name) => join(name)),
      ...mods.map((name) => grant(name, ['mod'])),
      ...admins.map((name) => grant(name, ['admin'])),
    );
    const state = new Map(room.events().map((event) => [keyOf(event), event]));
    this.#base = (key) => state.get(key);
    this.#rules = this.renew();
    const [authority, bans] = shape === 'power' ? [20, 33] : [11, 5];
    for (const fork of [0, 1]) {
      // Each fork acts on members of its own, so that most of what it does is allowed.
      let last = 'cut';
      for (let i = 0; i < size / 2; i++) {
        const number = fork * (size / 2) + i;
        const kind = this.#roll(100);
        const target = members[fork * (size / 2) + i] as string;
        const draft = this.#draft(kind < authority ? 'roles' : kind < authority + bans ? 'ban' : 'profile', target, number);
        const event = make({ ...draft.draft, event_id: `$event ${number}` });
        const node = {
          id: event.event_id,
          event,
          prev: [last],
          key: keyOf(event),
          rank: draft.rank,
          originTs: number,
          voidBefore: new Set<string>(),
        };
        this.#region.push(node);
        last = event.event_id;
      }
    }
  }

  /** Rules that remember nothing of the run before. */
  renew(): HierarchicalRules<RoomEvent> {
    return (this.#rules = nativeRules('guild', this.#base, () => {
      throw new Error('no event here has companions');
    }));
  }

  resolve(): Resolution<RoomEvent> {
    return resolveHierarchical({ region: this.#region, base: this.#base }, this.#rules);
  }

  #draft(kind: 'roles' | 'ban' | 'profile', target: string, number: number): { draft: Draft; rank: number } {
    if (kind === 'roles') {
      const low = { ...ROLES['low'], rank: 1 + (number % 40) };
      return { draft: roles(`admin${this.#roll(ADMINS)}`, { low }), rank: RANK.admin };
    }
    if (kind === 'ban') {
      return { draft: membership(`mod${this.#roll(MODERATORS)}`, target, this.#roll(2) === 0 ? 'ban' : 'leave'), rank: RANK.mod };
    }
    const { content } = join(target);
    const profile = { ...content, stay: `$join ${target}`, name: `Name ${number}` };
    return { draft: { type: 'm.room.member', sender: user(target), state_key: user(target), content: profile }, rank: RANK.none };
  }
}
