/** @file Numbers, sizes, times and counts as a person reads them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A count with thousands separators: 60,000. */
export function count(value: number): string {
  return whole.format(value);
}

/** Three significant digits: 0.0079, 1.39, 12,300, 3.1e-5. Whole numbers are given in full. */
export function number(value: number): string {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return whole.format(value).replace('-', '−');
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replace(/^-/, '−');
  return three.format(value).replace('-', '−');
}

/** A mean and its deviation, the deviation to two digits and the mean to as many decimals: 20.20 ± 0.18, 0.3910 ± 0.0010. */
export function spread(mean: number, deviation: number): string {
  if (!(deviation > 0) || !Number.isFinite(deviation) || !Number.isFinite(mean))
    return `${number(mean)} ± ${number(deviation)}`;
  const decimals = 1 - Math.floor(Math.log10(deviation));
  if (decimals < 0 || decimals > 8) return `${number(mean)} ± ${number(deviation)}`;
  const format = new Intl.NumberFormat('en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `${format.format(mean).replace('-', '−')} ± ${format.format(deviation)}`;
}

/** 3.2 MB, powers of ten. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(size) : three.format(size)} ${units[unit]}`;
}

/** A duration as a clock: 0:41, 12:05, 1:02:03. */
export function clock(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = String(total % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** A short span: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min. */
export function span(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** How long ago: 2 s ago, 5 min ago, 3 h ago, then the date. */
export function ago(then: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(then).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** `6,000 × 2`: rows by columns. */
export function shape(rows: number, columns: number): string {
  return `${count(rows)} × ${count(columns)}`;
}

/** With a capital letter at its start. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Error texts come as phrases; shown alone they are sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const end = /[.…?]$/.test(trimmed) ? '' : '.';
  return capital(trimmed) + end;
}

/** `one row`, `3 rows`. */
export function plural(value: number, noun: string): string {
  return value === 1 ? `1 ${noun}` : `${count(value)} ${noun}s`;
}
