/** For a check that has no options: says what it is if it is asked, and ends with exit code 2 if it is given anything else. */
export function noOptions(name, description) {
  const words = process.argv.slice(2);
  if (words.length === 0) return;
  const asked = words[0] === '--help' || words[0] === '-h';
  if (asked)
    process.stdout.write(
      `Usage: npm run ${name}\n\n${description}\n\nExamples:\n  npm run ${name}\n\nExit codes: 0 all is well; 1 there are faults; 2 called wrongly.\n`,
    );
  else process.stderr.write(`${name}: it takes no arguments, such as ${words[0]} (npm run ${name} -- --help says what it does)\n`);
  process.exit(asked ? 0 : 2);
}
