/** @file The sample tables: features and targets side by side, drawn from named random streams. */
import { draws } from './clouds';

export interface SampleTable {
  columns: string[];
  rows: (number | string)[][];
}

/** Where the targets lie at each site. */
const SITES = [
  { name: 'coast', centre: [-2.6, -0.5] },
  { name: 'plain', centre: [0, 1] },
  { name: 'hills', centre: [2.6, -0.5] },
] as const;

/** The bent stroke of the errors is turned by this. */
const TURN = 0.35;

/**
 * Two targets whose errors lie along two arms from a corner: no ellipse fits them. Their size grows from .6 to 1.4 with x1
 * over −2 … 2. The mean bends with x1 and x2 and jumps between sites; errors have mean 0.
 */
export function twoOutputs(rows: number): SampleTable {
  const { uniform, normal, integer } = draws('two outputs');
  const [cosine, sine] = [Math.cos(TURN), Math.sin(TURN)];
  return {
    columns: ['x1', 'x2', 'site', 'y1', 'y2'],
    rows: Array.from({ length: rows }, () => {
      const [x1, x2] = [4 * uniform() - 2, 4 * uniform() - 2];
      const { name, centre } = SITES[integer(SITES.length)]!;
      const along = 1.5 * uniform();
      const arm = integer(2) === 0 ? -1 : 1;
      const size = 0.6 * (1 + 0.2 * x1);
      const a = size * (arm * along + 0.1 * normal());
      const b = size * (0.9 * (0.75 - along) + 0.1 * normal());
      return [
        x1,
        x2,
        name,
        centre[0] + 0.5 * Math.sin(1.5 * x1) + cosine * a - sine * b,
        centre[1] + 0.2 * x1 * x2 + sine * a + cosine * b,
      ];
    }),
  };
}
