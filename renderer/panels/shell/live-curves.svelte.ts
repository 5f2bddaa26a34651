/** @file The curves of runs that grow while they go on: loaded once, then followed. */
/* eslint-disable svelte/prefer-svelte-reactivity -- what changes in the maps is told by a version beside them */
import type { ErrorDetail } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';
import { GrowingCurve } from './curve';

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
