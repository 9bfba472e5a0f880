import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import Mocha from 'mocha';
import { TestReport } from '../lib/test-report.mjs';

const { EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

const test = (title) => ({ title, duration: 1, slow: () => 75, fullTitle: () => title, titlePath: () => ['suite', title] });

/** What a run with these tests prints, and whether it counts as a success. */
function report({ ci = false, passed = [], skipped = [], lingering = [], faults = [] }) {
  const lines = [];
  const runner = new EventEmitter();
  const made = new TestReport(runner, { reporterOptions: { ci, print: (...parts) => lines.push(...parts.join(' ').split('\n')) } });
  for (const title of passed) runner.emit(EVENT_TEST_PASS, test(title));
  for (const title of skipped) runner.emit(EVENT_TEST_PENDING, test(title));
  const success = made.conclude({ lingering, faults });
  return { success, lines, last: lines.at(-1) };
}

describe('TestReport', () => {
  it('ends with the count', () => {
    expect(report({ passed: ['a', 'b'] })).to.include({ success: true, last: '2 passed, 0 failed' });
  });

  it('is no success if no test ran', () => {
    expect(report({})).to.include({ success: false, last: '0 passed, 0 failed' });
    expect(report({ skipped: ['a'] })).to.include({ success: false, last: '0 passed, 0 failed, 1 skipped' });
  });

  it('names what was skipped', () => {
    const { success, lines, last } = report({ passed: ['a'], skipped: ['without a database'] });
    expect(success).to.equal(true);
    expect(lines).to.include('  suite > without a database');
    expect(last).to.equal('1 passed, 0 failed, 1 skipped');
  });

  it('lets CI skip only what is optional', () => {
    expect(report({ ci: true, passed: ['a'], skipped: ['b [optional]'] })).to.include({
      success: true,
      last: '1 passed, 0 failed, 1 skipped',
    });
    expect(report({ ci: true, passed: ['a'], skipped: ['b'] })).to.include({ success: false, last: '1 passed, 1 failed' });
  });

  it('counts a file that does not load, and a run that does not end, as failures', () => {
    expect(report({ passed: ['a'], faults: [{ what: 'x cannot be loaded', error: new Error('no') }] })).to.include({
      success: false,
      last: '1 passed, 1 failed',
    });
    const hanging = report({ passed: ['a'], lingering: ['Timeout'] });
    expect(hanging).to.include({ success: false, last: '1 passed, 1 failed' });
    expect(hanging.lines.join('\n')).to.include('Timeout');
  });
});
