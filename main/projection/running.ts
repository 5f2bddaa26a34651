/** @file A slow projection between questions: goes on while it is asked for, rests when nobody asks, and is closed in the end. */
import type { LayoutState } from './layout';

/** A layout that is advanced piece by piece. How it is cut up does not change what comes out. */
export class RunningLayout {
  readonly #steps: AsyncGenerator<LayoutState, void>;
  #last: LayoutState | null = null;
  #ended = false;
  /** Told to everyone who asks, not only to the first. */
  #failure: { error: unknown } | null = null;

  constructor(steps: AsyncGenerator<LayoutState, void>) {
    this.#steps = steps;
  }

  /** Works for about so many milliseconds, at least one step, and tells how far it has come. */
  async advance(milliseconds: number): Promise<LayoutState> {
    const until = performance.now() + milliseconds;
    do {
      if (this.#ended) break;
      const step = await this.#steps.next().catch((error: unknown) => {
        this.#failure = { error };
        return { done: true as const, value: undefined };
      });
      if (step.done) this.#ended = true;
      else this.#last = step.value;
    } while (performance.now() < until);
    if (this.#failure) throw this.#failure.error;
    return this.#last!;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#steps.return();
  }
}
