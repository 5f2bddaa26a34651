/** @file Values as Python prints them: what a template writes out, and JSON as `json.dumps` has it. */

/** A value of the template engine, seen from outside. */
export interface Value {
  type: string;
  value: unknown;
  /** All digits of a whole number that a double cannot hold. */
  exact?: string;
}

export const items = (value: Value): Value[] => value.value as Value[];
export const entries = (value: Value): Map<string, Value> => value.value as Map<string, Value>;
export const isList = (value: Value): boolean => Array.isArray(value.value);

/** A double as Python writes it: the shortest digits, with an exponent below 1e-4 and from 1e16 on. */
export function floatText(number: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf';
  if (number === 0) return Object.is(number, -0) ? '-0.0' : '0.0';
  const [digits, exponent] = number.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16)
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const plain = power < 0 ? number.toFixed(digits.replace(/\D/g, '').length - 1 - power) : String(number);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** `str(value)` of Python; what is not defined is ''. */
export function pythonText(value: Value): string {
  if (value.type === 'UndefinedValue') return '';
  return value.type === 'StringValue' ? (value.value as string) : pythonLiteral(value);
}

/** `repr(value)` of Python. */
function pythonLiteral(value: Value): string {
  switch (value.type) {
    case 'NullValue':
      return 'None';
    case 'BooleanValue':
      return value.value === true ? 'True' : 'False';
    case 'IntegerValue':
      return value.exact ?? String(value.value);
    case 'FloatValue':
      return floatText(value.value as number);
    case 'StringValue':
      return quoted(value.value as string);
    case 'UndefinedValue':
      return 'Undefined';
  }
  if (value.type === 'ObjectValue')
    return `{${[...entries(value)].map(([key, item]) => `${quoted(key)}: ${pythonLiteral(item)}`).join(', ')}}`;
  if (!isList(value)) throw new Error(`a value of the kind ${value.type} cannot be printed`);
  const parts = items(value).map(pythonLiteral);
  if (value.type !== 'TupleValue') return `[${parts.join(', ')}]`;
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(', ')})`;
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const named: Record<string, string> = {
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\\': '\\\\',
    [mark]: `\\${mark}`,
  };
  let result = '';
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    if (Object.hasOwn(named, letter)) result += named[letter]!;
    else if (!/[\p{C}\p{Z}]/u.test(letter) || letter === ' ') result += letter;
    else if (code < 0x100) result += `\\x${code.toString(16).padStart(2, '0')}`;
    else
      result +=
        code < 0x10000
          ? `\\u${code.toString(16).padStart(4, '0')}`
          : `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return mark + result + mark;
}

export interface JsonStyle {
  ascii: boolean;
  indent?: number;
  separators: [string, string];
  sorted: boolean;
}

/** `json.dumps` of Python. */
export function jsonText(value: Value, style: JsonStyle, depth = 0): string {
  switch (value.type) {
    case 'NullValue':
      return 'null';
    case 'BooleanValue':
      return String(value.value);
    case 'IntegerValue':
      return value.exact ?? String(value.value);
    case 'FloatValue': {
      const text = floatText(value.value as number);
      return { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }[text] ?? text;
    }
    case 'StringValue':
      return jsonString(value.value as string, style.ascii);
  }
  if (value.type === 'ObjectValue') {
    let pairs = [...entries(value)];
    if (style.sorted) pairs = pairs.sort(([one], [other]) => (one < other ? -1 : 1));
    const parts = pairs.map(
      ([key, item]) => jsonString(key, style.ascii) + style.separators[1] + jsonText(item, style, depth + 1),
    );
    return wrapped('{', parts, '}', style, depth);
  }
  if (!isList(value)) throw new Error(`a value of the kind ${value.type} is no JSON`);
  return wrapped(
    '[',
    items(value).map((item) => jsonText(item, style, depth + 1)),
    ']',
    style,
    depth,
  );
}

function wrapped(
  open: string,
  parts: string[],
  close: string,
  { indent, separators }: JsonStyle,
  depth: number,
): string {
  if (parts.length === 0 || indent === undefined) return open + parts.join(separators[0]) + close;
  const line = (level: number): string => `\n${' '.repeat(indent * level)}`;
  return open + line(depth + 1) + parts.join(separators[0] + line(depth + 1)) + line(depth) + close;
}

function jsonString(text: string, ascii: boolean): string {
  const result = JSON.stringify(text);
  if (!ascii) return result;
  return result.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
