import { expect } from 'chai';
import { root } from '../lib/project.mjs';
import { citedRules, compareRules, definedRules } from '../lib/rule-citations.mjs';
import { compareVectors } from '../lib/rule-vectors.mjs';
import { withTree } from './temporary-tree.mjs';

describe('check-rules', () => {
  it('finds every rule of PROTOCOL.md in the code, and no other (needs PROTOCOL.md)', function () {
    const found = compareRules(root);
    if (found === undefined) return this.skip();
    expect({ twice: [...found.twice], uncited: found.uncited, unknown: [...found.unknown] }).to.deep.equal({
      twice: [],
      uncited: [],
      unknown: [],
    });
  });

  it('finds a vector for every rule, or the reason why it has none', function () {
    const found = compareRules(root);
    if (found === undefined) return this.skip();
    const { untested, needless, unknown } = compareVectors(root, found.defined);
    expect({ untested, needless, unknown: [...unknown] }).to.deep.equal({ untested: [], needless: [], unknown: [] });
  });

  it('reads rules out of vectors, and exceptions out of their README', () => {
    const files = {
      'spec/vectors/a.json': '[{"rule": "CJ-1", "events": [{"refused": {"x": "EV-2"}}]}, {"rule": null}, {"rule": "CJ-77"}]',
      'spec/vectors/deep/b.json': '{"cases": [{"rule": "CJ-4"}]}',
      'spec/exports/c.json': '[{"rule": "EXP-1"}]',
      'spec/vectors/README.md':
        '# V\n`EV-9`\n## Rules without a vector\n| rules | why |\n|---|---|\n| `FED-*`, `CJ-3` | over HTTP |\n| `CJ-4` | it has |\n| `EV-3` | |\n## More\n| `EV-9` | x |\n',
    };
    const defined = new Set(['CJ-1', 'CJ-3', 'CJ-4', 'EV-2', 'EV-3', 'EV-9', 'EXP-1', 'FED-1']);
    const found = withTree(files, (tree) => compareVectors(tree, defined));
    expect(found.untested).to.deep.equal(['EV-3', 'EV-9', 'FED-1']);
    expect([...found.unknown]).to.deep.equal([['CJ-77', ['spec/vectors/a.json']]]);
    expect(found.needless).to.deep.equal(['CJ-4']);
  });

  it('takes the title of a test for a vector, of rules between programs alone', () => {
    const files = {
      'host/test/a.test.ts':
        "describe('FED-1, FED-2: x', () => {\n  it(`API-1: ${why}`, () => {});\n  // FED-3\n  it('CJ-1: y', () => expect('FED-4'));\n});",
    };
    const defined = new Set(['API-1', 'CJ-1', 'FED-1', 'FED-2', 'FED-3', 'FED-4']);
    const found = withTree(files, (tree) => compareVectors(tree, defined));
    expect(found.untested).to.deep.equal(['CJ-1', 'FED-3', 'FED-4']);
  });

  it('takes a bold ID at the beginning of a line for a definition', () => {
    const { defined, twice } = definedRules(
      '**CJ-1** x\n- **AUTH-5.2**: y, see **CJ-9**\n### **RES-4** z\n| **EV-7** | w |\nCJ-3 **CJ-4**\n**CJ-1** again',
    );
    expect([...defined]).to.deep.equal(['CJ-1', 'AUTH-5.2', 'RES-4', 'EV-7']);
    expect([...twice]).to.deep.equal(['CJ-1']);
  });

  it('reads citations out of prose and strings', () => {
    expect([...citedRules("/** AUTH-5.2. (FED-6, ID-B3) */ rule: 'CJ-3' MAGIC-7 X-ID-4 SIG-x API-2_b")]).to.deep.equal([
      'AUTH-5.2',
      'FED-6',
      'ID-B3',
      'CJ-3',
    ]);
  });

  it('reports what is missing on either side', () => {
    const files = {
      'PROTOCOL.md': '**CJ-1**\n**CJ-2**\n**AUTH-3.1**\n',
      'core/src/a.ts': '// CJ-1, CJ-7, AUTH-3, AUTH-3.1',
      'core/test/a.test.ts': '// CJ-2, CJ-8',
    };
    const found = withTree(files, compareRules);
    expect(found.uncited).to.deep.equal(['CJ-2']);
    expect([...found.unknown]).to.deep.equal([
      ['CJ-7', ['core/src/a.ts']],
      ['CJ-8', ['core/test/a.test.ts']],
    ]);
  });

  it('says so when there is no PROTOCOL.md', () => {
    expect(withTree({}, compareRules)).to.equal(undefined);
  });
});
