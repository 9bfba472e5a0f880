/** A line of text in which what strangers wrote moves no cursor and turns no direction of writing: characters that do are escaped. */
export function printable(line: string): string {
  return line.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
