import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const SOURCES = new URL('../../src/', import.meta.url);
const REEXPORT = /^export (?:type )?\{([^}]+)\} from '\.\/([^']+)';$/gm;

interface Exported {
  readonly name: string;
  readonly file: string;
}

/** What core/src/index.ts exports, and from where. */
function exported(): Exported[] {
  const index = readFileSync(new URL('index.ts', SOURCES), 'utf8');
  return [...index.matchAll(REEXPORT)].flatMap(([, names, file]) =>
    (names as string)
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => ({ name, file: file as string })),
  );
}

/** The text before a declaration, or undefined if there is none. Follows a name to the file that declares it. */
function before({ name, file }: Exported): string | undefined {
  const url = new URL(file, SOURCES);
  const text = readFileSync(url, 'utf8');
  const declaration = new RegExp(`^export (?:abstract )?(?:const|function\\*?|class|interface|type) ${name}\\b`, 'm').exec(text);
  if (declaration !== null) return text.slice(0, declaration.index);
  const from = new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\} from '(\\.[^']+)'`).exec(text)?.[1];
  return from === undefined ? undefined : before({ name, file: new URL(from, url).href });
}

describe('the public API', () => {
  it('exports nothing but what is written out, each name once', () => {
    const index = readFileSync(new URL('index.ts', SOURCES), 'utf8');
    const names = exported().map(({ name }) => name);
    expect(names.length).to.be.greaterThan(100);
    expect(new Set(names).size).to.equal(names.length);
    const rest = index
      .replace(REEXPORT, '')
      .replace(/\/\*\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
      .trim();
    expect(rest).to.equal('');
  });

  it('says of every export what it is', () => {
    const undocumented = exported().filter((one) => !(before(one)?.trimEnd().endsWith('*/') ?? false));
    expect(undocumented.map(({ name, file }) => `${file}: ${name}`)).to.deep.equal([]);
  });
});
