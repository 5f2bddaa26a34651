/** @file What the Samples tab asks: grids of the same noise, one picture's nearest training images, the way between noises. */
import type { AnswerOf, ArgumentsOf, RunRecord } from '../../../../main/rpc/contract';
import type { FlowsState } from '../flows.svelte';
import { budgetsFor } from '../runs';

export type Samples = AnswerOf<'flows', 'samples'>;
export type AskedLabel = NonNullable<ArgumentsOf<'flows', 'samples'>['label']>;

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
  readonly flows: FlowsState;

  constructor(flows: FlowsState) {
    this.flows = flows;
  }

  update(): void {
    const { run, kin: runs, questions, evaluations } = this.flows;
    if (!run) return;
    const { label, picked } = this;
    const each = isConditional(run) && label === 'each';
    const count = each ? 1 : runs.length > 1 ? noisesCompared : noisesAlone;
    for (const { run: one, id } of runs) {
      const made = this.#generation(one, label);
      if (!made) continue;
      questions.ask(id, 'samples', { ...made, evaluations: budgetsFor(run, sampleBudgets), count });
      const from = picked?.noise ?? 0;
      const way = this.#generation(one, picked?.label ?? (label === 'each' ? 0 : label))!;
      questions.ask(id, 'interpolation', { ...way, evaluations, from, to: from + 1, count: between });
      if (picked?.run !== id) continue;
      questions.ask(id, 'nearest', {
        ...this.#generation(one, picked.label ?? 'none')!,
        evaluations: picked.evaluations,
        count: picked.noise + 1,
        neighbours,
      });
    }
  }

  /** How the pictures of a run are made; null before its first snapshot. */
  #generation(run: RunRecord, label: AskedLabel) {
    const { solver, noiseSeed } = this.flows;
    const step = this.flows.stepOf(run);
    if (step === null) return null;
    const made = { step, solver, noiseSeed };
    // A flow without classes is not asked for one.
    if (!isConditional(run)) return made;
    return { ...made, label, ...(this.guidance === null ? {} : { guidance: this.guidance }) };
  }
}
