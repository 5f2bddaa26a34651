/** @file The curves of runs that grow while they go on: loaded once, then followed. */
/* eslint-disable svelte/prefer-svelte-reactivity -- what changes in the maps is told by a version beside them */
import type { ErrorDetail, MetricCurve, MetricPoint } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';

export class LiveCurves {
  error = $state.raw<ErrorDetail | null>(null);
  /** Grows by one whenever a curve got new points; reading a curve depends on it. */
  #version = $state(0);
  readonly #runs = new Map<string, Map<string, GrowingCurve>>();
  readonly #engine: EngineClient;
  readonly #wanted: readonly string[] | undefined;

  /** @param wanted Names of the curves; all there are when left out. */
  constructor(engine: EngineClient, wanted?: readonly string[]) {
    this.#engine = engine;
    this.#wanted = wanted;
  }

  /** Listens for live values; the answer stops it. */
  listen(): () => void {
    return this.#engine.on('metrics', (id, points) => {
      const curves = this.#runs.get(id);
      const own = points.filter(({ name }) => this.#wanted?.includes(name) ?? true);
      if (!curves || own.length === 0) return;
      for (const name of new Set(own.map((point) => point.name)))
        curveOf(curves, name).add(own.filter((point) => point.name === name));
      this.#version++;
    });
  }

  /** Loads the curves of a run, once. */
  follow(runId: string): void {
    if (this.#runs.has(runId)) return;
    this.#runs.set(runId, new Map());
    this.#load(runId);
  }

  /** Names of a run's curves, in the order in which they came. */
  names(runId: string): string[] {
    void this.#version;
    return [...(this.#runs.get(runId)?.keys() ?? [])];
  }

  /** A curve of a run; null before its first value. */
  of(runId: string | undefined, name: string): GrowingCurve | null {
    void this.#version;
    return this.#runs.get(runId ?? '')?.get(name) ?? null;
  }

  /** Loads again what may have been missed while the engine was away. */
  reconnected(): void {
    for (const runId of this.#runs.keys()) this.#load(runId);
  }

  #load(runId: string): void {
    const curves = this.#runs.get(runId)!;
    this.#engine.api.curves(runId, this.#wanted && [...this.#wanted]).then(
      (found) => {
        for (const curve of found) curveOf(curves, curve.name).load(curve);
        this.#version++;
        this.error = null;
      },
      (thrown: unknown) => {
        // Curves that hold something are kept; empty ones are asked for again.
        if (curves.size === 0) this.#runs.delete(runId);
        this.error = detailOf(thrown);
      },
    );
  }
}

function curveOf(curves: Map<string, GrowingCurve>, name: string): GrowingCurve {
  const found = curves.get(name) ?? new GrowingCurve();
  curves.set(name, found);
  return found;
}

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
