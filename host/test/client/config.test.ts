import { expect } from 'chai';
import { ConfigError, DEFAULT_LIMITS, createLogger, loadConfig } from '../../src/index.ts';

describe('host: configuration', () => {
  it('has defaults for everything', () => {
    const config = loadConfig(undefined, {});
    expect(config).to.deep.include({
      server_name: 'localhost:8008',
      bind: '127.0.0.1',
      port: 8008,
      data: 'data',
      registration: 'open',
      voice: null,
    });
    expect(config.limits).to.deep.equal(DEFAULT_LIMITS);
  });

  it('lets the command line win over the environment, and that over the file', () => {
    const file =
      'port = 1\ndata = "file"\nserver_name = "file.example"\n[limits]\nmax_media_bytes = 5\n[limits.rates.login]\npoints = 7\n[federation]\nallow_addresses = ["10.0.0.0/8"]';
    const config = loadConfig(file, { OPENGUILD_PORT: '2', OPENGUILD_DATA: 'env' }, { port: '3' });
    expect(config).to.deep.include({ port: 3, data: 'env', server_name: 'file.example' });
    expect(config.limits.max_media_bytes).to.equal(5);
    expect(config.limits.rates.login).to.deep.equal({ points: 7, seconds: DEFAULT_LIMITS.rates.login.seconds });
    expect(config.federation.allow_addresses).to.deep.equal(['10.0.0.0/8']);
    expect(loadConfig(undefined, {}, { port: '4000' }).server_name).to.equal('localhost:4000');
  });

  it('takes the URL of a database', () => {
    expect(loadConfig(undefined, {}).database).to.equal(null);
    expect(loadConfig('database = "postgres://h/d"', {}).database).to.equal('postgres://h/d');
    expect(loadConfig('database = "postgres://h/d"', { OPENGUILD_DATABASE: 'postgres://other/d?schema=x' }).database).to.equal(
      'postgres://other/d?schema=x',
    );
    expect(loadConfig('media = "s3://bucket/m"', {}).media).to.equal('s3://bucket/m');
    expect(() => loadConfig(undefined, { OPENGUILD_MEDIA: 'ftp://x' })).to.throw(ConfigError);
    expect(() => loadConfig(undefined, { OPENGUILD_DATABASE: 'mysql://user:secret@h/d' })).to.throw(ConfigError, /^(?!.*secret)/);
  });

  it('refuses what it does not understand', () => {
    const bad = [
      'prot = 1',
      '[limits]\nmax_medai_bytes = 1',
      '[limits]\nmax_media_bytes = "1"',
      '[limits]\nmax_media_bytes = -1',
      '[limits.rates.nothing]\npoints = 1',
    ];
    bad.push(
      'port = 70000',
      'registration = "maybe"',
      'server_name = "Not A Name"',
      '[livekit]\nurl = "ws://x"',
      'limits = 1',
      '= broken',
      '[federation]\nenabled = 1',
    );
    for (const file of bad) expect(() => loadConfig(file, {}), file).to.throw(ConfigError);
    expect(() => loadConfig(undefined, { OPENGUILD_PORT: 'x' })).to.throw(ConfigError);
    expect(() => loadConfig(undefined, { LIVEKIT_URL: 'ws://x', LIVEKIT_API_KEY: 'k' })).to.throw(ConfigError, 'LIVEKIT_API_SECRET');
  });

  it('logs no secrets', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => lines.push(line) });
    logger.info(
      {
        password: 'hidden1',
        request: { access_token: 'hidden2', headers: { authorization: 'hidden3' } },
        seed: 'hidden4',
        livekit: { api_secret: 'hidden5' },
      },
      'x',
    );
    expect(lines.join('')).not.to.contain('hidden');
    expect(lines.join('')).to.contain('[removed]');
  });
});
