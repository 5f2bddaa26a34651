/** @file A random life of a study, for testing that a sampler's asks follow from the events alone. */
import { stream } from '../../../../native-models';
import type { Json } from '../../../contract/schema';
import type { Point, Space, TrialState } from '../../../contract/study';
import { axesOf } from '../../space/axes';
import { pointKey } from '../../space/points';
import { randomPoint } from '../draws';
import type { Sampler, SamplerEvent, SamplerFactory } from '../sampler';

export interface Life {
  space: Space;
  seed: number;
  /** Trials that are begun. */
  trials: number;
  /** How many run at once. */
  workers: number;
  options?: Record<string, Json>;
  /** Smaller is better; null for a point that diverges. */
  objective: (point: Point) => number | null;
  /** Space from the middle of the life on. */
  later?: Space;
}

/** Ends that a trial has besides its own; most end well. */
const ENDS: readonly TrialState[] = ['pruned', 'failed', 'cancelled', 'lost', 'diverged'];

/**
 * Lives once with a sampler that is asked as a study goes on, then tells fresh samplers the same events up to every cut and asks
 * them for the same trial. Asked twice, and for another trial in between, the answer may not change either.
 * @returns the cuts whose answers differ, with both; empty where the sampler holds
 */
export function replayMismatches(factory: SamplerFactory, life: Life): string[] {
  const fresh = () =>
    factory({ space: life.space, seed: life.seed, trials: life.trials, options: life.options ?? {} });
  const { events, asks } = live(fresh(), life);
  const wrong: string[] = [];
  for (const { cut, trial, answer } of asks) {
    const sampler = fresh();
    for (const event of events.slice(0, cut)) sampler.tell(event);
    sampler.ask(trial + 7);
    for (const again of [sampler.ask(trial), sampler.ask(trial)]) {
      const text = textOf(again);
      if (text !== answer) wrong.push(`after ${cut} events, trial ${trial}: first ${answer}, then ${text}`);
    }
  }
  return wrong;
}

interface Lived {
  events: SamplerEvent[];
  asks: { cut: number; trial: number; answer: string }[];
}

function live(sampler: Sampler, { space: first, seed, trials, workers, objective, later }: Life): Lived {
  const chance = stream(seed, 'study.testing.life');
  const below = (bound: number) => chance.integers(new Int32Array(1), bound)[0]!;
  const events: SamplerEvent[] = [];
  const asks: Lived['asks'] = [];
  const tell = (event: SamplerEvent) => {
    events.push(event);
    sampler.tell(event);
  };
  let space = first;
  const running: { trial: number; point: Point; step: number }[] = [];
  for (let trial = 0; trial < trials || running.length > 0;) {
    if (trial < trials && running.length < workers && below(2) === 0) {
      if (later && space === first && trial >= trials / 2) tell({ kind: 'space', space: (space = later) });
      const answer = sampler.ask(trial);
      asks.push({ cut: events.length, trial, answer: textOf(answer) });
      const enqueued = answer === null || below(8) === 0;
      const point = enqueued
        ? randomPoint(space, axesOf(space), { seed, label: 'study.testing', trial })
        : answer;
      tell({ kind: 'asked', trial, point, enqueued });
      running.push({ trial, point, step: 0 });
      trial++;
    } else if (running.length > 0) {
      const at = below(running.length);
      const one = running[at]!;
      const value = objective(one.point);
      if (value !== null && below(2) === 0)
        tell({ kind: 'reported', trial: one.trial, step: (one.step += 10), value: value + 1 / one.step });
      else {
        running.splice(at, 1);
        const state = value === null ? 'diverged' : below(4) > 0 ? 'complete' : ENDS[below(ENDS.length)]!;
        const told = state === 'complete' || (state === 'pruned' && one.step > 0) ? value : null;
        tell({ kind: 'ended', trial: one.trial, state, value: told, values: told === null ? [] : [told] });
      }
    }
  }
  return { events, asks };
}

function textOf(point: Point | null): string {
  return point === null ? 'none' : pointKey(point);
}
