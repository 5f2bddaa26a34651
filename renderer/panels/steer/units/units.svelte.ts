/** @file Which unit of the looked-at hook is shown, and in which order units are stepped through. */
import { createContext } from 'svelte';
import type { SteerState } from '../steer.svelte';
import { orderedUnits, type UnitOrder } from './scenes';

export class UnitChoice {
  order = $state<UnitOrder>('before');
  #place = $state(0);
  #named = $state.raw<{ hook: string; unit: number } | null>(null);
  readonly #steer: SteerState;

  constructor(steer: SteerState) {
    this.#steer = steer;
  }

  /** Of the hook that is looked at. */
  readonly units = $derived.by(() => {
    const { hook } = this.#steer;
    return hook === null ? null : this.#steer.answer('units', hook);
  });
  readonly sorted = $derived.by(() =>
    this.units ? orderedUnits(this.units, this.order) : new Uint32Array(),
  );
  readonly unit = $derived.by(() => {
    if (this.#named?.hook === this.#steer.hook) return this.#named?.unit ?? null;
    return this.sorted[Math.min(this.#place, this.sorted.length - 1)] ?? null;
  });
  readonly view = $derived.by(() => {
    const { hook } = this.#steer;
    const { unit } = this;
    return hook === null || unit === null ? null : this.#steer.answer('unit', 'shown');
  });

  /** Asks for the units of the hook, and for the shown one; to be called in an effect. */
  follow(): void {
    const { hook } = this.#steer;
    if (hook === null) return;
    const { run } = this.#steer;
    this.#steer.ask('units', { hook }, hook, run?.status === 'running' ? 'running' : 'rest');
    const { unit } = this;
    if (unit !== null) this.#steer.ask('unit', { hook, unit }, 'shown');
  }

  sortBy(order: UnitOrder): void {
    this.order = order;
    this.#place = 0;
    this.#named = null;
  }

  step(by: number): void {
    const now = this.unit === null ? 0 : Math.max(0, this.sorted.indexOf(this.unit));
    this.#named = null;
    this.#place = Math.max(0, Math.min(this.sorted.length - 1, now + by));
  }

  /** Shows a unit by its number. */
  goTo(unit: number): void {
    const { hook } = this.#steer;
    if (hook === null || !Number.isInteger(unit) || unit < 0 || unit >= (this.units?.before.length ?? 0))
      return;
    this.#named = { hook, unit };
  }
}

export const [getUnits, setUnits] = createContext<UnitChoice>();
