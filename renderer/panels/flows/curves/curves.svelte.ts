/** @file What the Curves tab asks: distances budget by budget, and over snapshots when a person wants them. */
/* eslint-disable svelte/prefer-svelte-reactivity -- sets here are local to one call */
import type { AnswerOf, RunRecord } from '../../../../main/rpc/contract';
import type { Questions } from '../../shell/questions.svelte';
import type { FlowsState } from '../flows.svelte';
import { sizesFor } from '../sizes';
import { curveBudgets } from './quality';

type CurvesAnswer = AnswerOf<'flows', 'curves'>;

const snapshotsMeasured = 6;

export class CurvesState {
  /** Runs whose snapshots are to be measured, at how many evaluations. */
  overTraining = $state<{ run: string; evaluations: number } | null>(null);
  readonly questions: Questions<'flows'>;

  constructor(questions: Questions<'flows'>) {
    this.questions = questions;
  }

  /** Each budget is a question of its own, so that cheap ones are there first. */
  update(flows: FlowsState, run: RunRecord | null, compare: readonly RunRecord[]): void {
    const { solver } = flows;
    for (const one of run ? [run, ...compare] : []) {
      const step = one.id === run?.id ? flows.stepOf(one) : (one.snapshots.at(-1) ?? null);
      if (step === null) continue;
      for (const budget of curveBudgets)
        this.questions.ask(
          one.id,
          'curves',
          { step, solver, evaluations: [budget], count: sizesFor(one).cloud },
          String(budget),
        );
    }
    const { overTraining } = this;
    if (!run || overTraining?.run !== run.id) return;
    for (const step of measuredSnapshots(run.snapshots)) {
      const args = { step, solver, evaluations: [overTraining.evaluations], count: sizesFor(run).cloud };
      this.questions.ask(run.id, 'curves', args, `step ${step}`);
    }
  }

  /** [evaluations spent, distance] of the budgets answered so far. */
  overBudgets(run: RunRecord): [number, number][] {
    return this.#answers(run, curveBudgets.map(String)).map((answer) => [
      answer.evaluations[0]!,
      answer.slicedW2[0]!,
    ]);
  }

  /** [step, distance] of the snapshots answered so far. */
  overSteps(run: RunRecord): [number, number][] {
    const parts = measuredSnapshots(run.snapshots).map((step) => `step ${step}`);
    return this.#answers(run, parts).map((answer) => [answer.step, answer.slicedW2[0]!]);
  }

  /** The newest answer of any budget, for its floor and its size. */
  any(run: RunRecord): CurvesAnswer | null {
    return this.#answers(run, curveBudgets.map(String))[0] ?? null;
  }

  #answers(run: RunRecord, parts: readonly string[]): CurvesAnswer[] {
    return parts.flatMap((part) => this.questions.answer(run.id, 'curves', part) ?? []);
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
