/** @file What a mark puts on each axis: the smallest and largest value, from which axes find their ends. */
import { segmentsOf, type Axis, type Mark } from './scene';

/** Smallest and largest value of a mark on one axis, [] where it has none; on a log scale only positive ones count. */
export function channelRange(mark: Mark, side: 'x' | 'y', scale: Axis['scale']): number[] {
  let [low, high] = [Infinity, -Infinity];
  for (const [values, stride] of channelsOf(mark, side))
    for (let i = side === 'y' && stride > 1 ? 1 : 0; i < values.length; i += stride) {
      const value = values[i]!;
      if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low > high ? [] : [low, high];
}

/** The arrays of a mark that lie on an axis; with stride 2 both axes take turns in them. */
function channelsOf(mark: Mark, side: 'x' | 'y'): [values: ArrayLike<number>, stride: number][] {
  switch (mark.kind) {
    case 'points':
      return [[mark.points, 2]];
    case 'segments':
    case 'paths':
    case 'arrows':
      return [[segmentsOf(mark), 2]];
    case 'line':
      return [[mark[side], 1]];
    case 'band':
      return side === 'x'
        ? [[mark.x, 1]]
        : [
            [mark.low, 1],
            [mark.high, 1],
          ];
    case 'bins':
      return side === 'x'
        ? [[mark.edges, 1]]
        : [
            [mark.heights, 1],
            // Bars stand on the ground.
            [[0], 1],
          ];
    case 'polygons':
      return mark.rings.map((ring) => [ring, 2]);
    case 'cells':
      return [[side === 'x' ? mark.extent.slice(0, 2) : mark.extent.slice(2), 1]];
  }
}
