/** @file Where the template engine departs from Jinja in Python, its syntax tree is rewritten to call functions of ours. */
import { dateText } from './python-date';
import { ExactNumber } from './exact-json';
import { entries, floatText, isList, items, jsonText, pythonText, type Value } from './python-text';

/** A node of the engine's syntax tree, seen from outside. */
export type Node = { type: string } & Record<string, unknown>;
/** Makes values of the engine. */
export type Make = (value: unknown) => Value;
type Rule = (values: Value[], named: Map<string, Value>, make: Make) => Value;

/** Longer ranges are refused: a list of them is made at once. */
const LONGEST_RANGE = 100_000;

const call = (name: string, args: unknown[]): Node => ({
  ...{ type: 'CallExpression', callee: { type: 'Identifier', value: `python ${name}` }, args },
});

const printed = new Set(
  `CallExpression MemberExpression Identifier BinaryExpression FilterExpression TestExpression SelectExpression Ternary
  UnaryExpression IntegerLiteral FloatLiteral ArrayLiteral TupleLiteral ObjectLiteral`.split(/\s+/),
);
const methods = new Set(['strip', 'lstrip', 'rstrip', 'capitalize']);
const operators: Record<string, string> = {
  '==': 'equal',
  '!=': 'unequal',
  '%': 'modulo',
  '+': 'add',
  '~': 'join',
};
const filters: Record<string, string> = {
  ...{
    length: 'length',
    count: 'length',
    trim: 'trim',
    string: 'text',
    tojson: 'tojson',
    capitalize: 'capitalize',
  },
};

/** Rewrites a syntax tree. @throws Error for what would be wrong in silence */
export function rewriteTree(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rewriteTree);
  if (node instanceof Map)
    return new Map([...node].map(([key, value]) => [rewriteTree(key), rewriteTree(value)]));
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.assign(Object.create(Object.getPrototypeOf(node) as object) as Node, node);
  for (const key of Object.keys(copy)) copy[key] = rewriteTree(copy[key]);
  for (const key of ['body', 'alternate', 'defaultBlock'])
    if (Array.isArray(copy[key]))
      copy[key] = (copy[key] as Node[]).map((part) => (printed.has(part.type) ? call('text', [part]) : part));
  return rewritten(copy);
}

function rewritten(node: Node): Node {
  if (node.type === 'BinaryExpression') {
    const name = operators[(node.operator as { value: string }).value];
    return name === undefined ? node : call(name, [node.left, node.right]);
  }
  if (node.type === 'CallExpression') {
    const callee = node.callee as Node;
    const method =
      callee.type === 'MemberExpression' && callee.computed !== true ? (callee.property as Node).value : '';
    return methods.has(method as string)
      ? call(method as string, [callee.object, ...(node.args as Node[])])
      : node;
  }
  if (node.type !== 'FilterExpression') return node;
  const filter = node.filter as Node;
  const named = (filter.type === 'CallExpression' ? (filter.callee as Node).value : filter.value) as string;
  const args = filter.type === 'CallExpression' ? (filter.args as Node[]) : [];
  if (/^(select|reject)(attr)?$/.test(named) && args.some((arg) => arg.value === 'undefined'))
    throw new Error(`${named} with the test 'undefined' is not known`);
  const rule = filters[named];
  return rule === undefined ? node : call(rule, [node.operand, ...args]);
}

const isNumber = ({ type }: Value): boolean => ['IntegerValue', 'FloatValue', 'BooleanValue'].includes(type);

function equal(one: Value, other: Value): boolean {
  if (isNumber(one) && isNumber(other))
    return one.exact !== undefined || other.exact !== undefined
      ? one.exact === other.exact
      : Number(one.value) === Number(other.value);
  if (one.type !== other.type) return false;
  if (isList(one)) {
    const [left, right] = [items(one), items(other)];
    return left.length === right.length && left.every((item, index) => equal(item, right[index]!));
  }
  if (one.type !== 'ObjectValue') return one.value === other.value;
  const right = entries(other);
  return (
    entries(one).size === right.size &&
    [...entries(one)].every(([key, item]) => right.has(key) && equal(item, right.get(key)!))
  );
}

/** White space of Python's `str.strip`. */
const isBlank = (letter: string): boolean =>
  /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(letter) ||
  (letter >= '\x1c' && letter <= '\x1f');

function stripped(text: string, letters: Value | undefined, left: boolean, right: boolean): string {
  const chosen =
    letters === undefined || letters.type === 'NullValue' ? undefined : [...(letters.value as string)];
  const goes = (letter: string): boolean =>
    chosen === undefined ? isBlank(letter) : chosen.includes(letter);
  const all = [...text];
  let start = 0;
  let end = all.length;
  if (left) while (start < end && goes(all[start]!)) start++;
  if (right) while (end > start && goes(all[end - 1]!)) end--;
  return all.slice(start, end).join('');
}

function string(value: Value | undefined, what: string): string {
  if (value?.type !== 'StringValue') throw new Error(`${what} needs a text, not ${value?.type ?? 'nothing'}`);
  return value.value as string;
}

function whole(value: Value | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (value.type !== 'IntegerValue') throw new Error(`range needs whole numbers, not ${value.type}`);
  return value.value as number;
}

const stripRule =
  (left: boolean, right: boolean): Rule =>
  ([text, letters], _named, make) =>
    make(stripped(string(text, 'strip'), letters, left, right));

/** The functions that rewritten trees call, and those that templates call by name. */
export function rules(date: Date): Record<string, Rule> {
  return {
    'python text': ([value], _named, make) => make(pythonText(value!)),
    'python equal': ([one, other], _named, make) => make(equal(one!, other!)),
    'python unequal': ([one, other], _named, make) => make(!equal(one!, other!)),
    'python join': (values, _named, make) => make(values.map(pythonText).join('')),
    'python modulo': ([one, other], _named, make) => {
      for (const { type } of [one!, other!])
        if (type !== 'IntegerValue' && type !== 'BooleanValue')
          throw new Error('% is known for whole numbers alone');
      const divisor = Number(other!.value);
      if (divisor === 0) throw new Error('modulo by zero');
      const rest = Number(one!.value) % divisor;
      return make(rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest);
    },
    'python length': ([value], _named, make) => {
      if (value!.type === 'StringValue') return make([...(value!.value as string)].length);
      if (isList(value!)) return make(items(value!).length);
      if (value!.type === 'ObjectValue') return make(entries(value!).size);
      if (value!.type === 'UndefinedValue') return make(0);
      throw new Error(`a value of the kind ${value!.type} has no length`);
    },
    'python add': ([one, other], _named, make) => {
      if (one!.type === 'StringValue' && other!.type === 'StringValue')
        return make((one!.value as string) + (other!.value as string));
      if (isList(one!) && one!.type === other!.type) return make([...items(one!), ...items(other!)]);
      if (!isNumber(one!) || !isNumber(other!)) throw new Error(`+ of ${one!.type} and ${other!.type}`);
      const sum = Number(one!.value) + Number(other!.value);
      const isFloat = one!.type === 'FloatValue' || other!.type === 'FloatValue';
      return make(isFloat ? new ExactNumber(floatText(sum)) : sum);
    },
    'python trim': ([value, letters], _named, make) =>
      make(stripped(pythonText(value!), letters, true, true)),
    'python strip': stripRule(true, true),
    'python lstrip': stripRule(true, false),
    'python rstrip': stripRule(false, true),
    'python capitalize': ([text], _named, make) => {
      const [first = '', ...rest] = string(text, 'capitalize');
      return make(first.toUpperCase() + rest.join('').toLowerCase());
    },
    'python tojson': ([value, , position], named, make) => {
      const indent = (named.get('indent') ?? position)?.value;
      const pair = named.get('separators');
      const chosen =
        pair === undefined || pair.type === 'NullValue' ? undefined : items(pair).map(pythonText);
      const style = {
        ascii: named.get('ensure_ascii')?.value === true,
        indent: typeof indent === 'number' ? Math.min(indent, 64) : undefined,
        separators: (chosen ?? [typeof indent === 'number' ? ',' : ', ', ': ']) as [string, string],
        sorted: named.get('sort_keys')?.value === true,
      };
      return make(jsonText(value!, style));
    },
    range: (values, _named, make) => {
      const [start, stop] =
        values.length > 1 ? [whole(values[0], 0), whole(values[1], 0)] : [0, whole(values[0], 0)];
      const step = whole(values[2], 1);
      const count = step === 0 ? Number.NaN : Math.max(0, Math.ceil((stop - start) / step));
      if (!(count <= LONGEST_RANGE)) throw new Error(`range of ${count} numbers; ${LONGEST_RANGE} at most`);
      return make(Array.from({ length: count }, (_, index) => start + index * step));
    },
    strftime_now: ([format], _named, make) => make(dateText(date, string(format, 'strftime_now'))),
  };
}
