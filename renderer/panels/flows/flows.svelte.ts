/** @file The state of the Flows panel: what is shown, which questions follow from it, and the newest answers. */
import type {
  AnswerOf,
  ArgumentsOf,
  DatasetInfo,
  ErrorDetail,
  PointsAnswer,
  QuestionName,
  RunRecord,
} from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';
import { dataOf } from '../../state/references';
import { Questions } from '../shell/questions.svelte';
import { LiveCurves } from '../shell/live-curves.svelte';
import { pairsKindOf } from './coupling/words';
import type { Curvature } from './motion/scenes';
import { stageExtent, type FlowSolver, type PairsKind, type Field, type Trajectories } from './scene';
import { budgetsFor, sizesFor } from './sizes';

export const evaluationChoices = [1, 2, 4, 8, 16, 32, 64] as const;

/** Points of the clouds at rest. */
const shownPoints = 2000;
const shownPairs = 512;
const shownSamples = 8;
const fieldGrid = 22;
/** Keeps the stage's answers apart from those that other tabs ask for in other numbers. */
const part = 'stage';

type Question = QuestionName<'flows'>;

/** Whether two runs learnt from the same rows, so that their particles live in the same plane. */
export function sameData(one: RunRecord, other: RunRecord): boolean {
  const hashes = (run: RunRecord): string =>
    dataOf(run)
      .map((data) => `${data.input} ${data.sha256}`)
      .join();
  return hashes(one) === hashes(other);
}

export class FlowsState {
  /** Same noise for every run, so that runs can be compared particle by particle. */
  readonly noiseSeed = 7;
  time = $state(1);
  playing = $state(false);
  /** Whether playing starts over at the end; what plays by itself does so once. */
  loops = $state(true);
  evaluationsIndex = $state(2);
  solver = $state<FlowSolver>('euler');
  /** Snapshot shown; null follows the newest. */
  stepIndex = $state<number | null>(null);
  showPairs = $state(false);
  showPaths = $state(false);
  showField = $state(false);
  coupling = $state<PairsKind | null>(null);

  /** The data before a run, and why it cannot be shown. */
  preview = $state.raw<PointsAnswer | null>(null);
  previewError = $state.raw<ErrorDetail | null>(null);
  readonly losses: LiveCurves;
  readonly questions: Questions<'flows'>;

  readonly #engine: EngineClient;
  #runId = $state<string | null>(null);
  /** The compared runs that were asked about. */
  #compared = $state.raw<readonly string[]>([]);
  #previewOf: string | null = null;

  constructor(engine: EngineClient, questions = new Questions<'flows'>(engine)) {
    this.#engine = engine;
    this.questions = questions;
    this.losses = new LiveCurves(engine, ['loss']);
  }

  /** Answers about the shown run. */
  readonly display = $derived(this.#answer('display'));
  readonly pairs = $derived(this.#answer('pairs'));
  readonly samples = $derived(this.#answer('samples'));

  /** The paths of the shown run, or of one compared with it. */
  trajectories(runId = this.#runId): Trajectories | null {
    return this.#answer('trajectories', runId);
  }

  /** Its arrows, where they are to be shown. */
  field(runId = this.#runId): Field | null {
    return this.showField ? this.#answer('field', runId) : null;
  }

  curvature(runId = this.#runId): Curvature | null {
    return this.#answer('curvature', runId);
  }

  /** Why the stage does not show what it should. */
  get stageError(): ErrorDetail | null {
    return (
      this.#failure('trajectories') ??
      this.#failure('display') ??
      (this.showPairs ? this.#failure('pairs') : null) ??
      (this.showField ? this.#failure('field') : null)
    );
  }

  get trajectoriesError(): ErrorDetail | null {
    return this.#failure('trajectories');
  }

  get curvatureError(): ErrorDetail | null {
    return this.#failure('curvature');
  }

  get samplesError(): ErrorDetail | null {
    return this.#failure('samples');
  }

  get evaluations(): number {
    return evaluationChoices[this.evaluationsIndex] ?? 4;
  }

  /**
   * Asks everything that the current choices need and that was not asked yet. Cheap when nothing changed. Without
   * `moving` particles nobody sees them: what is shown instead gets its answers sooner.
   */
  update(
    run: RunRecord | null,
    dataset: DatasetInfo | null,
    compare: readonly RunRecord[],
    moving = true,
  ): void {
    if (run?.id !== this.#runId) this.#open(run);
    this.#compared = compare.map(({ id }) => id);
    if (dataset) this.#askPreview(dataset);
    if (!run) return;
    for (const one of [run, ...compare]) this.losses.follow(one.id);
    const step = this.stepOf(run);
    if (step === null) return;
    const { noiseSeed, solver, evaluations } = this;
    const ask = <Q extends Question>(name: Q, args: ArgumentsOf<'flows', Q>, of = run): void =>
      this.questions.ask(of.id, name, args, part);
    ask('display', { count: shownPoints });
    if (!moving) return;
    const { particles, paths } = sizesFor(run);
    const { display } = this;
    if (display?.image)
      ask('samples', {
        step,
        solver,
        evaluations: budgetsFor(run, evaluationChoices),
        // A flow of classes answers with a row for each of them.
        count: run.config.condition === 'label' ? 1 : shownSamples,
        noiseSeed,
      });
    ask('trajectories', { step, solver, evaluations, count: particles, noiseSeed });
    ask('curvature', { step, count: paths, noiseSeed });
    if (this.showPairs) {
      ask('pairs', { coupling: this.couplingOf(run), count: shownPairs });
    }
    if (this.showField && display?.dimension === 2) {
      // Twentieths of the time: fine enough to see, coarse enough not to ask thirty times a second.
      const time = Math.round(this.time * 20) / 20;
      this.askField(run, { step, time, extent: stageExtent(display) });
    }
    for (const other of compare) {
      const last = other.snapshots.at(-1);
      if (last === undefined) continue;
      const sizes = sizesFor(other);
      ask('curvature', { step: last, count: sizes.paths, noiseSeed }, other);
      // Other data has other axes; only the same data can share the stage.
      if (sameData(run, other))
        ask('trajectories', { step: last, solver, evaluations, count: sizes.particles, noiseSeed }, other);
    }
  }

  /** Asks for the arrows of a run over the plane of the stage. */
  askField(run: RunRecord, plane: Omit<ArgumentsOf<'flows', 'field'>, 'grid'>): void {
    this.questions.ask(run.id, 'field', { ...plane, grid: fieldGrid }, part);
  }

  /** Plays from noise to data a single time, unless the person is looking at another moment. */
  playOnce(): void {
    if (this.playing || this.time < 1) return;
    this.time = 0;
    this.loops = false;
    this.playing = true;
  }

  /** Step of the shown snapshot; null while there is none. */
  stepOf(run: RunRecord): number | null {
    const { snapshots } = run;
    if (this.stepIndex === null) return snapshots.at(-1) ?? null;
    return snapshots[Math.min(this.stepIndex, snapshots.length - 1)] ?? null;
  }

  couplingOf(run: RunRecord): PairsKind {
    return this.coupling ?? pairsKindOf(run) ?? 'sinkhorn';
  }

  /** Asks again for all that may have been missed or have failed while the engine was away. */
  reconnected(): void {
    this.questions.forget();
    if (this.previewError) this.#previewOf = null;
    this.losses.reconnected();
  }

  #answer<Q extends Question>(name: Q, runId = this.#runId): AnswerOf<'flows', Q> | null {
    return this.questions.answer(runId ?? undefined, name, part);
  }

  /** Why a question about the shown run, or one compared with it, has no answer. */
  #failure(name: Question): ErrorDetail | null {
    const runs = [this.#runId ?? undefined, ...this.#compared];
    return runs.map((id) => this.questions.failure(id, name, part)).find((one) => one !== null) ?? null;
  }

  #open(run: RunRecord | null): void {
    this.#runId = run?.id ?? null;
    this.stepIndex = null;
    this.coupling = null;
  }

  #askPreview(dataset: DatasetInfo): void {
    // Roles decide which columns are shown, so a change of roles asks again.
    const key = `${dataset.id} ${dataset.columns.map((column) => column.role).join()}`;
    if (this.#previewOf === key) return;
    this.#previewOf = key;
    this.preview = null;
    this.#engine.api.previewPoints(dataset.id, shownPoints).then(
      (points) => {
        if (this.#previewOf !== key) return;
        this.preview = points;
        this.previewError = null;
      },
      (thrown: unknown) => (this.previewError = detailOf(thrown)),
    );
  }
}
