/** @file How the rows and columns of P are sorted for looking at it. */

/**
 * Orders of source and data points [n, 2] along the data's first principal direction in the display plane, so that
 * neighbours in the plane are neighbours in the table. With classes the columns come class by class, and each row
 * with the class of its likeliest data point.
 */
export function sortedOrders(
  source: Float32Array,
  target: Float32Array,
  byClass: { classes: Int32Array; likeliest: Int32Array } | null,
): { rowOrder: Int32Array; columnOrder: Int32Array } {
  const direction = firstDirection(target);
  const [rows, columns] = [along(source, direction), along(target, direction)];
  const columnClass = (j: number): number => byClass?.classes[j] ?? 0;
  const rowClass = (i: number): number => (byClass ? columnClass(byClass.likeliest[i]!) : 0);
  return { rowOrder: sorted(rows, rowClass), columnOrder: sorted(columns, columnClass) };
}

/** The unit vector of largest variance of [n, 2] points, first coordinate not negative. */
function firstDirection(points: Float32Array): [number, number] {
  const count = points.length / 2;
  let [meanX, meanY] = [0, 0];
  for (let k = 0; k < count; k++) {
    meanX += points[2 * k]! / count;
    meanY += points[2 * k + 1]! / count;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const [dx, dy] = [points[2 * k]! - meanX, points[2 * k + 1]! - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return [Math.cos(angle), Math.sin(angle)];
}

function along(points: Float32Array, [cosine, sine]: [number, number]): Float64Array {
  return Float64Array.from(
    { length: points.length / 2 },
    (_, k) => points[2 * k]! * cosine + points[2 * k + 1]! * sine,
  );
}

/** Places sorted by class, then by value, then by place. */
function sorted(values: Float64Array, classOf: (place: number) => number): Int32Array {
  const places = Int32Array.from(values, (_, place) => place);
  return places.sort((a, b) => classOf(a) - classOf(b) || values[a]! - values[b]! || a - b);
}
