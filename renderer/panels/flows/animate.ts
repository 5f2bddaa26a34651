/** @file Plays the flow's time: from noise to data in two and a half seconds. */
import { untrack } from 'svelte';
import type { FlowsState } from './flows.svelte';

/** Moves the time at most thirty times a second, or in tenths when motion is unwelcome; the answer stops it. */
export function playing(flows: FlowsState, calm: boolean): () => void {
  const interval = calm ? 500 : 33;
  let last: number | null = null;
  let rest = 0;
  let request = requestAnimationFrame(tick);
  function tick(now: number): void {
    request = requestAnimationFrame(tick);
    last ??= now;
    const passed = now - last;
    if (passed < interval) return;
    last = now;
    untrack(() => {
      if (flows.time < 1) flows.time = Math.min(1, flows.time + (calm ? 0.1 : passed / 2500));
      else if (!flows.loops) flows.playing = false;
      // At the end the result stays to be looked at for a moment.
      else if ((rest += passed) > 900) {
        rest = 0;
        flows.time = 0;
      }
    });
  }
  return () => cancelAnimationFrame(request);
}
