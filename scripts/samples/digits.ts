/** @file Handwriting-like digits: stroke skeletons, bent and slanted at random, drawn with a soft pen. */
import { draws } from './clouds';

type Point = readonly [x: number, y: number];
/** Points of one pen stroke in the unit square, y downwards; smooth strokes are splined through them. */
interface Stroke {
  smooth: boolean;
  points: readonly Point[];
}

export const SIDE = 16;
/** Pixels left free around the undisturbed digit. */
const MARGIN = 2;
const PIECES = 6;

const line = (...points: Point[]): Stroke => ({ smooth: false, points });
const curve = (...points: Point[]): Stroke => ({ smooth: true, points });

/** Every digit's ways of being written. */
const SKELETONS: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [
      curve(
        [0.5, 0.06],
        [0.27, 0.2],
        [0.21, 0.5],
        [0.28, 0.8],
        [0.5, 0.94],
        [0.72, 0.8],
        [0.79, 0.5],
        [0.73, 0.2],
        [0.5, 0.06],
      ),
    ],
  ],
  [[line([0.5, 0.06], [0.5, 0.94])], [line([0.34, 0.24], [0.54, 0.06], [0.54, 0.94])]],
  [
    [
      curve([0.24, 0.28], [0.34, 0.11], [0.54, 0.06], [0.74, 0.2], [0.7, 0.42], [0.48, 0.66], [0.23, 0.91]),
      line([0.23, 0.91], [0.8, 0.91]),
    ],
  ],
  [
    [
      curve([0.25, 0.16], [0.48, 0.06], [0.71, 0.2], [0.66, 0.38], [0.44, 0.47]),
      curve([0.44, 0.47], [0.7, 0.55], [0.77, 0.74], [0.6, 0.91], [0.38, 0.93], [0.22, 0.82]),
    ],
  ],
  [
    [line([0.6, 0.06], [0.19, 0.63], [0.84, 0.63]), line([0.62, 0.06], [0.62, 0.95])],
    [line([0.28, 0.08], [0.22, 0.55], [0.8, 0.55]), line([0.7, 0.1], [0.66, 0.95])],
  ],
  [
    [
      line([0.76, 0.09], [0.33, 0.09], [0.28, 0.46]),
      curve([0.28, 0.46], [0.5, 0.38], [0.73, 0.5], [0.76, 0.7], [0.6, 0.89], [0.4, 0.93], [0.22, 0.83]),
    ],
  ],
  [
    [
      curve(
        [0.68, 0.08],
        [0.45, 0.2],
        [0.29, 0.45],
        [0.25, 0.7],
        [0.4, 0.91],
        [0.6, 0.92],
        [0.75, 0.74],
        [0.67, 0.56],
        [0.48, 0.5],
        [0.28, 0.62],
      ),
    ],
  ],
  [
    [line([0.2, 0.1], [0.79, 0.1]), curve([0.79, 0.1], [0.6, 0.42], [0.48, 0.7], [0.42, 0.94])],
    [line([0.2, 0.1], [0.79, 0.1], [0.42, 0.94]), line([0.36, 0.52], [0.74, 0.5])],
  ],
  [
    [
      curve(
        [0.5, 0.47],
        [0.72, 0.32],
        [0.68, 0.13],
        [0.5, 0.06],
        [0.32, 0.13],
        [0.28, 0.32],
        [0.5, 0.47],
        [0.75, 0.64],
        [0.73, 0.86],
        [0.5, 0.94],
        [0.27, 0.86],
        [0.25, 0.64],
        [0.5, 0.47],
      ),
    ],
  ],
  [
    [
      curve(
        [0.71, 0.32],
        [0.57, 0.49],
        [0.37, 0.47],
        [0.26, 0.29],
        [0.38, 0.1],
        [0.6, 0.07],
        [0.73, 0.22],
        [0.71, 0.48],
        [0.65, 0.72],
        [0.52, 0.94],
      ),
    ],
  ],
];

/** Pixels [count, 16, 16] from 0 (paper) to 255 (ink) and the digit of each image. */
export function drawnDigits(count: number): { pixels: Uint8Array; labels: Uint8Array } {
  const random = draws('drawn digits');
  const labels = Uint8Array.from({ length: count }, () => random.integer(10));
  const pixels = new Uint8Array(count * SIDE * SIDE);
  labels.forEach((digit, i) => {
    const ways = SKELETONS[digit]!;
    const way = ways[random.integer(ways.length)]!;
    drawDigit(way, random, pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  });
  return { pixels, labels };
}

function drawDigit(strokes: readonly Stroke[], random: ReturnType<typeof draws>, into: Uint8Array): void {
  const place = randomPlacement(random);
  const jitter = () => 0.022 * random.normal();
  // A stroke that begins where another ends must bend with it, so equal points move together.
  const moved = new Map<string, Point>();
  const bend = ([x, y]: Point): Point => {
    const key = `${x},${y}`;
    const known = moved.get(key) ?? place(x + jitter(), y + jitter());
    moved.set(key, known);
    return known;
  };
  const segments = strokes.flatMap(({ smooth, points }) => {
    const bent = points.map(bend);
    return pairs(smooth ? spline(bent) : bent);
  });
  const radius = 0.62 + 0.5 * random.uniform();
  const ink = 205 + 50 * random.uniform();
  for (let y = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1) {
      const distance = Math.min(...segments.map(([a, b]) => distanceToSegment(x + 0.5, y + 0.5, a, b)));
      // One pixel of ramp at the border of the pen gives the anti-aliasing.
      const cover = Math.max(0, Math.min(1, radius + 0.5 - distance));
      into[y * SIDE + x] = Math.round(ink * cover);
    }
}

/** From the unit square to pixels: slant, turn, stretch and shift. */
function randomPlacement({ normal }: ReturnType<typeof draws>): (x: number, y: number) => Point {
  const turn = 0.11 * normal();
  const slant = -0.12 + 0.16 * normal();
  const size = SIDE - 2 * MARGIN;
  const wide = size * Math.max(0.75, Math.min(1.15, 1 + 0.09 * normal()));
  const tall = size * Math.max(0.82, Math.min(1.1, 1 + 0.06 * normal()));
  const right = 0.45 * normal();
  const down = 0.4 * normal();
  return (x, y) => {
    const v = (y - 0.5) * tall;
    const u = (x - 0.5) * wide + slant * v;
    return [
      SIDE / 2 + right + Math.cos(turn) * u - Math.sin(turn) * v,
      SIDE / 2 + down + Math.sin(turn) * u + Math.cos(turn) * v,
    ];
  };
}

/** A Catmull–Rom spline through the points. */
function spline(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  const at = (i: number) => points[Math.max(0, Math.min(points.length - 1, i))]!;
  for (let i = 0; i + 1 < points.length; i += 1)
    for (let piece = 0; piece < PIECES; piece += 1) {
      const t = piece / PIECES;
      const blend = (axis: 0 | 1) => {
        const [p0, p1, p2, p3] = [at(i - 1)[axis], at(i)[axis], at(i + 1)[axis], at(i + 2)[axis]];
        return (
          0.5 *
          (2 * p1 +
            (p2 - p0) * t +
            (2 * p0 - 5 * p1 + 4 * p2 - p3) * t ** 2 +
            (3 * p1 - p0 - 3 * p2 + p3) * t ** 3)
        );
      };
      out.push([blend(0), blend(1)]);
    }
  return [...out, at(points.length - 1)];
}

function pairs(points: readonly Point[]): [Point, Point][] {
  return points.slice(1).map((point, i) => [points[i]!, point]);
}

function distanceToSegment(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
