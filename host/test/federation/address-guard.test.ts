import { expect } from 'chai';
import { checkUrl, ForbiddenAddressError, guardedLookup, isAllowedAddress, isLoopbackName } from '../../src/federation/address-guard.ts';

const PUBLIC = { loopback: false, allow: [] };
const LOCAL = { loopback: true, allow: [] };

describe('addresses that federation may reach (FED-6)', () => {
  const forbidden = [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.1.2.3',
    '169.254.169.254',
    '172.16.0.1',
    '192.168.1.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    '2002:7f00:1::',
    '64:ff9b::a00:1',
    '2001:db8::1',
    '2001::1',
    'not an address',
    '',
  ];
  for (const address of forbidden) {
    it(`not ${JSON.stringify(address)}`, () => {
      expect(isAllowedAddress(address, PUBLIC)).to.equal(false);
    });
  }

  it('public ones', () => {
    for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111', '::ffff:1.1.1.1'])
      expect(isAllowedAddress(address, PUBLIC), address).to.equal(true);
  });

  it('loopback for hosts that are local themselves, and nothing else private', () => {
    expect(isAllowedAddress('127.0.0.1', LOCAL)).to.equal(true);
    expect(isAllowedAddress('::1', LOCAL)).to.equal(true);
    expect(isAllowedAddress('10.0.0.1', LOCAL)).to.equal(false);
    expect(isAllowedAddress('0.0.0.0', LOCAL)).to.equal(false);
  });

  it('blocks that the operator allows', () => {
    const policy = { loopback: false, allow: ['10.1.0.0/16', 'fd00::/8'] };
    expect(isAllowedAddress('10.1.2.3', policy)).to.equal(true);
    expect(isAllowedAddress('10.2.2.3', policy)).to.equal(false);
    expect(isAllowedAddress('fd12::1', policy)).to.equal(true);
    expect(isAllowedAddress('::ffff:10.1.2.3', policy)).to.equal(true);
  });

  const urls = [
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://017700000001/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.0.0.1/',
    'https://0.0.0.0/',
    'https://user:pw@example.com/',
    'https://localhost/',
    'https://a.localhost/',
    'http://169.254.169.254/latest/meta-data',
  ];
  for (const url of urls) {
    it(`not ${url}`, () => {
      expect(() => checkUrl(new URL(url), PUBLIC)).to.throw(ForbiddenAddressError);
    });
  }

  it('FED-1: http among loopback hosts alone', () => {
    checkUrl(new URL('http://localhost:8008/x'), LOCAL);
    checkUrl(new URL('http://127.0.0.1:8008/x'), LOCAL);
    checkUrl(new URL('https://example.com/x'), LOCAL);
    expect(() => checkUrl(new URL('http://example.com/x'), LOCAL)).to.throw(ForbiddenAddressError);
    expect(() => checkUrl(new URL('http://10.0.0.1/x'), LOCAL)).to.throw(ForbiddenAddressError);
  });

  it('knows loopback names', () => {
    for (const name of ['localhost', 'a.localhost', '127.0.0.1', '[::1]']) expect(isLoopbackName(name), name).to.equal(true);
    for (const name of ['localhost.example.com', 'example.com', '10.0.0.1', 'notlocalhost'])
      expect(isLoopbackName(name), name).to.equal(false);
  });
});

describe('guardedLookup', () => {
  const addresses = [
    { address: '10.0.0.1', family: 4 },
    { address: '93.184.216.34', family: 4 },
    { address: '::1', family: 6 },
  ];
  const look = (all: boolean, list = addresses): Promise<unknown> =>
    new Promise((resolve) => {
      const lookup = guardedLookup(PUBLIC, (_name, callback) => callback(null, list));
      lookup('rebinding.example', { all }, ((error: Error | null, result: unknown) => resolve(error ?? result)) as never);
    });

  it('hands on public addresses alone', async () => {
    expect(await look(true)).to.deep.equal([{ address: '93.184.216.34', family: 4 }]);
    expect(await look(false)).to.equal('93.184.216.34');
  });

  it('fails where none is left', async () => {
    expect(await look(true, [{ address: '127.0.0.1', family: 4 }])).to.be.instanceOf(ForbiddenAddressError);
    expect(await look(false, [])).to.be.instanceOf(ForbiddenAddressError);
  });
});
