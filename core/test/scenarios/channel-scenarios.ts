import { BITS } from '@openguild/core';
import { expect } from 'chai';
import { at, entry } from './acts.ts';
import { ADMIN, adam, b, bea, max, mod, MODERATOR, moss, olga, ROLES, sam } from './bases.ts';
import type { Scenario } from './scenario.ts';

const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES, MANAGE_CHANNELS } = BITS;

/** Channels: they hold no authority and are judged by the guild's state at the heads that they cite (in brackets). */
export const CHANNELS: readonly Scenario[] = [
  {
    name: 'a message that cites an old guild',
    rule: 'AUTH-6.7',
    why: 'max is banned. His message that cites the guild before that is accepted, and soft-failed by who knows the ban; one that cites the ban is rejected.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── ban
        c1_new ──┬── old(F)
                 └── new(ban)✗
        `,
        { ban: mod.bans(max), old: max.says(), new: max.says() },
      );
      expect(w.softFault('old', ['c1_new'], ['ban'])).to.equal('NOT_JOINED');
      expect(w.refused).to.deep.equal({ new: 'NOT_JOINED' });
    },
  },
  {
    name: 'a member without VIEW_CHANNEL',
    rule: 'AUTH-8.1',
    why: 'everyone loses VIEW_CHANNEL, moderators are let in: max cannot speak, mod and the owner can.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── o
        c1_new ──┬── m1(o)✗
                 └── m2(o) ── m3(o)
        `,
        {
          o: olga.overwrites(entry('role', 'everyone', { deny: VIEW_CHANNEL }), entry('role', 'mod', { allow: VIEW_CHANNEL })),
          m1: max.says(),
          m2: mod.says(),
          m3: olga.says(),
        },
      );
      expect(w.refused).to.deep.equal({ m1: 'BIT_VIEW_CHANNEL' });
    },
  },
  {
    name: 'overwrites in Discord’s order',
    rule: 'AUTH-4.18',
    why: 'everyone may not send; low may and mod may not (roles together: allow wins); a member’s own entry comes last; bea’s role has no entry.',
    base: 'guildWithChannel',
    play: (w) => {
      const everyone = entry('role', 'everyone', { deny: SEND_MESSAGES });
      const low = entry('role', 'low', { allow: SEND_MESSAGES });
      w.draw(
        `
        F ── g ── g2 ── o ── o2
        c1_new ── m1(o) ──┬── m2(o)✗
                          ├── m3(o2)✗
                          └── m4(o2)✗
        `,
        {
          g: olga.grants(sam, ['low']),
          g2: olga.grants(mod, ['mod', 'low']),
          o: olga.overwrites(everyone, low, entry('role', 'mod', { deny: SEND_MESSAGES })),
          m1: mod.says(),
          m2: max.says(),
          o2: olga.overwrites(everyone, low, entry('member', sam.id, { deny: SEND_MESSAGES }, 'sam_j')),
          m3: sam.says(),
          m4: bea.says(),
        },
      );
      expect(w.refused).to.deep.equal({ m2: 'BIT_CHANNEL', m3: 'BIT_CHANNEL', m4: 'BIT_CHANNEL' });
    },
  },
  {
    name: 'a member’s allow ends with the stay, his deny does not',
    rule: 'AUTH-4.18',
    why: 'max may pin by his own entry; after leaving and joining he may not. sam, muted, leaves and joins, and stays muted.',
    base: 'guildWithChannel',
    play: (w) => {
      const pins = entry('member', max.id, { allow: MANAGE_MESSAGES }, 'max_j');
      w.draw(
        `
        F ── o ── l ── j ── o2 ── l2 ── j2
        c1_new ── p1(o) ──┬── p2(j)✗
                          └── m(j2)✗
        `,
        {
          o: olga.overwrites(pins),
          p1: max.pins(),
          l: max.leaves(),
          j: max.joins(),
          p2: max.pins(),
          o2: olga.overwrites(entry('member', sam.id, { deny: SEND_MESSAGES }, 'sam_j'), pins),
          l2: sam.leaves(),
          j2: sam.joins(),
          m: sam.says(),
        },
      );
      expect(w.refused).to.deep.equal({ p2: 'BIT_CHANNEL', m: 'BIT_CHANNEL' });
    },
  },
  {
    name: 'escalation by overwrites',
    rule: 'AUTH-7.10',
    why: 'mod gives a bit he lacks; edits admin’s entry, and an equal’s; one bit is both allowed and denied; two members at once.',
    base: 'guildWithChannel',
    play: (w) => {
      const mute = { deny: SEND_MESSAGES };
      w.draw(
        `
        F ──┬── o1✗
            ├── o2✗
            ├── o3✗
            ├── o4✗
            └── o5✗
        `,
        {
          o1: mod.overwrites(entry('role', 'low', { allow: MANAGE_CHANNELS })),
          o2: mod.overwrites(entry('role', 'admin', mute)),
          o3: mod.overwrites(entry('member', moss.id, mute, 'moss_j')),
          o4: mod.overwrites(entry('role', 'low', { allow: SEND_MESSAGES, deny: SEND_MESSAGES })),
          o5: mod.overwrites(entry('member', max.id, mute, 'max_j'), entry('member', sam.id, mute, 'sam_j')),
        },
      );
      expect(w.refused).to.deep.equal({
        o1: 'BITS_LACKED',
        o2: 'RANK_ROLE',
        o3: 'RANK_TARGET',
        o4: 'OVERWRITES_SHAPE',
        o5: 'OVERWRITES_ONE_MEMBER',
      });
    },
  },
  {
    name: 'an overwrite against the removal of the role',
    rule: 'RES-6',
    why: 'mod mutes max while olga takes mod’s role: his overwrites are void, hers from the same time stand.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ──┬── strip ── o
            └── x†
        `,
        {
          strip: olga.grants(mod, []),
          o: olga.overwrites(entry('role', 'low', { allow: MANAGE_MESSAGES })),
          x: at(900, mod.overwrites(entry('member', max.id, { deny: SEND_MESSAGES }, 'max_j'))),
        },
      );
      expect(w.holder('m.channel.overwrites', 'c1')).to.equal('o');
    },
  },
  {
    name: 'rename by a demoted moderator against the owner',
    rule: 'RES-8',
    why: 'olga demotes adam and renames: hers stands, since his guild lies strictly in the past of hers, though his clock is later. Between equals the clock decides.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── demote
        c1_new ──┬── n_adam(F)
                 ├── n_bea(F)
                 └── n_olga(demote)
        `,
        {
          n_adam: at(900, adam.renames('x')),
          n_bea: at(899, bea.renames('z')),
          demote: olga.grants(adam, []),
          n_olga: at(500, olga.renames('y')),
        },
      );
      expect(w.holder('m.channel.name', '', 'c1', ['n_adam', 'n_olga'])).to.equal('n_olga');
      expect(w.holder('m.channel.name', '', 'c1', ['n_adam', 'n_bea'])).to.equal('n_adam');
    },
  },
  {
    name: 'rename at concurrent guild heads',
    rule: 'RES-8',
    why: 'Both rename, at different ends of the guild. The union of these decides: adam is not entitled there.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ──┬── demote
            ├── side
            └── side2
        c1_new ──┬── n_adam(side)
                 └── n_bea(demote)
        `,
        {
          demote: olga.grants(adam, []),
          side: sam.renews('sam_j'),
          side2: max.renews('max_j'),
          n_adam: at(900, adam.renames('x')),
          n_bea: at(500, bea.renames('y')),
        },
      );
      expect(w.holder('m.channel.name', '', 'c1', ['n_adam', 'n_bea'])).to.equal('n_bea');
    },
  },
  {
    name: 'entitled before powerful',
    rule: 'RES-8',
    why: 'olga gives MANAGE_CHANNELS to moderators and takes it from admins. adam, who did not know, ranks higher and has the later clock; mod is entitled where both ends meet.',
    base: 'guildWithChannel',
    play: (w) => {
      const swapped = {
        ...ROLES,
        admin: [90, ADMIN & ~BITS.MANAGE_CHANNELS],
        mod: [50, MODERATOR | BITS.MANAGE_CHANNELS],
      } as const;
      w.draw(
        `
        F ──┬── swap
            └── side
        c1_new ──┬── n_adam(side)
                 └── n_mod(swap)
        `,
        {
          swap: olga.setsRoles(swapped),
          side: sam.renews('sam_j'),
          n_adam: at(900, adam.renames('x')),
          n_mod: at(500, mod.renames('y')),
        },
      );
      expect(w.holder('m.channel.name', '', 'c1', ['n_adam', 'n_mod'])).to.equal('n_mod');
    },
  },
  {
    name: 'an entry of a channel never vanishes',
    rule: 'RES-8',
    why: 'Both renamed, and neither is entitled at the union of their guild heads. The later stands until somebody renames.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ──┬── d1
            └── d2
        c1_new ──┬── n_adam(d2)
                 └── n_bea(d1)
        `,
        {
          d1: olga.grants(adam, []),
          d2: olga.grants(bea, []),
          n_adam: at(900, adam.renames('x')),
          n_bea: at(500, bea.renames('y')),
        },
      );
      expect(w.holder('m.channel.name', '', 'c1', ['n_adam', 'n_bea'])).to.equal('n_adam');
    },
  },
  {
    name: 'deleted and unlisted channels',
    rule: 'AUTH-7.9',
    why: 'olga deletes c1: no events there. c2 exists and is not listed: none there either, until it is.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── del ── c2_list
        c1_new ── m1(del)✗
        F ── c2_new(del) ──┬── m2(del)✗
                           └── m3(c2_list)
        `,
        {
          del: olga.lists('c1', { kind: 'text', deleted: true }),
          m1: max.says(),
          c2_new: adam.createsChannel('c2'),
          m2: max.says('c2'),
          c2_list: adam.lists('c2'),
          m3: max.says('c2'),
        },
      );
      expect(w.refused).to.deep.equal({ m1: 'CHANNEL_LISTED', m2: 'CHANNEL_LISTED' });
    },
  },
  {
    name: 'the frontier rule',
    rule: 'AUTH-2.5',
    why: 'A reply that cites older guild heads than the message it follows is rejected; one that cites both is right. Who does not follow a cited guild event soft-fails.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ──┬── g1
            └── g2
        c1_new ── m1(g1) ──┬── m2(g2)✗
                           └── m3(g1, g2)
        `,
        { g1: sam.renews('sam_j'), g2: max.renews('max_j'), m1: max.says(), m2: max.says(), m3: max.says() },
      );
      expect(w.refused).to.deep.equal({ m2: 'FRONTIER' });
      expect(w.softFault('m3', ['m1'], ['g1'])).to.equal('AHEAD');
      expect(w.softFault('m3', ['m1'], ['g1', 'g2'])).to.equal(null);
    },
  },
  {
    name: 'citing rejected events',
    rule: 'AUTH-2.2',
    why: 'A rejected guild event spoils the channel event that cites it, and all that follow either.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── bad✗ ── g2✗
        c1_new ── m1(bad)✗ ── m2(F)✗
        `,
        { bad: max.setsRoles(ROLES), m1: max.says(), m2: max.says(), g2: sam.renews('sam_j') },
      );
      expect(w.refused).to.deep.equal({
        bad: 'BIT_MANAGE_ROLES',
        m1: 'CITES_REJECTED_GUILD',
        m2: 'CITES_REJECTED',
        g2: 'CITES_REJECTED',
      });
    },
  },
  {
    name: 'a key rotation against a message',
    rule: 'AUTH-1.4',
    why: 'b drops k1. A message signed by k1 that cites the rotation is rejected; one that cites the guild before it is accepted, and soft-failed.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        F ── rotate
        c1_new ──┬── m1(rotate)✗
                 └── m2(F)
        `,
        { rotate: b.statesKeys(['b.example/k0', 'b.example/k2'], 'b.example/k0'), m1: max.says(), m2: max.says() },
      );
      expect(w.softFault('m2', ['c1_new'], ['rotate'])).to.equal('KEY_LISTED');
      expect(w.refused).to.deep.equal({ m1: 'KEY_LISTED' });
    },
  },
  {
    name: 'merges in channels',
    rule: 'AUTH-1.5',
    why: 'A bare server merges, and does not speak. A merge changes no state.',
    base: 'guildWithChannel',
    play: (w) => {
      w.draw(
        `
        c1_new ──┬── m1(F) ──┬── m(F) ── m3(F)✗
                 └── m2(F) ──┘
        `,
        { m1: max.says(), m2: sam.says(), m: b.merges('c1'), m3: b.says() },
      );
      expect(w.refused).to.deep.equal({ m3: 'BARE_SERVER' });
      expect(w.state('c1', ['m'])).to.deep.equal(w.state('c1', ['m1', 'm2']));
    },
  },
];
