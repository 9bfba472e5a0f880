import { expect } from 'chai';
import { BITS } from '../../src/auth/permission-bits.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { roomVersion } from '../../src/version/room-version.ts';
import { baseGuild, CAROL, EVERYONE, grant, message, OLGA, root } from '../room/base-guild.ts';
import type { MemoryHost } from '../room/memory-host.ts';

/** Names that every object inherits, where a careless look-up finds something that nobody put there. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'];
const SETTINGS = 'm.guild.meta';

function tries(host: MemoryHost, guild: string, sender: string): string {
  const { outcome } = host.create(guild, { type: SETTINGS, sender, state_key: '', content: { name: sender } });
  return 'fault' in outcome ? outcome.fault.rule : outcome.kind;
}

describe('names that objects inherit', () => {
  it('are roles like any other: they give what they say, to whom they are granted, and before that nothing', () => {
    for (const name of INHERITED) {
      const { a, guild, stays } = baseGuild();
      expect(tries(a, guild, CAROL), name).to.equal('AUTH-7.12');
      const table = `{"everyone":{"rank":0,"allow":"${EVERYONE}"},"${name}":{"rank":10,"allow":"${EVERYONE | BITS.MANAGE_GUILD}"}}`;
      a.add(guild, OLGA, 'm.guild.authority', { roles: JSON.parse(table) as JsonObject }, '');
      expect(tries(a, guild, CAROL), name).to.equal('AUTH-7.12');
      grant(a, guild, CAROL, [name], stays[CAROL] as string);
      expect(tries(a, guild, CAROL), name).to.equal('accepted');
      expect(() => grant(a, guild, CAROL, [`${name}_`], stays[CAROL] as string), name).to.throw('AUTH-7.8');
      const hash = a.stateHash(guild);
      a.reopen();
      expect(a.stateHash(guild), name).to.equal(hash);
    }
  });

  it('are users and keys of the state like any other', () => {
    const { a, guild, channel } = baseGuild();
    for (const name of ['__proto__', 'constructor']) {
      const user = `@${name}:a.example`;
      expect(tries(a, guild, user)).to.equal('AUTH-6.7');
      expect(() => message(a, channel, user, 'hello')).to.throw('AUTH-6.7');
      const { event_id } = a.add(guild, user, 'm.room.member', { membership: 'join', root: root('a.example') }, user);
      message(a, channel, user, 'hello');
      a.add(
        guild,
        OLGA,
        'm.guild.authority',
        { roles: { everyone: { rank: 0, allow: String(EVERYONE) }, [name]: { rank: 5, allow: '0' } } },
        '',
      );
      const looks = a.add(guild, OLGA, 'm.guild.role', { name: 'looks' }, name);
      const entry = a.serve(a.room(guild), () => a.room(guild).stateEvent('m.guild.role', name));
      expect(entry?.event_id).to.equal(looks.event_id);
      const member = a.serve(a.room(guild), () => a.room(guild).stateEvent('m.room.member', user));
      expect(member?.event_id).to.equal(event_id);
    }
    for (const name of INHERITED) {
      expect(a.serve(a.room(channel), () => a.room(channel).stateEvent(name, name))).to.equal(null);
      expect(roomVersion(name)).to.equal(undefined);
    }
  });
});
