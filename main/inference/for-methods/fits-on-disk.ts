/** @file Whether what a run is going to capture fits on the disk. */
import { MongeError } from '../../../native-models/error';

/** Room that must be left. */
const SPARE_BYTES = 64 * 2 ** 20;

/** `what` of the settings makes it smaller. @throws `capture-too-large` */
export function checkFits(bytes: number, free: number, { key, help }: { key: string; help: string }): void {
  if (bytes + SPARE_BYTES <= free) return;
  throw new MongeError({
    code: 'capture-too-large',
    blame: 'input',
    what: 'what would be captured does not fit on the disk',
    where: { key },
    got: megabytes(bytes),
    expected: `at most ${megabytes(Math.max(0, free - SPARE_BYTES))}`,
    help,
  });
}

/** `1,234 MB`, `5.2 MB`. */
export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2)} MB`;
}
