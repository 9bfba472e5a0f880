import { expect } from 'chai';
import { roomVersion } from '../../src/version/room-version.ts';
import { TESTED_VERSIONS } from './versions.ts';

describe('the table of room versions', () => {
  it('has the auth rules and the resolution of Matrix versions 3 to 12', () => {
    for (const [id, { flags, switches }] of TESTED_VERSIONS) {
      const version = roomVersion(id);
      expect(version?.authority, id).to.deep.equal(flags);
      expect(version?.resolution, id).to.equal(switches.startsEmpty ? 'v2.1' : 'v2');
    }
  });
});
