/** @file Data with planted truth directions (E.0 of the spec): one a task, or one for all tasks, with offsets that set tasks apart. */
import { stream } from '../../../native-models';
import type { TaskRows } from '../place';

export interface Planted {
  tasks: TaskRows[];
  /** [width] unit vectors, by task. */
  directions: Float64Array[];
}

/**
 * `shared` plants the same direction in every task, `turned` the same with its sign turned in every second one; `offset` scales
 * what sets tasks apart. `tasks` tasks of 600 + 200 + 400 items, `width` units.
 */
export function planted({
  shared = false,
  turned = false,
  offset = 1,
  tasks = 4,
  width = 576,
  gap = 3,
  seed = 0,
}: {
  shared?: boolean;
  turned?: boolean;
  offset?: number;
  tasks?: number;
  width?: number;
  gap?: number;
  seed?: number;
} = {}): Planted {
  const UNITS = 12;
  const parts = { train: 600, validation: 200, test: 400 };
  const n = parts.train + parts.validation + parts.test;
  const directions = Array.from({ length: tasks }, (_, task) => {
    const direction = directionOf(shared || turned ? 0 : task);
    return turned && task % 2 === 1 ? direction.map((value) => -value) : direction;
  });
  return { directions, tasks: directions.map(taskOf) };

  function directionOf(task: number): Float64Array {
    const random = stream(seed, 'planted.direction', task);
    const order = random.uniform(new Float32Array(width));
    const units = [...order.keys()].sort((a, b) => order[a]! - order[b]!).slice(0, UNITS);
    const signs = random.integers(new Int32Array(UNITS), 2);
    const direction = new Float64Array(width);
    units.forEach((unit, k) => (direction[unit] = (2 * signs[k]! - 1) / Math.sqrt(UNITS)));
    return direction;
  }

  function taskOf(direction: Float64Array, task: number): TaskRows {
    const apart = stream(seed, 'planted.offset', task).normal(new Float32Array(width));
    const data = stream(seed, 'planted.noise', task).normal(new Float32Array(n * width));
    const labels = Uint8Array.from({ length: n }, (_, item) => item % 2);
    for (let item = 0; item < n; item++)
      for (let unit = 0; unit < width; unit++)
        data[item * width + unit]! += offset * apart[unit]! + (labels[item]! - 0.5) * gap * direction[unit]!;
    const items = Uint32Array.from({ length: n }, (_, item) => item);
    return {
      name: `task ${task + 1}`,
      rows: { data, rows: n, columns: width },
      labels,
      groups: Array.from(items, (item) => `${task}.${item}`),
      split: {
        train: items.slice(0, parts.train),
        validation: items.slice(parts.train, parts.train + parts.validation),
        test: items.slice(parts.train + parts.validation),
      },
    };
  }
}
