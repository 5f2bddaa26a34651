/** @file Tables that specs drop, made by our own code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../native-models';

/**
 * Writes a CSV with two features and two targets and returns its path. The targets follow the first feature; their
 * errors lie on a bent line and grow with the second feature.
 */
export function writeBentErrors(folder: string, rows: number): string {
  const noise = stream(23, 'e2e-bent').normal(new Float32Array(3 * rows));
  const places = stream(23, 'e2e-places').uniform(new Float32Array(2 * rows));
  const lines = Array.from({ length: rows }, (_, row) => {
    const [a, b] = [2 * places[2 * row]! - 1, places[2 * row + 1]!];
    const along = (0.3 + b) * noise[3 * row]!;
    const north = 2 * a + along;
    const east = a * a + along * along + 0.2 * noise[3 * row + 1]!;
    return [a, b, north, east].map((value) => value.toFixed(5)).join(',');
  });
  const path = join(folder, 'bent.csv');
  writeFileSync(path, `a,b,north,east\n${lines.join('\n')}\n`);
  return path;
}
