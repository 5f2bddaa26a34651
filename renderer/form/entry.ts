/** @file Numbers as people type and step them: thousands separators, scientific notation, steps that suit the scale. */
import type { FieldDescription, Json } from '../../main/rpc/contract';

/** The value as it stands in the field: whole numbers with separators, small ones as 2e-3. */
export function formatEntry(value: Json): string {
  if (typeof value !== 'number')
    return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  return size > 0 && (size < 0.01 || size >= 1e9) ? value.toExponential().replace('e+', 'e') : String(value);
}

/** The typed number, or null when it is none. Separators between digits are allowed. */
export function parseEntry(text: string): number | null {
  const plain = text
    .trim()
    .replace(/(?<=\d)[,_\s](?=\d{3})/g, '')
    .replace('−', '-');
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** The neighbouring sensible value: 1-2-5 steps on a log scale (powers of two stay powers of two), even steps otherwise. */
export function stepEntry(field: FieldDescription, value: number, direction: 1 | -1): number {
  const whole = field.kind === 'integer';
  const { minimum = -Infinity, maximum = Infinity } = field;
  let next: number;
  if (field.scale === 'log' && value > 0) {
    next =
      whole && Number.isInteger(Math.log2(value)) && value > 2
        ? value * 2 ** direction
        : series(value, direction);
  } else {
    const span = maximum - minimum;
    const step = whole ? 1 : Number.isFinite(span) ? 10 ** Math.floor(Math.log10(span / 20)) : 0.1;
    next = (Math.round(value / step) + direction) * step;
  }
  if (whole)
    next = direction > 0 ? Math.max(Math.ceil(next), value + 1) : Math.min(Math.floor(next), value - 1);
  return Math.min(maximum, Math.max(minimum, Number(next.toPrecision(12))));
}

/** What is wrong with a typed text, in words; null when nothing is. */
export function entryProblem(field: FieldDescription, text: string): string | null {
  const value = parseEntry(text);
  if (value === null) return 'Type a number, such as 4096 or 2e-3.';
  if (field.kind === 'integer' && !Number.isInteger(value)) return 'Type a whole number.';
  const { minimum = -Infinity, maximum = Infinity } = field;
  if (value < minimum) return `At least ${formatEntry(minimum)}.`;
  if (value > maximum) return `At most ${formatEntry(maximum)}.`;
  return null;
}

/** Range and default in one line, for the help. */
export function fieldFacts(field: FieldDescription): string {
  const range =
    field.minimum !== undefined && field.maximum !== undefined
      ? `${formatEntry(field.minimum)} to ${formatEntry(field.maximum)}${field.unit ? ` ${field.unit}` : ''}`
      : '';
  return [range, `default ${defaultText(field)}`].filter(Boolean).join(', ');
}

function defaultText({ default: value, choices = [] }: FieldDescription): string {
  const titled = (one: Json): string =>
    choices.find((choice) => choice.value === one)?.title ?? formatEntry(one);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(titled).join(', ');
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : titled(value);
}

/** Whether a field is asked at all, given the other values. */
export function isAsked(field: FieldDescription, values: Readonly<Record<string, Json>>): boolean {
  const conditions = [field.onlyWhen ?? []].flat();
  return conditions.every(({ key, values: allowed }) => allowed.includes(values[key] ?? null));
}

/** The next number of 1, 2, 5, 10, 20, 50 … in either direction. */
function series(value: number, direction: 1 | -1): number {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const candidates = [-1, 0, 1].flatMap((e) => [1, 2, 5].map((m) => m * 10 ** (exponent + e)));
  const clear = value * 1e-9;
  return direction > 0
    ? candidates.find((c) => c > value + clear)!
    : candidates.findLast((c) => c < value - clear)!;
}
