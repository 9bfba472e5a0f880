import { BITS, type JsonObject, type JsonValue, serverOf, type Signer } from '@openguild/core';
import type { ModelEvent } from '../model/event.ts';
import type { Keyring } from '../sim/environment/keyring.ts';

const EVERYDAY = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
const MODERATOR = BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS | EVERYDAY;
const ADMIN = MODERATOR | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;

type Roles = Readonly<Record<string, readonly [rank: number, allow: bigint]>>;
const ROLES: Roles = { everyone: [0, EVERYDAY], admin: [90, ADMIN], mod: [50, MODERATOR], low: [10, EVERYDAY] };

export const PEOPLE = { olga: '@olga:a.example', adam: '@adam:a.example', moss: '@moss:b.example', max: '@max:b.example' } as const;
type Person = keyof typeof PEOPLE;

/** How an act finds what it has to name: what holds an entry where the event is to stand. */
export type Lookup = (type: string, stateKey: string) => Pick<ModelEvent, 'id' | 'content'> | undefined;

export interface Deed {
  readonly sender: string;
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
  readonly signers: readonly Signer[];
}

export interface Act {
  readonly name: string;
  readonly deed: (at: Lookup, guild: string) => Deed;
}

/** Acts of the base guild and what anybody might do after it: the owner olga and the admin adam (90) on a, the moderator moss (50) and the member max on b, which is admitted up to 60. */
export class BaseGuild {
  readonly #keyring: Keyring;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** The content of the create event, which olga makes. */
  get create(): Deed {
    return this.#by('olga', 'm.guild.create', '', { ...this.#keyring.keysOf('a.example') });
  }

  /** What makes the base, in this order; each after all before it. */
  get base(): readonly Act[] {
    return [
      this.#join('olga'),
      this.#roles('olga', 'makes roles', {}),
      this.#rules('olga', 'opens', 'public'),
      this.#admit('olga', 'admits b', 60),
      this.#join('adam'),
      this.#join('moss'),
      this.#join('max'),
      this.#grant('olga', 'adam', ['admin']),
      this.#grant('olga', 'moss', ['mod']),
    ];
  }

  /** The acts of these names, or all. Throws on a name that no act has. */
  actsOf(names: readonly string[] | undefined): readonly Act[] {
    const all = this.acts;
    const unknown = names?.find((name) => all.every((act) => act.name !== name));
    if (unknown !== undefined) throw new Error(`no act is called ${unknown}; there are ${all.map((act) => act.name).join(' | ')}`);
    return names === undefined ? all : all.filter((act) => names.includes(act.name));
  }

  /** The forty acts. */
  get acts(): readonly Act[] {
    const over: readonly (readonly [Person, Person])[] = [
      ['olga', 'adam'],
      ['olga', 'moss'],
      ['olga', 'max'],
      ['adam', 'moss'],
      ['adam', 'max'],
      ['moss', 'max'],
    ];
    const grants: readonly (readonly [Person, Person, readonly string[]])[] = [
      ['olga', 'adam', []],
      ['olga', 'adam', ['mod']],
      ['olga', 'moss', []],
      ['olga', 'max', ['mod']],
      ['adam', 'moss', ['low']],
      ['adam', 'max', ['mod']],
      ['adam', 'max', ['low']],
      ['moss', 'max', ['low']],
      ['moss', 'moss', []],
    ];
    const widened: Roles = { low: [10, BITS.KICK_MEMBERS | BITS.BAN_MEMBERS] };
    const key = (name: string): string => this.#keyring.id(name);
    return [
      ...over.flatMap(([by, whom]) => [
        this.#member(by, whom, 'bans', { membership: 'ban' }),
        this.#member(by, whom, 'kicks', { membership: 'leave' }),
      ]),
      ...grants.map(([by, whom, roles]) => this.#grant(by, whom, roles)),
      ...(['adam', 'moss', 'max'] as const).flatMap((who) => [
        this.#join(who),
        this.#member(who, who, 'leaves, that is', { membership: 'leave' }),
      ]),
      ...(['olga', 'moss'] as const).map((by) => this.#unban(by, 'max')),
      this.#roles('olga', 'strips mod', { mod: [50, 0n] }),
      this.#roles('adam', 'widens low', widened),
      this.#roles('moss', 'widens low', widened),
      this.#roles('olga', 'raises low', { low: [60, MODERATOR] }),
      this.#roles('olga', 'lowers admin', { admin: [40, MODERATOR] }),
      this.#keys('b drops k1', [key('b.example/k0'), key('b.example/n1')], 'k0'),
      this.#keys("b's k1 lists evil", [key('b.example/k0'), key('b.example/k1'), key('evil/k2')], 'k1'),
      this.#admit('adam', 'replaces b', 60, 'x0'),
      this.#admit('olga', 'lifts b', 80),
      this.#rules('olga', 'closes', 'invite'),
      this.#rules('adam', 'closes', 'invite'),
    ];
  }

  /** What any of the four might do to any other, whether he may or not. */
  get anybody(): readonly Act[] {
    const people = Object.keys(PEOPLE) as Person[];
    return people.flatMap((by) => [
      ...people.flatMap((whom) => [
        this.#member(by, whom, 'bans', { membership: 'ban' }),
        this.#member(by, whom, 'kicks', { membership: 'leave' }),
        this.#unban(by, whom),
        ...[[], ['low'], ['mod'], ['admin']].map((roles) => this.#grant(by, whom, roles)),
      ]),
      this.#join(by),
      this.#roles(by, 'strips mod', { mod: [50, 0n] }),
      this.#roles(by, 'raises low', { low: [60, MODERATOR] }),
      this.#roles(by, 'lowers admin', { admin: [40, MODERATOR] }),
      this.#rules(by, 'closes', 'invite'),
      this.#rules(by, 'opens', 'public'),
      this.#admit(by, 'lowers b', 10),
    ]);
  }

  #by(who: Person, type: string, stateKey: string, content: JsonObject): Deed {
    const sender = PEOPLE[who];
    return { sender, type, stateKey, content, signers: [this.#keyring.signer(`${serverOf(sender)}/k1`)] };
  }

  #act(who: Person, what: string, type: string, stateKey: string, content: (at: Lookup, guild: string) => JsonObject): Act {
    return { name: `${who} ${what}`, deed: (at, guild) => this.#by(who, type, stateKey, content(at, guild)) };
  }

  #join(who: Person): Act {
    const root = this.#keyring.id(`${serverOf(PEOPLE[who])}/k0`);
    return this.#act(who, 'joins', 'm.room.member', PEOPLE[who], () => ({ membership: 'join', root }));
  }

  #member(by: Person, whom: Person, what: string, content: JsonObject): Act {
    return this.#act(by, `${what} ${whom}`, 'm.room.member', PEOPLE[whom], () => content);
  }

  /** Names what the target's membership is there, ban or not. */
  #unban(by: Person, whom: Person): Act {
    return this.#act(by, `unbans ${whom}`, 'm.room.member', PEOPLE[whom], (at) => ({
      membership: 'leave',
      ban: at('m.room.member', PEOPLE[whom])?.id ?? 'none',
    }));
  }

  #grant(by: Person, whom: Person, roles: readonly string[]): Act {
    return this.#act(by, `grants ${whom} [${roles.join()}]`, 'm.guild.member_roles', PEOPLE[whom], (at) => ({
      stay: stayAt(at, PEOPLE[whom]),
      roles: [...roles],
    }));
  }

  #roles(by: Person, what: string, change: Roles): Act {
    const roles: Record<string, JsonValue> = {};
    for (const [id, [rank, allow]] of Object.entries({ ...ROLES, ...change })) roles[id] = { rank, allow: allow.toString() };
    return this.#act(by, what, 'm.guild.authority', '', () => ({ roles }));
  }

  #rules(by: Person, what: string, rule: string): Act {
    return this.#act(by, what, 'm.room.join_rules', '', () => ({ join_rule: rule }));
  }

  #admit(by: Person, what: string, rank: number, root = 'k0'): Act {
    return this.#act(by, what, 'm.server.admission', 'b.example', (_at, guild) =>
      root === 'k0' ? this.#keyring.admission(guild, 'b.example', rank) : this.#keyring.admissionOf(guild, 'b.example', rank, root, [root]),
    );
  }

  #keys(name: string, keys: readonly string[], by: string): Act {
    const signers = [this.#keyring.signer(`b.example/${by}`)];
    const stateKey = this.#keyring.id('b.example/k0');
    return { name, deed: () => ({ sender: '@:b.example', type: 'm.server.keys', stateKey, content: { keys: [...keys] }, signers }) };
  }
}

/** AUTH-4.5, as an honest server fills it in: the stay of somebody who is joined, under the root that is admitted. */
function stayAt(at: Lookup, user: string): string {
  const member = at('m.room.member', user);
  if (member === undefined || member.content['membership'] !== 'join') return 'none';
  const admitted = serverOf(user) === 'a.example' ? at('m.guild.create', '') : at('m.server.admission', serverOf(user));
  if (admitted?.content['root'] !== member.content['root']) return 'none';
  return typeof member.content['stay'] === 'string' ? member.content['stay'] : member.id;
}
