import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admissionMessage, base64decode, publicKeyOf, verifyPortable } from '@openguild/core';
import { expect } from 'chai';
import { readKeyDocument } from '../../src/federation/key-document.ts';
import { openServerKeys, ServerKeysError } from '../../src/services/server-keys.ts';

const options = { serverName: 'a.example', randomBytes: (count: number) => new Uint8Array(randomBytes(count)) };

describe('server keys', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'openguild-keys-')), 'keys');
  });
  afterEach(async () => {
    await rm(join(folder, '..'), { recursive: true });
  });

  const failure = (): Promise<unknown> => openServerKeys(folder, options).catch((error: unknown) => error);

  it('are made once, for their owner alone, and stay the same', async () => {
    const first = await openServerKeys(folder, options);
    const second = await openServerKeys(folder, options);
    expect(second.keys).to.deep.equal(first.keys);
    expect(first.root.key_id).to.not.equal(first.daily.key_id);
    expect(await readdir(folder)).to.have.members(['root.json', 'daily.json']);
    for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o777).to.equal(0o600);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
  });

  it('belong to one server name', async () => {
    await openServerKeys(folder, options);
    const error = await openServerKeys(folder, { ...options, serverName: 'b.example' }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ServerKeysError);
  });

  it('are never made anew beside others', async () => {
    await openServerKeys(folder, options);
    await unlink(join(folder, 'root.json'));
    expect(await failure()).to.be.instanceOf(ServerKeysError);
  });

  it('a lost daily key is replaced; the root stays', async () => {
    const first = await openServerKeys(folder, options);
    await unlink(join(folder, 'daily.json'));
    const second = await openServerKeys(folder, options);
    expect(second.root.key_id).to.equal(first.root.key_id);
    expect(second.daily.key_id).to.not.equal(first.daily.key_id);
  });

  for (const text of ['', '{}', 'null', '{"seed":"AAAA"}', '{"seed":7}']) {
    it(`are not read from ${JSON.stringify(text)}`, async () => {
      await openServerKeys(folder, options);
      await writeFile(join(folder, 'daily.json'), text);
      expect(await failure()).to.be.instanceOf(ServerKeysError);
    });
  }

  it('are not read if the key ID belongs to another seed', async () => {
    await openServerKeys(folder, options);
    const [root, daily] = [join(folder, 'root.json'), join(folder, 'daily.json')];
    const mixed = { ...JSON.parse(await readFile(daily, 'utf8')), seed: JSON.parse(await readFile(root, 'utf8')).seed };
    await writeFile(daily, JSON.stringify(mixed));
    expect(await failure()).to.be.instanceOf(ServerKeysError);
  });

  it('sign the key document and admissions', async () => {
    const identity = await openServerKeys(folder, options);
    const read = readKeyDocument(identity.keyDocument(1_000), 'a.example', 1_000);
    expect(read.ok && verifyPortable(read.value.check)).to.equal(true);
    const room = '!11111111111111111111111111111111:b.example';
    const check = {
      key_id: identity.root.key_id,
      public_key: publicKeyOf(identity.root.key_id) as Uint8Array,
      message: admissionMessage(room, 'a.example', identity.root.key_id, identity.keys),
      signature: base64decode(identity.proofFor(room)) as Uint8Array,
    };
    expect(verifyPortable(check)).to.equal(true);
  });
});
