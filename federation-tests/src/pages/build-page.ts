import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const PAGES = fileURLToPath(new URL('../../pages/', import.meta.url));

/**
 * One of the pages of `pages/` as one file that works from a disk and without a network: script and style stand in it, and its policy lets it load
 * nothing and run nothing else. `data` stands in it as JSON, which is no script.
 */
export async function buildPage(name: 'replay' | 'playground', data: unknown = null): Promise<string> {
  const built = await build({
    entryPoints: [`${PAGES}${name}/page.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    conditions: ['browser', 'default'],
    target: 'es2023',
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
  });
  // A script ends at the first `</script`, wherever it stands.
  const script = (built.outputFiles[0]?.text ?? '').trim().replaceAll('</script', '<\\/script');
  const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
  const sheets = [`${PAGES}shared/style.css`, `${PAGES}${name}/page.css`].map((path) => readFileSync(path, 'utf8')).join('\n');
  const style = (await transform(sheets, { loader: 'css', minify: true })).code.trim();
  const policy = `default-src 'none'; script-src '${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  // Functions, since `$&` and its like mean something in a replacement text.
  return readFileSync(`${PAGES}${name}/page.html`, 'utf8')
    .replace('%POLICY%', () => policy)
    .replace('%STYLE%', () => style)
    .replace('%DATA%', () => JSON.stringify(data).replaceAll('<', '\\u003c'))
    .replace('%SCRIPT%', () => script);
}
