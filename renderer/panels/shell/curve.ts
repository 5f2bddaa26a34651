/** @file One curve that grows while a run goes on. */
import type { MetricCurve, MetricPoint } from '../../../main/rpc/contract';

/** Steps and values in ascending order of step; a step that comes again (after a resume) replaces what followed it. */
export class GrowingCurve {
  #steps: number[] = [];
  #values: number[] = [];

  get length(): number {
    return this.#steps.length;
  }

  /** Step of the newest value, or undefined while there is none. */
  get lastStep(): number | undefined {
    return this.#steps.at(-1);
  }

  /** Takes a stored curve, keeping points that arrived live in the meantime and lie beyond it. */
  load(curve: Pick<MetricCurve, 'steps' | 'values'>): void {
    const end = curve.steps.at(-1) ?? -Infinity;
    const late = this.#steps.findLastIndex((step) => step <= end) + 1;
    this.#steps = [...curve.steps, ...this.#steps.slice(late)];
    this.#values = [...curve.values, ...this.#values.slice(late)];
  }

  add(points: readonly MetricPoint[]): void {
    for (const { step, value } of points) {
      while (this.#steps.length > 0 && this.#steps.at(-1)! >= step) {
        this.#steps.pop();
        this.#values.pop();
      }
      this.#steps.push(step);
      this.#values.push(value);
    }
  }

  /**
   * The curve without its jitter: an exponential moving average over about `span` values, the start corrected for
   * bias (Kingma and Ba 2015, section 3). Reduced like `columns`, so that both share their steps.
   */
  smoothed(span: number) {
    const keep = 1 - 2 / (span + 1);
    let [average, weight] = [0, 0];
    const values = this.#values.map((value) => {
      if (!Number.isFinite(value)) return value;
      average = keep * average + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
      return average / weight;
    });
    return reduced(this.#steps, values);
  }

  /** At most `maximum` points for drawing; of each group of neighbours the last one stays. */
  columns(maximum?: number) {
    return reduced(this.#steps, this.#values, maximum);
  }
}

function reduced(steps: readonly number[], values: readonly number[], maximum = 4000) {
  const every = Math.max(1, Math.ceil(steps.length / maximum));
  if (every === 1) return { x: Float64Array.from(steps), y: Float64Array.from(values) };
  const keep = (_: number, i: number): boolean => i % every === every - 1 || i === steps.length - 1;
  return { x: Float64Array.from(steps.filter(keep)), y: Float64Array.from(values.filter(keep)) };
}
