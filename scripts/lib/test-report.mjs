import Mocha from 'mocha';

const { EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** The word in a title by which a test says that it may be skipped where what it needs is absent. */
const OPTIONAL = '[optional]';

/**
 * A mocha reporter: one indented line per test, then every skipped test by name, every failure in full, and, from
 * `conclude`, the count as the very last line. Under `ci` a skipped test is a failure unless its title says it is optional.
 */
export class TestReport {
  #ci;
  #print;
  #depth = 0;
  #passed = 0;
  #failed = [];
  #skipped = [];

  constructor(runner, { reporterOptions }) {
    this.#ci = reporterOptions.ci;
    this.#print = reporterOptions.print ?? console.log;
    runner.on(EVENT_SUITE_BEGIN, (suite) => {
      if (!suite.root) this.#line(suite.title);
      this.#depth += 1;
    });
    runner.on(EVENT_SUITE_END, () => {
      this.#depth -= 1;
    });
    runner.on(EVENT_TEST_PASS, (test) => {
      this.#passed += 1;
      this.#line(`ok    ${test.title}${test.duration > test.slow() ? ` (${test.duration} ms)` : ''}`);
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      this.#skipped.push(test);
      this.#line(`skip  ${test.title}`);
    });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      // One test can fail twice (itself, then a hook): each is kept with its own error.
      this.#failed.push(Object.assign(Object.create(test), { err: error }));
      this.#line(`FAIL  ${test.title}`);
    });
  }

  /** Called by mocha at the end; hands the report to whoever called `mocha.run`. */
  done(_failures, callback) {
    callback(this);
  }

  /**
   * Prints the summary; true if the run counts as a success. `lingering` names what still kept the process alive,
   * `faults` what failed outside of any test, as { what, error }.
   */
  conclude({ lingering, faults }) {
    const required = this.#ci ? this.#skipped.filter((test) => !test.fullTitle().includes(OPTIONAL)) : [];
    const tolerated = this.#skipped.filter((test) => !required.includes(test));
    this.#list('Skipped:', tolerated);
    this.#list(`Skipped, which CI does not allow unless the title says ${OPTIONAL}:`, required);
    if (this.#failed.length > 0) Mocha.reporters.Base.list(this.#failed);
    for (const { what, error } of faults) this.#print(`\n  ${what}:\n`, error);
    if (lingering.length > 0) this.#print(`\nThe tests ended, yet this still runs (something was not closed): ${lingering.join(', ')}`);
    const ran = this.#passed + this.#failed.length > 0;
    if (!ran) this.#print('\nNo test ran.');
    const failed = this.#failed.length + required.length + faults.length + (lingering.length > 0 ? 1 : 0);
    this.#print(`\n${this.#passed} passed, ${failed} failed${tolerated.length > 0 ? `, ${tolerated.length} skipped` : ''}`);
    return ran && failed === 0;
  }

  #line(text) {
    this.#print(`${'  '.repeat(this.#depth)}${text}`);
  }

  #list(heading, tests) {
    if (tests.length === 0) return;
    this.#print(`\n${heading}`);
    for (const test of tests) this.#print(`  ${test.titlePath().join(' > ')}`);
  }
}
