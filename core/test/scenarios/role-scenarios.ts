import { ALL_BITS, BITS } from '@openguild/core';
import { expect } from 'chai';
import { act, at } from './acts.ts';
import { a, adam, b, bea, eve, max, mod, olga, ROLES, sam } from './bases.ts';
import type { Scenario } from './scenario.ts';

/** Roles, grants, ranks. */
export const ROLE_STORIES: readonly Scenario[] = [
  {
    name: 'a stale table does not revert the owner’s',
    rule: 'RES-3',
    why: 'olga strips role mod; adam edits role low in the old table, later by the clock. olga’s table stands, by weight.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── strip
            └── edit
        `,
        { strip: olga.setsRoles({ ...ROLES, mod: [50, 0n] }), edit: adam.setsRoles({ ...ROLES, low: [10, BITS.KICK_MEMBERS] }) },
      );
      expect(w.holder('m.guild.authority')).to.equal('strip');
    },
  },
  {
    name: 'widen and assign',
    rule: 'RES-6',
    why: 'olga gives role low ADMINISTRATOR while mod gives low to max. mod lacks that bit, so his grant is void.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── widen
            └── assign†
        `,
        { widen: olga.setsRoles({ ...ROLES, low: [10, BITS.ADMINISTRATOR] }), assign: mod.grants(max, ['low']) },
      );
      expect(w.bits(max) & BITS.BAN_MEMBERS).to.equal(0n);
    },
  },
  {
    name: 'escalation by editing roles',
    rule: 'AUTH-7.4',
    why: 'mod gives low a bit he lacks, gives low his own rank, edits his own role; everyone gets ADMIT_SERVERS.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── e1✗
            ├── e2✗
            ├── e3✗
            └── e4✗
        `,
        {
          e1: mod.setsRoles({ ...ROLES, low: [10, BITS.MANAGE_GUILD] }),
          e2: mod.setsRoles({ ...ROLES, low: [50, 0n] }),
          e3: mod.setsRoles({ ...ROLES, mod: [50, ALL_BITS] }),
          e4: olga.setsRoles({ ...ROLES, everyone: [0, BITS.ADMIT_SERVERS] }),
        },
      );
      expect(w.refused).to.deep.equal({ e1: 'BITS_LACKED', e2: 'RANK_ROLE', e3: 'RANK_ROLE', e4: 'AUTHORITY_EVERYONE' });
    },
  },
  {
    name: 'escalation by grants',
    rule: 'AUTH-7.3',
    why: 'mod gives max his own role, gives himself one, strips adam; he may drop his own. adam grants for a stay that is over.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── g1✗
            ├── g2✗
            ├── g4✗
            └── g3 ── l ── j ── g5✗
        `,
        {
          g1: mod.grants(max, ['mod']),
          g2: mod.grants(mod, ['mod', 'low']),
          g4: mod.grants(adam, []),
          g3: mod.grants(mod, []),
          l: max.leaves(),
          j: max.joins(),
          g5: adam.grants(max, ['low'], { stay: 'max_j' }),
        },
      );
      expect(w.refused).to.deep.equal({ g1: 'RANK_ROLE', g2: 'GRANT_OWN', g4: 'RANK_TARGET', g5: 'GRANT_STAY' });
    },
  },
  {
    name: 'role edit against grant, within bits',
    rule: 'RES-6',
    why: 'olga widens low by a bit that mod has while mod grants low: both stand.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── widen
            └── assign
        `,
        { widen: olga.setsRoles({ ...ROLES, low: [10, BITS.KICK_MEMBERS] }), assign: mod.grants(max, ['low']) },
      );
      expect(w.roles(max)).to.deep.equal(['low']);
    },
  },
  {
    name: 'two admins demote each other',
    rule: 'AUTH-6.11',
    why: 'Equal ranks cannot act on each other: both are rejected. olga’s demotion works.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── d1✗
            ├── d2✗
            └── d3
        `,
        { d1: adam.grants(bea, []), d2: bea.grants(adam, []), d3: olga.grants(adam, []) },
      );
      expect(w.refused).to.deep.equal({ d1: 'RANK_TARGET', d2: 'RANK_TARGET' });
      expect([w.roles(adam), w.roles(bea)]).to.deep.equal([[], ['admin']]);
    },
  },
  {
    name: 'a demoted admin’s late branch',
    rule: 'RES-6',
    why: 'adam’s grant from before his demotion, backdated, is void. What he granted in its past stays.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ── before ──┬── demote
                      └── late†
        `,
        { before: adam.grants(max, ['mod']), demote: olga.grants(adam, []), late: at(1, adam.grants(eve, ['mod'])) },
      );
      expect([w.roles(eve), w.roles(max)]).to.deep.equal([[], ['mod']]);
    },
  },
  {
    name: 'a sock puppet bridges a backdated branch',
    rule: 'RES-6',
    why: 'Soft-failure refuses the late branch, not sam’s harmless event that cites it. It does not matter: resolution does not let it in.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── demote ──┬── bridge
            └── late† ───┘
        `,
        { demote: olga.grants(adam, []), late: at(1, adam.grants(eve, ['mod'])), bridge: sam.renews('sam_j') },
      );
      expect(w.softFault('late', ['demote'])).to.equal('BIT_MANAGE_ROLES');
      expect(w.softFault('bridge', ['demote'])).to.equal(null);
      expect(w.roles(eve)).to.deep.equal([]);
    },
  },
  {
    name: 'an empty merge changes nothing',
    rule: 'RES-1',
    why: 'Three concurrent edits, merged at once, or two of them first by an event without state: the same table.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── o
            ├── a† ─┬── x
            └── m ──┘
        o ──┬── y
        m ──┘
        `,
        {
          o: at(102, olga.grants(adam, ['mod'])),
          a: at(102, adam.setsRoles({ ...ROLES, low: [60, BITS.MANAGE_ROLES] })),
          m: at(104, mod.setsRoles({ ...ROLES, low: [10, BITS.BAN_MEMBERS] })),
          x: a.merges(),
          y: b.merges(),
        },
      );
      const flat = w.state('g', ['o', 'a', 'm']);
      expect(w.state('g', ['x', 'o'])).to.deep.equal(flat);
      expect(w.state('g', ['y', 'a', 'x'])).to.deep.equal(flat);
    },
  },
  {
    name: 'nobody takes the guild',
    rule: 'AUTH-7.13',
    why: 'The owner is the create event’s sender. An admin names no successor; a member writes no roles.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── s✗
            └── r✗
        `,
        { s: act(adam.id, 'm.guild.successor', { guild: '!other' }, ''), r: max.setsRoles(ROLES) },
      );
      expect(w.refused).to.deep.equal({ s: 'OWNER', r: 'BIT_MANAGE_ROLES' });
      expect(w.ask('g', (view) => view.create?.sender)).to.equal(olga.id);
    },
  },
  {
    name: 'a chain carries its highest rank',
    rule: 'RES-2',
    why: 'olga edits, adam edits on top of it; his other edit is concurrent and later. The branch that holds olga’s edit wins whole.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── e0 ── e1
            └── e2
        `,
        { e0: olga.grants(max, ['mod']), e1: adam.grants(max, ['low']), e2: at(500, adam.grants(max, [])) },
      );
      expect(w.holder('m.guild.member_roles', max.id)).to.equal('e1');
      expect(w.roles(max)).to.deep.equal(['low']);
    },
  },
  {
    name: 'equal ranks settle by the clock',
    rule: 'RES-3',
    why: 'Known limit: two admins grant differently at once; the later time stamp stands, which its author chose.',
    base: 'guild',
    play: (w) => {
      w.draw(
        `
        F ──┬── k1
            └── k2
        `,
        { k1: at(300, adam.grants(max, ['low'])), k2: at(301, bea.grants(max, ['mod'])) },
      );
      expect(w.holder('m.guild.member_roles', max.id)).to.equal('k2');
    },
  },
];
