import { readFileSync, writeFileSync } from 'node:fs';
import { RULES } from '@openguild/core';
import { expect } from 'chai';
import { authorityVectors } from './authority-vectors.ts';
import { historyOrderVectors, stateHashVectors } from './order-vectors.ts';
import { receiptVectors } from './receipt-vectors.ts';

const FOLDER = new URL('../../../spec/vectors/', import.meta.url);

/** Files that are made by a program here, in full: OPENGUILD_WRITE_VECTORS=1 writes them. */
const MADE: Readonly<Record<string, () => string>> = {
  'authority.json': authorityVectors,
  'history-order.json': historyOrderVectors,
  'receipt.json': receiptVectors,
  'state-hash.json': stateHashVectors,
  '../native/rule-labels.json': ruleLabels,
};

/** What the histories of spec/native call a rule, and its ID. */
function ruleLabels(): string {
  const rows = Object.entries(RULES).map(([name, id]) => `  "${name.replaceAll('_', '-')}": "${id}"`);
  return `{\n${rows.join(',\n')}\n}\n`;
}

describe('vectors that are made by a program', () => {
  for (const [name, make] of Object.entries(MADE)) {
    it(`${name} is what the program makes`, () => {
      const text = make();
      const file = new URL(name, FOLDER);
      if (process.env['OPENGUILD_WRITE_VECTORS'] === '1') writeFileSync(file, text);
      expect(readFileSync(file, 'utf8') === text, `${name} is up to date`).to.equal(true);
    });
  }
});
