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
    const newer = this.#steps.findIndex((step) => step > end);
    const late = newer < 0 ? [] : this.#steps.slice(newer);
    const lateValues = newer < 0 ? [] : this.#values.slice(newer);
    this.#steps = [...curve.steps, ...late];
    this.#values = [...curve.values, ...lateValues];
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

  /** At most `maximum` points for drawing; of each group of neighbours the last one stays. */
  columns(maximum = 4000): { x: Float64Array; y: Float64Array } {
    const every = Math.max(1, Math.ceil(this.#steps.length / maximum));
    if (every === 1) return { x: Float64Array.from(this.#steps), y: Float64Array.from(this.#values) };
    const keep = (_: number, i: number): boolean => i % every === every - 1 || i === this.#steps.length - 1;
    return {
      x: Float64Array.from(this.#steps.filter(keep)),
      y: Float64Array.from(this.#values.filter(keep)),
    };
  }
}
