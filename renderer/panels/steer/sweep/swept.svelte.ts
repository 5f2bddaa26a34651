/** @file Which point of the sweep is read, and which measures are drawn. */
import { createContext } from 'svelte';
import type { SteerArm } from '../../../../main/rpc/contract';
import { textsPart, type SteerState } from '../steer.svelte';
import { nearestPoint } from './scenes';

export class Swept {
  /** Two measures, one over the other. */
  pair = $state('presence perplexity');
  #opened = $state.raw<{ arm: SteerArm; lambda: number } | null>(null);
  readonly #steer: SteerState;

  constructor(steer: SteerState) {
    this.#steer = steer;
  }

  /** The point whose texts are read: the one that was clicked, else the fitted one next to λ. */
  readonly point = $derived.by(() => {
    const points = this.#steer.sweep?.points ?? [];
    const opened = this.#opened;
    const own = opened && points.find(({ arm, lambda }) => arm === opened.arm && lambda === opened.lambda);
    return own ?? nearestPoint(points, 'fitted', this.#steer.lambda);
  });

  open(arm: SteerArm, lambda: number): void {
    this.#opened = { arm, lambda };
  }

  /** Asks for the texts of the point; to be called in an effect. */
  follow(): void {
    const { point } = this;
    if (!point) return;
    const { arm, lambda } = point;
    this.#steer.ask('texts', { arm, lambda }, textsPart(arm, lambda));
  }
}

export const [getSwept, setSwept] = createContext<Swept>();
