// Makes dist/verify.html: one file that works from a disk, from any server, and without a network.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Builds the page and returns the path of the file. */
export async function buildPage(folder = join(here, 'dist')) {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'page.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    legalComments: 'none',
  });
  // A script ends at the first `</script`, wherever it stands.
  const script = outputFiles[0].text.trim().replaceAll('</script', '<\\/script');
  const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
  const page = readFileSync(join(here, 'page.html'), 'utf8')
    .replace('%SCRIPT_HASH%', () => hash)
    .replace('%SCRIPT%', () => script);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'verify.html');
  writeFileSync(path, page);
  return path;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildPage());
