/**
 * The module names that a source text imports or re-exports, as { specifier, line, typeOnly }. `typeOnly` is an import that
 * leaves no trace at run time. Works on text, not on a syntax
 * tree: enough for code that a compiler and a formatter have passed, and it needs no dependency.
 */
export function readImports(text) {
  const code = blankComments(text);
  const found = [];
  const patterns = [
    /\b(?:import|export)\s+(?<type>type\s+)?(?:[\w$*{}\s,]+?\s+from\s*)?(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g,
    /\b(?:import|require)\s*\(\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g,
  ];
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length;
      const { specifier, type } = match.groups;
      found.push({ specifier, line: code.slice(0, start).split('\n').length, typeOnly: type !== undefined });
    }
  }
  return found;
}

/** The same text with comments turned to spaces, line breaks kept; strings are left as they are. */
export function blankComments(text) {
  const token = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (part) => (part.startsWith('/') ? part.replace(/[^\n]/g, ' ') : part));
}
