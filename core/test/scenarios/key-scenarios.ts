import { expect } from 'chai';
import { at, signedBy, within } from './acts.ts';
import { a, adam, b, bea, c, cleo, eve, max, mod, olga, ROLES, sam } from './bases.ts';
import type { Scenario } from './scenario.ts';

/** Servers' keys and admissions, persons' keys. */
export const KEYS: readonly Scenario[] = [
  {
    name: 'a false server key by a member',
    rule: 'AUTH-5.1',
    why: 'max, without ADMIT_SERVERS, admits another root for server e: rejected.',
    base: 'guild',
    play: (w) => {
      w.draw('F ── x✗', { x: max.admits('e.example', 0, { root: 'evil/k0' }) });
      expect(w.refused).to.deep.equal({ x: 'BIT_ADMIT_SERVERS' });
    },
  },
  {
    name: 'takeover by an admitter',
    rule: 'AUTH-5.2',
    why: 'eve (rank 10, ADMIT_SERVERS) replaces the owner’s server, then the admins’, then admits c at rank 50: all rank at or above her. Rank 9 she may give.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw(
        `
        F ──┬── a✗
            ├── b✗
            ├── c✗
            └── d
        `,
        {
          a: eve.admits('a.example', 0, { root: 'evil/k0' }),
          b: eve.admits('b.example', 0, { root: 'evil/k0' }),
          c: eve.admits('c.example', 50),
          d: eve.admits('c.example', 9),
        },
      );
      expect(w.refused).to.deep.equal({ a: 'RANK_SERVER', b: 'RANK_SERVER', c: 'RANK_SERVER' });
    },
  },
  {
    name: 'an admission needs the new root’s signature',
    rule: 'AUTH-5.3',
    why: 'adam admits c under a root that did not sign for the room; then tries to change e’s keys under e’s own root.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── x✗
            └── y✗
        `,
        {
          x: adam.admits('c.example', 0, { proof: 'e.example/k1' }),
          y: adam.admits('e.example', 50, { keys: ['e.example/k0', 'evil/k1'] }),
        },
      );
      expect(w.refused).to.deep.equal({ x: 'ADMIT_PROOF', y: 'ADMIT_KEYS' });
    },
  },
  {
    name: 'a revoked admitter cannot take over a server',
    rule: 'AUTH-4.2',
    why: 'eve’s backdated admission of c under an evil root is void by rank; that root’s statement, above all users, concerns nobody else.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw(
        `
        F ──┬── strip ── ban
            ├── x† ── own
            └── y✗
        `,
        {
          strip: olga.grants(eve, []),
          ban: bea.bans(sam),
          x: at(105, eve.admits('c.example', 9, { root: 'evil/k0' })),
          own: at(900, c.statesKeys(['evil/k0', 'evil/k1'], 'evil/k0', 'evil/k0')),
          y: at(106, eve.admits('b.example', 9, { root: 'evil/k0' })),
        },
      );
      expect(w.refused).to.deep.equal({ y: 'RANK_SERVER' });
      expect(w.keys('b.example')).to.deep.equal(['k0', 'k1', 'k2']);
      expect([w.roles(bea), w.membership(sam)]).to.deep.equal([['admin'], 'ban']);
    },
  },
  {
    name: 'a backdated first admission',
    rule: 'RES-6',
    why: 'olga admits c, cleo@c becomes admin. eve, from before, admits c under an evil root: void, since olga’s admission stands above.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw(
        `
        F ──┬── adm ── cleo_j ── cleo_g
            └── x†
        `,
        {
          adm: olga.admits('c.example', 80),
          cleo_j: cleo.joins(),
          cleo_g: olga.grants(cleo, ['admin']),
          x: at(900, eve.admits('c.example', 9, { root: 'evil/k0' })),
        },
      );
      expect(w.holder('m.server.admission', 'c.example')).to.equal('adm');
      expect([w.roles(cleo), w.rank(cleo)]).to.deep.equal([['admin'], 80]);
    },
  },
  {
    name: 'the ceiling of a server',
    rule: 'AUTH-4.8',
    why: 'eve’s host admits c up to 9: an admin at c has the bits of his role, but rank 9. adam lifts it to 80. eve cannot lower it again.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw('F ── adm ── cleo_j ── cleo_g ── lift ── lower✗', {
        adm: eve.admits('c.example', 9),
        cleo_j: cleo.joins(),
        cleo_g: olga.grants(cleo, ['admin']),
        lift: adam.admits('c.example', 80),
        lower: eve.admits('c.example', 1),
      });
      expect([w.rank(cleo, ['cleo_g']), w.rank(cleo)]).to.deep.equal([9, 80]);
      expect(w.refused).to.deep.equal({ lower: 'RANK_SERVER' });
    },
  },
  {
    name: 'replacement ends roles and memberships',
    rule: 'AUTH-4.4',
    why: 'olga replaces b’s root: bea is no member and holds nothing; the old keys sign no more; a join carries the new root.',
    base: 'guild',
    play: (w) => {
      w.draw('F ── new ── old✗', {
        new: olga.admits('b.example', 90, { root: 'b.example/x0' }),
        old: signedBy(['b.example/x0'], bea.joins()),
      });
      expect([w.roles(bea), w.membership(bea), w.rank(bea), w.keys('b.example')]).to.deep.equal([[], 'leave', 0, ['x0']]);
      expect(w.refused).to.deep.equal({ old: 'JOIN_ROOT' });
    },
  },
  {
    name: 'a replacement against a ban by the replaced',
    rule: 'RES-6',
    why: 'olga replaces b’s root while bea, admin at b, bans sam, signed by the old key: void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── new
            └── ban†
        `,
        { new: olga.admits('b.example', 90, { root: 'b.example/x0' }), ban: bea.bans(sam) },
      );
      expect([w.roles(adam), w.membership(sam)]).to.deep.equal([['admin'], 'join']);
    },
  },
  {
    name: 'the order of keys',
    rule: 'AUTH-5.6',
    why: 'A statement signed by k1 may not touch k0; it may change what follows.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── x✗
            └── y ── z
        `,
        {
          x: b.statesKeys(['evil/k0', 'b.example/k1'], 'b.example/k1'),
          y: b.statesKeys(['b.example/k0', 'b.example/k1', 'b.example/n2'], 'b.example/k1'),
          z: b.statesKeys(['b.example/k0', 'b.example/k1', 'b.example/n2'], 'b.example/k0'),
        },
      );
      expect(w.refused).to.deep.equal({ x: 'KEYS_ORDER' });
      expect(w.keys('b.example')).to.deep.equal(['k0', 'k1', 'n2']);
    },
  },
  {
    name: 'a key rotated away, with a sock puppet',
    rule: 'AUTH-4.12',
    why: 'a’s host drops the stolen k1 by k0. The thief, backdated, lists an evil key, kicks as the owner, bans as adam; sam bridges. All void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── rotate ──┬── bridge
            ├── evil† ───┤
            ├── kick† ───┤
            └── ban† ────┘
        `,
        {
          rotate: a.statesKeys(['a.example/k0', 'a.example/n1'], 'a.example/k0'),
          evil: at(900, a.statesKeys(['a.example/k0', 'evil/k1'], 'a.example/k1')),
          kick: at(1, olga.kicks(max)),
          ban: at(2, adam.bans(eve)),
          bridge: sam.renews('sam_j'),
        },
      );
      expect(w.softFault('bridge', ['rotate'])).to.equal(null);
      expect(w.keys('a.example')).to.deep.equal(['k0', 'n1']);
      expect([w.membership(max), w.membership(eve)]).to.deep.equal(['join', 'join']);
    },
  },
  {
    name: 'lifting a ceiling does not undo a rotation',
    rule: 'AUTH-4.2',
    why: 'Who admits and what the keys are, are different entries: both stand. The thief’s later statement with the dropped key is void.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw(
        `
        F ──┬── rotate
            └── lift ── evil†
        `,
        {
          rotate: b.statesKeys(['b.example/k0', 'b.example/n1'], 'b.example/k0'),
          lift: olga.admits('b.example', 95),
          evil: at(900, b.statesKeys(['b.example/k0', 'evil/k1'], 'b.example/k1')),
        },
      );
      expect(w.keys('b.example')).to.deep.equal(['k0', 'n1']);
    },
  },
  {
    name: 'a key set in advance',
    rule: 'AUTH-1.4',
    why: 'Nobody prepares keys for a server that is not admitted, nor under another root than the admitted one.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── j✗
            ├── k✗
            └── r✗
        `,
        {
          j: cleo.joins(),
          k: c.statesKeys(['c.example/k0'], 'c.example/k0'),
          r: b.statesKeys(['evil/k0'], 'b.example/k0', 'evil/k0'),
        },
      );
      expect(w.refused).to.deep.equal({ j: 'KEY_LISTED', k: 'KEY_LISTED', r: 'KEYS_ROOT' });
    },
  },
  {
    name: 'a demoted admitter’s server',
    rule: 'RES-5',
    why: 'eve admits c while olga strips her: c’s admission is void, and so is cleo’s join, which rests on it. What others have stays.',
    base: 'guildWithGate',
    play: (w) => {
      w.draw(
        `
        F ──┬── strip
            └── adm† ── cleo_j†
        `,
        { strip: olga.grants(eve, []), adm: eve.admits('c.example', 9), cleo_j: cleo.joins() },
      );
      expect([w.roles(adam), w.rank(adam), w.membership(cleo)]).to.deep.equal([['admin'], 90, 'leave']);
    },
  },
  {
    name: 'the owner’s stolen host',
    rule: 'AUTH-4.11',
    why: 'a’s host signs for olga with its own key and not with hers: she counts as a simple member.',
    base: 'guildWithOwnerKey',
    play: (w) => {
      w.draw(
        `
        F ──┬── x✗
            └── y ── z✗
        `,
        { x: olga.kicks(max), y: signedBy(['a.example/k1', 'olga/p0'], olga.kicks(max)), z: olga.setsRoles(ROLES) },
      );
      expect(w.refused).to.deep.equal({ x: 'BIT_KICK', z: 'BIT_MANAGE_ROLES' });
    },
  },
  {
    name: 'a key in a grant',
    rule: 'AUTH-4.10',
    why: 'adam’s acts need the key that his grant names. He changes it under the old one, which then is powerless. He cannot remove it.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── g ──┬── x✗
                 └── y ──┬── c0✗
                         └── c1 ──┬── z✗
                                  └── c2✗
        `,
        {
          g: olga.grants(adam, ['admin'], { key: 'adam/p0' }),
          x: adam.kicks(max),
          y: signedBy(['a.example/k1', 'adam/p0'], adam.kicks(max)),
          c0: adam.grants(adam, ['admin'], { key: 'adam/p1' }),
          c1: signedBy(['a.example/k1', 'adam/p0'], adam.grants(adam, ['admin'], { key: 'adam/p1' })),
          z: signedBy(['a.example/k1', 'adam/p0'], adam.kicks(sam)),
          c2: signedBy(['a.example/k1', 'adam/p1'], adam.grants(adam, ['admin'])),
        },
      );
      expect(w.refused).to.deep.equal({ x: 'BIT_KICK', c0: 'PERSON_KEY', z: 'BIT_KICK', c2: 'GRANT_OWN' });
    },
  },
  {
    name: 'setting another’s key is granting anew',
    rule: 'AUTH-7.3',
    why: 'max holds low under a key. mod sets another one: he could grant low, so he may. With role mod in the list he may not.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── g ── g2 ── k ── g3✗
        `,
        {
          g: olga.grants(max, ['admin']),
          g2: olga.grants(max, ['low'], { key: 'max/p0' }),
          k: mod.grants(max, ['low'], { key: 'max/p1' }),
          g3: mod.grants(max, ['low', 'mod'], { key: 'max/p1' }),
        },
      );
      expect(w.refused).to.deep.equal({ g3: 'RANK_ROLE' });
    },
  },
];

/** Plain rooms, with power levels. */
export const PLAIN: readonly Scenario[] = [
  {
    name: 'power levels of a plain room',
    rule: 'AUTH-9.4',
    why: 'mod (50) kicks max and not adam (90); adam raises nobody above himself; nobody lists the creator; cleo’s server is not admitted.',
    base: 'plain',
    play: (w) => {
      const users = { [adam.id]: 90, [mod.id]: 50 };
      w.draw(
        `
        F ──┬── k1✗
            └── k2 ──┬── l0✗
                     ├── l1✗
                     └── c✗
        `,
        {
          k1: within('p1', mod.kicks(adam)),
          k2: within('p1', mod.kicks(max)),
          l0: adam.setsLevels({ users: { ...users, [sam.id]: 95 } }),
          l1: adam.setsLevels({ users: { ...users, [olga.id]: 1 } }),
          c: within('p1', cleo.joins()),
        },
      );
      expect(w.refused).to.deep.equal({ k1: 'RANK_TARGET', l0: 'LEVELS_ABOVE', l1: 'LEVELS_CREATOR', c: 'KEY_LISTED' });
    },
  },
  {
    name: 'resolution in a plain room',
    rule: 'RES-4',
    why: 'olga takes mod’s level: his ban of sam is void, adam’s of max stands. adam’s levels, later by the clock, weigh less than hers.',
    base: 'plain',
    play: (w) => {
      const users = { [adam.id]: 90 };
      w.draw(
        `
        F ──┬── o
            ├── x†
            ├── y
            └── m
        `,
        {
          o: olga.setsLevels({ users }),
          x: within('p1', mod.bans(sam)),
          y: within('p1', adam.bans(max)),
          m: at(900, adam.setsLevels({ users: { ...users, [mod.id]: 50 }, events: { 'm.room.topic': 0 } })),
        },
      );
      expect([w.membership(max, undefined, 'p1'), w.membership(sam, undefined, 'p1')]).to.deep.equal(['ban', 'join']);
      expect(w.holder('m.room.power_levels', '', 'p1')).to.equal('o');
    },
  },
];
