/** @file `strftime` of Python in the C locale; letters that are not known are refused, not left in the prompt. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];

const two = (number: number): string => String(number).padStart(2, '0');

/** @throws Error naming the letter that is not known */
export function dateText(date: Date, format: string): string {
  const day = DAYS[date.getDay()]!;
  const month = MONTHS[date.getMonth()]!;
  const hour = date.getHours() % 12 === 0 ? 12 : date.getHours() % 12;
  const ofYear =
    Math.round(
      (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) /
        86_400_000,
    ) + 1;
  const letters: Record<string, string> = {
    ...{ Y: String(date.getFullYear()), y: two(date.getFullYear() % 100), m: two(date.getMonth() + 1) },
    ...{
      d: two(date.getDate()),
      e: String(date.getDate()).padStart(2, ' '),
      j: String(ofYear).padStart(3, '0'),
    },
    ...{ H: two(date.getHours()), I: two(hour), M: two(date.getMinutes()), S: two(date.getSeconds()) },
    ...{ p: date.getHours() < 12 ? 'AM' : 'PM', A: day, a: day.slice(0, 3), w: String(date.getDay()) },
    ...{ B: month, b: month.slice(0, 3), h: month.slice(0, 3), '%': '%', n: '\n', t: '\t' },
    ...{ '-d': String(date.getDate()), '-m': String(date.getMonth() + 1) },
  };
  letters.F = `${letters.Y}-${letters.m}-${letters.d}`;
  letters.T = `${letters.H}:${letters.M}:${letters.S}`;
  letters.D = `${letters.m}/${letters.d}/${letters.y}`;
  letters.R = `${letters.H}:${letters.M}`;
  return format.replace(/%(-?.?)/gs, (whole, letter: string) => {
    const text = letters[letter];
    if (text === undefined) throw new Error(`strftime_now does not know ${whole}`);
    return text;
  });
}
