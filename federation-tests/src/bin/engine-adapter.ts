// An adapter around this project's own engine, as ADAPTERS.md describes: node federation-tests/dist/bin/engine-adapter.js
import { LineSplitter } from '@openguild/core';
import { answerLine, engineAnswer } from '../suites/engine-adapter.ts';

const splitter = new LineSplitter(64 * 1024 * 1024);
process.stdin.on('data', (chunk: Buffer) => {
  for (const line of splitter.push(chunk)) process.stdout.write(answerLine(line, engineAnswer));
});
