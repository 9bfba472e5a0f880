import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { TestHost } from './test-host.ts';

describe('host: rooms of another release', () => {
  it('it does not start where it could not open them, says so, and starts once they can be read', async () => {
    const host = await TestHost.start();
    try {
      const alice = await host.register('alice');
      const guild = await alice.guild();
      const be = (from: string, to: string): void => {
        const db = new Database(join(host.folder, 'openguild.db'));
        expect(db.prepare('UPDATE rooms SET room_version = ? WHERE room_version = ?').run(to, from).changes).to.equal(1);
        db.close();
      };
      const version = 'org.openguild.1';
      const error = await host.restart(async () => be(version, 'org.openguild.draft')).catch((one: unknown) => one);
      expect(String(error)).to.match(
        /^UnknownVersionsError: 1 of the rooms here have versions that this release does not read \(org\.openguild\.draft\): run the release/,
      );
      be('org.openguild.draft', version);
      await host.restart();
      await alice.channel(guild);
    } finally {
      await host.stop();
    }
  });
});
