import { type AnyNode, type ArrayExpression, type CallExpression, type Expression, type Node, parse } from 'acorn';

/** One change of a program's text: what stands at `at`, and what is put there instead. */
export interface Mutation {
  readonly operator: string;
  readonly at: number;
  /** From 1. */
  readonly line: number;
  readonly find: string;
  readonly put: string;
}

const SWAPPED: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '&': '|',
  '|': '&',
  '-': '+',
};

/** Calls of another method of the same kind, with the same arguments. */
const METHODS: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  find: 'findLast',
  min: 'max',
  max: 'min',
  indexOf: 'lastIndexOf',
};

/** Calls that leave out or order some of a list: the whole list as it is instead. */
const SELECTING = new Set(['filter', 'slice', 'sort', 'toSorted', 'reverse', 'toReversed']);

type Change = readonly [operator: string, node: Pick<Node, 'start' | 'end'>, put: string];

/** Every change that one mutation operator makes in one place of a module, in the order of the places. What only makes words for people is left alone. */
export function mutationsOf(source: string): Mutation[] {
  const text = (node: Pick<Node, 'start' | 'end'>): string => source.slice(node.start, node.end);
  const found: Mutation[] = [];
  const walk = (node: AnyNode): void => {
    if (isOfWords(node)) return;
    for (const [operator, { start, end }, put] of changesOf(node, text)) {
      const find = source.slice(start, end);
      if (find !== put) found.push({ operator, at: start, line: source.slice(0, start).split('\n').length, find, put });
    }
    for (const child of childrenOf(node)) walk(child);
  };
  walk(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }));
  return found.sort((a, b) => a.at - b.at);
}

function childrenOf(node: AnyNode): AnyNode[] {
  const isNode = (value: unknown): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
  const children = Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
  // What a rule asks and answers in words are functions among the arguments of `demand`.
  const isDemand = node.type === 'CallExpression' && nameOf(node).startsWith('demand');
  return isDemand ? children.filter(({ type }) => type !== 'ArrowFunctionExpression') : children;
}

function isOfWords({ type }: AnyNode): boolean {
  return type === 'TemplateLiteral' || type === 'ThrowStatement' || type === 'ImportDeclaration';
}

/** The name by which something is called; empty if it has none. */
function nameOf({ callee }: CallExpression): string {
  if (callee.type === 'Identifier') return callee.name;
  return callee.type === 'MemberExpression' && 'name' in callee.property ? callee.property.name : '';
}

function changesOf(node: AnyNode, text: (node: Pick<Node, 'start' | 'end'>) => string): Change[] {
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return [
        // A comparison that is swapped says the same.
        ...(node.test.type === 'BinaryExpression' ? [] : [['condition negated', node.test, `!(${text(node.test)})`] satisfies Change]),
        ['condition true', node.test, 'true'],
        ['condition false', node.test, 'false'],
      ];
    case 'BinaryExpression':
    case 'LogicalExpression':
      return binary(node, text);
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '~' ? [[`${node.operator} dropped`, node, text(node.argument)]] : [];
    case 'ExpressionStatement':
      return 'directive' in node ? [] : [['statement dropped', node, ';']];
    case 'CallExpression':
      return call(node, text);
    case 'ArrayExpression':
      return elements(node, text);
    case 'ForOfStatement':
      return [
        ['first only', node.right, `[...${text(node.right)}].slice(0, 1)`],
        ['all but first', node.right, `[...${text(node.right)}].slice(1)`],
      ];
    case 'ReturnStatement':
      return node.argument === null || node.argument === undefined || isLiteral(node.argument)
        ? []
        : [['nothing returned', node.argument, 'null']];
    case 'Literal':
      return literal(node);
    default:
      return [];
  }
}

function isLiteral({ type }: Expression): boolean {
  return type === 'Literal';
}

function binary(
  { left, right, operator }: { left: Node; right: Node; operator: string },
  text: (node: Pick<Node, 'start' | 'end'>) => string,
): Change[] {
  const between = { start: left.end, end: right.start };
  const swapped = SWAPPED[operator];
  const changes: Change[] = [];
  // Brackets around either side are part of what stands between them.
  if (swapped !== undefined) changes.push([`${operator} to ${swapped}`, between, text(between).replace(operator, () => swapped)]);
  const whole = { start: left.start, end: right.end };
  if (['&&', '||', '??', '+', '-'].includes(operator) && text(between).trim() === operator) {
    changes.push([`right of ${operator} dropped`, whole, text(left)]);
    if (operator === '&&' || operator === '||' || operator === '-') changes.push([`left of ${operator} dropped`, whole, text(right)]);
  }
  return changes;
}

function call(node: CallExpression, text: (node: Pick<Node, 'start' | 'end'>) => string): Change[] {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return [];
  const { name } = callee.property;
  const other = METHODS[name];
  const changes: Change[] = [];
  if (other !== undefined) changes.push([`${name} to ${other}`, callee.property, other]);
  if (SELECTING.has(name)) changes.push([`${name} dropped`, node, text(callee.object)]);
  return changes;
}

/** Each element left out, with the comma that follows it or stands before it. */
function elements({ elements: list }: ArrayExpression, text: (node: Pick<Node, 'start' | 'end'>) => string): Change[] {
  return list.flatMap((element, place): Change[] => {
    if (element === null) return [];
    const [before, after] = [list[place - 1] ?? null, list[place + 1] ?? null];
    const start = after === null && before !== null ? before.end : element.start;
    const end = after === null ? element.end : after.start;
    return [[`element dropped: ${text(element).slice(0, 40)}`, { start, end }, '']];
  });
}

function literal(node: AnyNode & { type: 'Literal' }): Change[] {
  if (typeof node.value === 'boolean') return [['truth swapped', node, String(!node.value)]];
  if (typeof node.value === 'number') return [['number + 1', node, String(node.value + 1)]];
  if (typeof node.value === 'bigint') return [['number + 1', node, `${node.value + 1n}n`]];
  return [];
}
