/** @file What the Samples tab asks: grids of the same noise, one picture's nearest training images, the way between noises. */
import type { AnswerOf, ArgumentsOf, RunRecord } from '../../../../main/rpc/contract';
import type { Questions } from '../../shell/questions.svelte';
import { sameData, type FlowsState } from '../flows.svelte';
import { budgetsFor } from '../sizes';

export type Samples = AnswerOf<'flows', 'samples'>;
export type AskedLabel = NonNullable<ArgumentsOf<'flows', 'samples'>['label']>;

type InterpolationAnswer = AnswerOf<'flows', 'interpolation'>;
type NearestAnswer = AnswerOf<'flows', 'nearest'>;

const sampleBudgets = [1, 2, 4, 8, 16, 64] as const;
const noisesAlone = 8;
const noisesCompared = 4;
const neighbours = 8;
const between = 9;

/** A picture of the grid that is looked at closely. */
export interface PickedSample {
  run: string;
  noise: number;
  label: number | null;
  evaluations: number;
}

/** Whether the run was trained with classes, so that one may be asked for. */
export function isConditional(run: RunRecord): boolean {
  return run.config.condition === 'label';
}

export class SamplesState {
  label = $state<AskedLabel>('each');
  /** Null: as the run is set. */
  guidance = $state<number | null>(null);
  picked = $state.raw<PickedSample | null>(null);
  readonly questions: Questions<'flows'>;

  constructor(questions: Questions<'flows'>) {
    this.questions = questions;
  }

  /** Runs whose pictures stand under each other: the shown one and those compared on the same data. */
  runs(run: RunRecord | null, compare: readonly RunRecord[]): RunRecord[] {
    return run ? [run, ...compare.filter((other) => sameData(run, other))] : [];
  }

  update(flows: FlowsState, run: RunRecord | null, compare: readonly RunRecord[]): void {
    const runs = this.runs(run, compare);
    const each = run !== null && isConditional(run) && this.label === 'each';
    const count = each ? 1 : runs.length > 1 ? noisesCompared : noisesAlone;
    for (const one of runs) {
      const step = stepOf(flows, run!, one);
      if (step === null) continue;
      const made = this.#generation(flows, one, step, this.label);
      this.questions.ask(one.id, 'samples', { ...made, evaluations: budgetsFor(run!, sampleBudgets), count });
      const { noise, label } = this.picked ?? { noise: 0, label: null };
      this.questions.ask(one.id, 'interpolation', {
        ...this.#generation(flows, one, step, label ?? (this.label === 'each' ? 0 : this.label)),
        evaluations: flows.evaluations,
        from: noise,
        to: noise + 1,
        count: between,
      });
    }
    const { picked } = this;
    const of = picked && runs.find((one) => one.id === picked.run);
    const step = of ? stepOf(flows, run!, of) : null;
    if (!picked || !of || step === null) return;
    this.questions.ask(of.id, 'nearest', {
      ...this.#generation(flows, of, step, picked.label ?? 'none'),
      evaluations: picked.evaluations,
      count: picked.noise + 1,
      neighbours,
    });
  }

  samples(run: RunRecord): Samples | null {
    return this.questions.answer(run.id, 'samples');
  }

  interpolation(run: RunRecord): InterpolationAnswer | null {
    return this.questions.answer(run.id, 'interpolation');
  }

  nearest(): NearestAnswer | null {
    return this.picked ? this.questions.answer(this.picked.run, 'nearest') : null;
  }

  #generation(flows: FlowsState, run: RunRecord, step: number, label: AskedLabel) {
    const { solver, noiseSeed } = flows;
    const made = { step, solver, noiseSeed };
    // A flow without classes is not asked for one.
    if (!isConditional(run)) return made;
    return { ...made, label, ...(this.guidance === null ? {} : { guidance: this.guidance }) };
  }
}

/** The chosen snapshot of the shown run, the newest of any other. */
function stepOf(flows: FlowsState, shown: RunRecord, run: RunRecord): number | null {
  return run.id === shown.id ? flows.stepOf(run) : (run.snapshots.at(-1) ?? null);
}
