/** @file What the Curves tab asks: distances budget by budget, and over snapshots when a person wants them. */
/* eslint-disable svelte/prefer-svelte-reactivity -- sets here are local to one call */
import type { AnswerOf, RunRecord } from '../../../../main/rpc/contract';
import type { FlowsState } from '../flows.svelte';
import { sizesFor } from '../runs';
import { curveBudgets } from './quality';

type CurvesAnswer = AnswerOf<'flows', 'curves'>;

const snapshotsMeasured = 6;
/** Each budget is a question of its own, so that cheap ones are there first. */
const budgetParts = curveBudgets.map(String);

export class CurvesState {
  /** Runs whose snapshots are to be measured, at how many evaluations. */
  overTraining = $state<{ run: string; evaluations: number } | null>(null);
  readonly flows: FlowsState;

  constructor(flows: FlowsState) {
    this.flows = flows;
  }

  update(): void {
    const { run, runs } = this.flows;
    if (!run) return;
    const { overTraining } = this;
    for (const { run: one } of runs) {
      const step = this.flows.stepOf(one);
      if (step !== null) for (const budget of curveBudgets) this.#ask(one, step, budget, String(budget));
    }
    if (overTraining?.run === run.id)
      for (const step of measuredSnapshots(run.snapshots))
        this.#ask(run, step, overTraining.evaluations, `step ${step}`);
  }

  /** The budgets of a run that are answered so far: any tells its floor and its size. */
  overBudgets(run: RunRecord): CurvesAnswer[] {
    return this.flows.questions.answers(run.id, 'curves', budgetParts);
  }

  /** The snapshots of a run that are answered so far. */
  overSteps(run: RunRecord): CurvesAnswer[] {
    const parts = measuredSnapshots(run.snapshots).map((step) => `step ${step}`);
    return this.flows.questions.answers(run.id, 'curves', parts);
  }

  #ask(run: RunRecord, step: number, evaluations: number, part: string): void {
    const { questions, solver } = this.flows;
    const args = { step, solver, evaluations, count: sizesFor(run).cloud };
    questions.ask(run.id, 'curves', args, part);
  }
}

/** At most six snapshots, evenly over those there are, the first and the last among them. */
export function measuredSnapshots(steps: readonly number[]): number[] {
  const last = steps.length - 1;
  const many = Math.min(snapshotsMeasured, steps.length);
  const places = Array.from({ length: many }, (_, k) =>
    many === 1 ? last : Math.round((k * last) / (many - 1)),
  );
  return [...new Set(places)].map((place) => steps[place]!);
}
