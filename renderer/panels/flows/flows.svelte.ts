/** @file The state of the Flows panel: what is shown, which questions follow from it, and the newest answers. */
import { untrack } from 'svelte';
import type { AnswerOf, ArgumentsOf, ErrorDetail, PointsAnswer } from '../../../main/rpc/contract';
import type { DatasetInfo, QuestionName, RunRecord } from '../../../main/rpc/contract';
import { detailOf } from '../../engine/error';
import { rowsOf } from '../../state/references';
import { isText, readStored, writeStored } from '../../state/stored';
import { LiveCurves } from '../shell/live-curves.svelte';
import type { PanelProps } from '../shell/panel';
import { Questions } from '../shell/questions.svelte';
import { pairsKindOf } from './words';
import { budgetsFor, sameData, shownRuns, sizesFor, type Shown } from './runs';
import { stageExtent, type FlowSolver, type PairsKind } from './scene';

export const evaluationChoices = [1, 2, 4, 8, 16, 32, 64] as const;

/** What can stand beside the loss. */
export const pathFigures = {
  curvature: 'Curvature',
  speed: 'Speed',
  error: 'Error by curvature',
  crossings: 'Crossings',
} as const;
export type PathFigureId = keyof typeof pathFigures;

/** Points of the clouds at rest. */
const shownPoints = 2000;
const shownPairs = 512;
const shownSamples = 8;
const fieldGrid = 22;
const divergenceGrid = 48;
/** Keeps the pictures beside the stage apart from those of the Samples tab. */
export const stageSamples = 'stage';

type Question = QuestionName<'flows'>;
/** Questions whose answers lie over the particles where they are switched on. */
type Overlay = 'pairs' | 'field' | 'divergence';

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
  /** What lies over the particles, and whether compared runs stand beside them instead of on the same stage. */
  readonly on = $state({
    pairs: false,
    paths: false,
    chords: false,
    field: false,
    divergence: false,
    beside: false,
  });
  coupling = $state<PairsKind | null>(null);
  figure = $state<PathFigureId>(readFigure());
  /** The data before a run, and why it cannot be shown. */
  preview = $state.raw<PointsAnswer | null>(null);
  previewError = $state.raw<ErrorDetail | null>(null);
  readonly losses: LiveCurves;
  readonly questions: Questions<'flows'>;
  readonly #props: () => PanelProps;
  /** The run that the choices were made for. */
  #chosenFor: string | undefined;
  #previewOf: string | null = null;

  constructor(props: () => PanelProps) {
    const { engine } = untrack(props);
    this.#props = props;
    this.questions = new Questions(engine);
    this.losses = new LiveCurves(engine, ['loss']);
  }

  readonly props = $derived.by(() => this.#props());
  readonly run = $derived.by(() => this.#props().run);
  /** The shown run and those compared with it. */
  readonly runs = $derived.by(() => shownRuns(this.run, this.#props().compare));
  /** Those whose particles live in the same plane: other data has other axes. */
  readonly kin = $derived(this.runs.filter(({ run }) => sameData(this.run!, run)));
  /** Rows of the data that the shown run learns from, else of the open data set. */
  readonly rows = $derived.by(() => {
    return (this.run && rowsOf(this.run, 'data')) ?? this.#props().dataset?.rows ?? null;
  });
  readonly display = $derived(this.answer('display'));
  readonly evaluations: number = $derived(evaluationChoices[this.evaluationsIndex] ?? 4);

  /** The newest answer about the shown run, or about one compared with it. */
  answer<Q extends Question>(name: Q, runId = this.run?.id): AnswerOf<'flows', Q> | null {
    return this.questions.answer(runId, name);
  }

  /** The newest answers about those of the runs that have one. */
  answers<Q extends Question>(name: Q, runs = this.runs): Shown<NonNullable<AnswerOf<'flows', Q>>>[] {
    return runs.flatMap((one) => {
      const answer = this.answer(name, one.id);
      return answer === null ? [] : [{ ...one, answer }];
    });
  }

  /** What lies over the particles, where it is to be shown. */
  overlay<Q extends Overlay>(name: Q, runId?: string): AnswerOf<'flows', Q> | null {
    return this.on[name] ? this.answer(name, runId) : null;
  }

  /** Why one of the questions about the shown run, or one compared with it, has no answer. */
  failure(...names: readonly Question[]): ErrorDetail | null {
    const found = names.flatMap((name) => this.runs.map(({ id }) => this.questions.failure(id, name)));
    return found.find((one) => one !== null) ?? null;
  }

  /** Why the stage does not show what it should. */
  get stageError(): ErrorDetail | null {
    const overlays = (['pairs', 'field', 'divergence'] as const).filter((name) => this.on[name]);
    return this.failure('trajectories', 'display', ...overlays);
  }

  /**
   * Asks everything that the current choices need and that was not asked yet. Cheap when nothing changed. Without
   * `moving` particles nobody sees them: what is shown instead gets its answers sooner.
   */
  update(moving = true): void {
    const { run, runs } = this;
    const { dataset } = this.#props();
    if (run?.id !== this.#chosenFor) {
      this.#chosenFor = run?.id;
      [this.stepIndex, this.coupling] = [null, null];
    }
    if (dataset) this.#askPreview(dataset);
    if (!run) return;
    for (const { id } of runs) this.losses.follow(id);
    const step = this.stepOf(run);
    if (step === null) return;
    const { noiseSeed, solver, display } = this;
    this.questions.ask(run.id, 'display', { count: shownPoints });
    if (!moving) return;
    if (display?.image)
      this.questions.ask(
        run.id,
        'samples',
        {
          step,
          solver,
          evaluations: budgetsFor(run, evaluationChoices),
          // A flow of classes answers with a row for each of them.
          count: run.config.condition === 'label' ? 1 : shownSamples,
          noiseSeed,
        },
        stageSamples,
      );
    for (const one of runs) this.#askMotion(one.run);
    if (this.on.pairs)
      this.questions.ask(run.id, 'pairs', { coupling: this.couplingOf(run), count: shownPairs });
  }

  /** How the particles of a run move on the stage of the shown one, and how its paths behave. */
  #askMotion(run: RunRecord): void {
    const { noiseSeed, solver, evaluations, display, figure, on } = this;
    const step = this.stepOf(run);
    if (step === null) return;
    const ask = <Q extends Question>(name: Q, args: ArgumentsOf<'flows', Q>): void =>
      this.questions.ask(run.id, name, args);
    const sizes = sizesFor(run);
    const shares = this.kin.some(({ id }) => id === run.id);
    if (shares) ask('trajectories', { step, solver, evaluations, count: sizes.particles, noiseSeed });
    const paths = { step, count: sizes.paths, noiseSeed };
    ask('curvature', paths);
    if (figure === 'speed') ask('speed', paths);
    if (figure === 'error') ask('fewStepError', { ...paths, solver, evaluations });
    // The plane of the stage is the shown run's own; what fills it is drawn of another run only beside it.
    if (display?.dimension !== 2 || !shares || (run.id !== this.run?.id && !on.beside)) return;
    // Twentieths of the time: fine enough to see, coarse enough not to ask thirty times a second.
    const plane = { step, time: Math.round(this.time * 20) / 20, extent: stageExtent(display) };
    if (on.field) ask('field', { ...plane, grid: fieldGrid });
    if (on.divergence) ask('divergence', { ...plane, grid: divergenceGrid });
  }

  showFigure(figure: PathFigureId): void {
    this.figure = figure;
    writeStored('flows.figure', figure);
  }

  /** Plays from noise to data a single time, unless the person is looking at another moment. */
  playOnce(): void {
    if (this.playing || this.time < 1) return;
    this.time = 0;
    this.loops = false;
    this.playing = true;
  }

  /**
   * Moves the time from noise to data in two and a half seconds, at most thirty times a second, or in tenths when motion
   * is unwelcome; the answer stops it.
   */
  play(calm: boolean): () => void {
    const interval = calm ? 500 : 33;
    let last: number | null = null;
    let rest = 0;
    const tick = (now: number): void => {
      request = requestAnimationFrame(tick);
      last ??= now;
      const passed = now - last;
      if (passed < interval) return;
      last = now;
      untrack(() => {
        if (this.time < 1) this.time = Math.min(1, this.time + (calm ? 0.1 : passed / 2500));
        else if (!this.loops) this.playing = false;
        // At the end the result stays to be looked at for a moment.
        else if ((rest += passed) > 900) {
          rest = 0;
          this.time = 0;
        }
      });
    };
    let request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }

  /** The chosen snapshot of the shown run, the newest of any other; null while there is none. */
  stepOf({ id, snapshots }: RunRecord): number | null {
    const newest = snapshots.length - 1;
    const chosen = id === this.run?.id ? (this.stepIndex ?? newest) : newest;
    return snapshots[Math.min(chosen, newest)] ?? null;
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

  #askPreview(dataset: DatasetInfo): void {
    // Roles decide which columns are shown, so a change of roles asks again.
    const key = `${dataset.id} ${dataset.columns.map((column) => column.role).join()}`;
    if (this.#previewOf === key) return;
    this.#previewOf = key;
    this.preview = null;
    this.#props()
      .engine.api.previewPoints(dataset.id, shownPoints)
      .then(
        (points) => {
          if (this.#previewOf !== key) return;
          this.preview = points;
          this.previewError = null;
        },
        (thrown: unknown) => (this.previewError = detailOf(thrown)),
      );
  }
}

function readFigure(): PathFigureId {
  const stored = readStored('flows.figure', 'curvature', isText);
  return stored in pathFigures ? (stored as PathFigureId) : 'curvature';
}
