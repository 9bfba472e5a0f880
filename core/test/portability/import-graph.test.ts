import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILTINS = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);

/** Every module that the entry leads to, and every name that is imported and not found, under an export condition. */
async function graphOf(entry: string, conditions: readonly string[]): Promise<{ readonly files: string[]; readonly externals: string[] }> {
  const built = await build({
    entryPoints: [`${ROOT}${entry}`],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    external: [...BUILTINS],
    absWorkingDir: ROOT,
    logLevel: 'silent',
  });
  const inputs = Object.values(built.metafile.inputs);
  return {
    files: Object.keys(built.metafile.inputs),
    externals: inputs.flatMap(({ imports }) => imports.filter((one) => one.external === true).map((one) => one.path)),
  };
}

describe('what core and state-resolution import', function () {
  this.timeout(60_000);

  for (const entry of ['core/dist/index.js', 'state-resolution/dist/index.js']) {
    it(`${entry}: nothing of Node, by the portable conditions`, async () => {
      const { files, externals } = await graphOf(entry, ['browser', 'default']);
      expect(files.length).to.be.greaterThan(1);
      expect(externals).to.deep.equal([]);
    });
  }

  it('state-resolution imports nothing at all', async () => {
    const { files } = await graphOf('state-resolution/dist/index.js', ['default']);
    expect(files.filter((file) => !file.startsWith('state-resolution/'))).to.deep.equal([]);
  });

  it('core depends on noble and state-resolution alone, but under the condition `node`', async () => {
    const packages = ({ files }: { readonly files: readonly string[] }): Set<string> =>
      new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/')[0] ?? ''));
    const portable = packages(await graphOf('core/dist/index.js', ['browser', 'default']));
    expect([...portable]).to.have.members(['core', 'state-resolution', '@noble/ed25519', '@noble/hashes']);
    const { externals } = await graphOf('core/dist/index.js', ['node', 'default']);
    const declared = JSON.parse(readFileSync(`${ROOT}core/package.json`, 'utf8')) as { imports?: object };
    expect(externals).to.deep.equal(declared.imports === undefined ? [] : ['node:crypto']);
  });
});
