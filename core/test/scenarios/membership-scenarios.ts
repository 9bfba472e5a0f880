import { expect } from 'chai';
import { adam, bea, cleo, eve, max, mod, moss, olga, sam, a } from './bases.ts';
import { at, signedBy } from './acts.ts';
import type { Scenario } from './scenario.ts';

/** Bans, kicks, joins and stays. */
export const MEMBERSHIP: readonly Scenario[] = [
  {
    name: 'owner bans while moderator kicks',
    rule: 'RES-3',
    why: 'A ban beats other memberships, whoever made it, whatever the clock says.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── b1
            ├── k1†
            ├── b2
            └── k2
        `,
        { b1: olga.bans(max), k1: mod.kicks(max), b2: mod.bans(eve), k2: olga.kicks(eve) },
      );
      expect([w.membership(max), w.membership(eve)]).to.deep.equal(['ban', 'ban']);
    },
  },
  {
    name: 'kick of a moderator keeps his past bans',
    rule: 'RES-5',
    why: 'What ranks higher undoes nothing that lies in its own past: the ban stands.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── ban ── kick
            └── stale
        `,
        { ban: mod.bans(max), kick: olga.kicks(mod), stale: sam.renews('sam_j') },
      );
      expect(w.membership(max)).to.equal('ban');
    },
  },
  {
    name: 'a banned user’s backdated join',
    rule: 'RES-6',
    why: 'The ban stands although its author lost his role afterwards; the join, which cites the time before, is void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── ban ── demote
            └── rejoin†
        `,
        { ban: mod.bans(max), demote: olga.grants(mod, []), rejoin: at(500, max.renews('max_j')) },
      );
      expect(w.membership(max)).to.equal('ban');
    },
  },
  {
    name: 'a later kick does not revive',
    rule: 'RES-7',
    why: 'adam’s grant was void when his first kick was merged. A second kick, of a later stay, does not bring it back.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── k1 ── again ──┬── m ── k2
            ├── g† ───────────┘
            └── stale
        `,
        {
          k1: olga.kicks(adam),
          g: at(90, adam.grants(max, ['mod'])),
          again: adam.joins(),
          m: a.merges(),
          k2: olga.kicks(adam),
          stale: sam.renews('sam_j'),
        },
      );
      expect(w.roles(max)).to.deep.equal([]);
    },
  },
  {
    name: 'roles end with the stay',
    rule: 'AUTH-4.7',
    why: 'adam leaves and joins again: he has no roles.',
    base: 'guild',
    play: (w) => {
      w.draw('F ── l ── j', { l: adam.leaves(), j: adam.joins() });
      expect(w.roles(adam)).to.deep.equal([]);
      expect(w.membership(adam)).to.equal('join');
    },
  },
  {
    name: 'a profile change keeps the stay',
    rule: 'AUTH-6.5',
    why: 'A join that names the stay keeps the roles; one that names a finished stay is rejected.',
    base: 'guild',
    play: (w) => {
      w.draw('F ── j ── l ── j2✗', { j: adam.renews('adam_j'), l: max.leaves(), j2: max.renews('max_j') });
      expect(w.roles(adam)).to.deep.equal(['admin']);
      expect(w.refused).to.deep.equal({ j2: 'JOIN_STAY' });
    },
  },
  {
    name: 'an unban names its ban',
    rule: 'AUTH-6.12',
    why: 'An unban without the ban’s name is rejected; one that names it works; a concurrent second ban survives it.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── b1 ──┬── u0✗
                  ├── u1
                  └── b2
        `,
        { b1: mod.bans(max), u0: adam.kicks(max), u1: adam.unbans(max, 'b1'), b2: mod.bans(max) },
      );
      expect(w.refused).to.deep.equal({ u0: 'UNBAN_NAMES' });
      expect([w.membership(max), w.membership(max, ['u1'])]).to.deep.equal(['ban', 'leave']);
    },
  },
  {
    name: 'nobody acts on an equal or higher rank',
    rule: 'AUTH-6.11',
    why: 'mod cannot kick moss, his equal, nor ban adam; he can kick max.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── k1✗
            ├── k2✗
            └── k3
        `,
        { k1: mod.kicks(moss), k2: mod.bans(adam), k3: mod.kicks(max) },
      );
      expect(w.refused).to.deep.equal({ k1: 'RANK_TARGET', k2: 'RANK_TARGET' });
    },
  },
  {
    name: 'two moderators and an admin',
    rule: 'RES-4',
    why: 'adam’s act on mod is judged before mod’s act on max, by rank; so mod’s ban is void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── b1
            └── b2†
        `,
        { b1: adam.bans(mod), b2: mod.bans(max) },
      );
      expect([w.membership(mod), w.membership(max)]).to.deep.equal(['ban', 'join']);
    },
  },
  {
    name: 'a backdated ban of an admin who joined later',
    rule: 'RES-6',
    why: 'A grant is put in place together with the stay that it names: so the ban is an act on a higher rank, and void.',
    base: 'guildWithC',
    play: (w) => {
      w.draw(
        `
        F ──┬── cleo_j ── cleo_g ── k
            └── ban†
        `,
        { cleo_j: cleo.joins(), cleo_g: olga.grants(cleo, ['admin']), k: mod.kicks(max), ban: at(500, mod.bans(cleo)) },
      );
      expect(w.membership(cleo)).to.equal('join');
    },
  },
  {
    name: 'a ban against a join',
    rule: 'RES-6',
    why: 'max, who left, joins while mod bans him: banned.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── l ──┬── b
                 └── j†
        `,
        { l: max.leaves(), b: mod.bans(max), j: at(500, max.joins()) },
      );
      expect(w.membership(max)).to.equal('ban');
    },
  },
  {
    name: 'a closed guild',
    rule: 'AUTH-6.6',
    why: 'Invite only: max returns with an invitation; sam by the word of somebody who may invite, if that one’s host signs.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── close ── l ── l2 ──┬── j0✗
                                └── i ── j1 ──┬── j2✗
                                              └── j3
        `,
        {
          close: olga.setsJoinRule('invite'),
          l: max.leaves(),
          l2: sam.leaves(),
          j0: max.joins(),
          i: adam.invites(max),
          j1: max.joins(),
          j2: sam.joins({ via: adam }),
          j3: signedBy(['e.example/k1', 'a.example/k1'], sam.joins({ via: adam })),
        },
      );
      expect(w.refused).to.deep.equal({ j0: 'JOIN_INVITE', j2: 'JOIN_INVITE' });
      expect(w.membership(sam)).to.equal('join');
    },
  },
  {
    name: 'a join against closing',
    rule: 'RES-6',
    why: 'max, who left, joins the public guild while olga closes it: his join is void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── l ──┬── close
                 └── j†
        `,
        { l: max.leaves(), close: olga.setsJoinRule('invite'), j: max.joins() },
      );
      expect(w.membership(max)).to.equal('leave');
    },
  },
  {
    name: 'a void ancestor of low rank is seen as by the author',
    rule: 'RES-5',
    why: 'adam’s kick is judged before mod’s, which ranks lower; mod’s must count as adam saw it, void, else adam would have kicked an absent man and max were back.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── x† ──┬── e
            ├── d ───┘
            └── stale
        `,
        { x: mod.kicks(max), d: olga.grants(mod, []), e: adam.kicks(max), stale: sam.renews('sam_j') },
      );
      expect(w.membership(max)).to.equal('leave');
    },
  },
  {
    name: 'deposed by a void demotion',
    rule: 'RES-4',
    why: 'olga bans adam, so adam’s ban of mod is void, so mod’s ban of max stands although adam outranks him.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── a
            ├── b†
            └── c
        `,
        { a: olga.bans(adam), b: adam.bans(mod), c: mod.bans(max) },
      );
      expect([w.membership(mod), w.membership(max)]).to.deep.equal(['join', 'ban']);
    },
  },
  {
    name: 'who resigned can backdate what he was entitled to',
    rule: 'RES-6',
    why: 'Known limit: mod drops his own role, then bans max, citing the time before. His resignation ranks no higher than his ban.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── resign
            └── ban
        `,
        { resign: mod.grants(mod, []), ban: mod.bans(max) },
      );
      expect(w.membership(max)).to.equal('ban');
    },
  },
  {
    name: 'what lies before a cut is final',
    rule: 'RES-9',
    why: 'mod’s ban lies before the merge, which everything after follows; bea’s demotion of mod after it, and a fork there, do not touch it.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── ban ────┬── m ──┬── demote
            └── stale ──┘       └── late†
        `,
        { ban: mod.bans(max), stale: sam.renews('sam_j'), m: a.merges(), demote: bea.grants(mod, []), late: mod.bans(eve) },
      );
      expect([w.membership(max), w.membership(eve)]).to.deep.equal(['ban', 'join']);
    },
  },
];
