/** @file What else the Flow tab shows of the motion: chords, divergence, runs side by side, and the figure beside the loss. */
import type { ErrorDetail, RunRecord } from '../../../../main/rpc/contract';
import { isText, readStored, writeStored } from '../../../state/stored';
import type { Questions } from '../../shell/questions.svelte';
import { sameData, type FlowsState } from '../flows.svelte';
import { stageExtent, type Divergence } from '../scene';
import { sizesFor } from '../sizes';
import type { FewStepError, Speed } from './scenes';

export const pathFigures = [
  { id: 'curvature', title: 'Curvature' },
  { id: 'speed', title: 'Speed' },
  { id: 'error', title: 'Error by curvature' },
  { id: 'crossings', title: 'Crossings' },
] as const;
export type PathFigureId = (typeof pathFigures)[number]['id'];

const divergenceGrid = 48;

export class MotionState {
  showChords = $state(false);
  showDivergence = $state(false);
  sideBySide = $state(false);
  figure = $state<PathFigureId>(readFigure());
  readonly questions: Questions<'flows'>;

  constructor(questions: Questions<'flows'>) {
    this.questions = questions;
  }

  show(figure: PathFigureId): void {
    this.figure = figure;
    writeStored('flows.figure', figure);
  }

  /** Asks what the current choices need, for the run and the runs compared with it. */
  update(flows: FlowsState, run: RunRecord | null, compare: readonly RunRecord[]): void {
    const step = run && flows.stepOf(run);
    if (!run || step === null) return;
    this.#ask(flows, run, run, step);
    for (const other of compare) {
      const last = other.snapshots.at(-1);
      if (last !== undefined) this.#ask(flows, run, other, last);
    }
  }

  speed(run: RunRecord): Speed | null {
    return this.questions.answer(run.id, 'speed');
  }

  fewStepError(run: RunRecord): FewStepError | null {
    return this.questions.answer(run.id, 'fewStepError');
  }

  /** Why the figure beside the loss has no answer about the run, where it asks a question of its own. */
  figureError(run: RunRecord | null): ErrorDetail | null {
    if (this.figure === 'speed') return this.questions.failure(run?.id, 'speed');
    return this.figure === 'error' ? this.questions.failure(run?.id, 'fewStepError') : null;
  }

  /** Where it is to be shown. */
  divergence(run: RunRecord | null): Divergence | null {
    return this.showDivergence ? this.questions.answer(run?.id, 'divergence') : null;
  }

  divergenceError(run: RunRecord | null): ErrorDetail | null {
    return this.showDivergence ? this.questions.failure(run?.id, 'divergence') : null;
  }

  #ask(flows: FlowsState, shown: RunRecord, run: RunRecord, step: number): void {
    const { noiseSeed, solver, evaluations } = flows;
    // The paths that curvature is measured on too.
    const paths = { step, count: sizesFor(run).paths, noiseSeed };
    if (this.figure === 'speed') this.questions.ask(run.id, 'speed', paths);
    if (this.figure === 'error')
      this.questions.ask(run.id, 'fewStepError', { ...paths, solver, evaluations });
    const { display } = flows;
    // The plane of the stage is the shown run's own; another run is drawn in it only beside it.
    const other = run.id !== shown.id;
    if (display?.dimension !== 2 || (other && (!this.sideBySide || !sameData(shown, run)))) return;
    const plane = { step, time: Math.round(flows.time * 20) / 20, extent: stageExtent(display) };
    if (this.showDivergence) this.questions.ask(run.id, 'divergence', { ...plane, grid: divergenceGrid });
    if (flows.showField && other) flows.askField(run, plane);
  }
}

function readFigure(): PathFigureId {
  const stored = readStored('flows.figure', 'curvature', isText);
  return pathFigures.find(({ id }) => id === stored)?.id ?? 'curvature';
}
