/**
 * Makes `spec/vectors/matrix/auth-rules.json`, single cases of the MX rules. What is expected is written here by hand from the specification's text; events and
 * their auth events are put together without the code under test.
 *
 *     node core/test/vectors/make-matrix-auth-vectors.ts > spec/vectors/matrix/auth-rules.json
 */
import './matrix-cases-create.ts';
import './matrix-cases-member.ts';
import './matrix-cases-levels.ts';
import { cases, rooms } from './matrix-auth-cases.ts';

const lines = (all: readonly string[]): string => all.map((one) => `    ${one}`).join(',\n');
const texts = [...rooms].map(
  ([name, one]) =>
    `  ${JSON.stringify(name)}: {"version": "${one.version}", "events": [\n${lines(one.events.map((event) => JSON.stringify(event)))}\n  ]}`,
);
process.stdout.write(`{"rooms": {\n${texts.join(',\n')}\n}, "cases": [\n${lines(cases.map((one) => JSON.stringify(one)))}\n]}\n`);
