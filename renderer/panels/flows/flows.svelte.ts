/** @file The state of the Flows panel: what is shown, which questions follow from it, and the newest answers. */
import type {
  CurvatureAnswer,
  DatasetInfo,
  DisplayAnswer,
  ErrorDetail,
  FieldAnswer,
  FlowSolver,
  PairsAnswer,
  PairsKind,
  PointsAnswer,
  RunRecord,
  SamplesAnswer,
  TrajectoriesAnswer,
} from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { detailOf } from '../../engine/error';
import { Newest } from '../newest';
import { pairsKindOf } from './coupling/words';
import { GrowingCurve } from './curve';
import { stageExtent } from './scene';
import { budgetsFor, sizesFor } from './sizes';

export const evaluationChoices = [1, 2, 4, 8, 16, 32, 64] as const;

/** Points of the clouds at rest. */
const shownPoints = 2000;
const shownPairs = 512;
const shownSamples = 8;
const fieldGrid = 22;

interface Answers {
  display: DisplayAnswer;
  trajectories: TrajectoriesAnswer;
  pairs: PairsAnswer;
  field: FieldAnswer;
  curvature: CurvatureAnswer;
  samples: SamplesAnswer;
}
type Question = keyof Answers;

/** Whether two runs learnt from the same rows, so that their particles live in the same plane. */
export function sameData(one: RunRecord, other: RunRecord): boolean {
  const hashes = (run: RunRecord): string => run.data.map((data) => `${data.input} ${data.sha256}`).join();
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

  answers = $state.raw<Partial<Answers>>({});
  errors = $state.raw<Partial<Record<Question | 'preview' | 'curves', ErrorDetail>>>({});
  preview = $state.raw<PointsAnswer | null>(null);
  /** Answers about the compared runs, by run. */
  compareCurvature = $state.raw<Record<string, CurvatureAnswer>>({});
  compareTrajectories = $state.raw<Record<string, TrajectoriesAnswer>>({});
  /** Grows by one whenever a curve got new points. */
  curveVersion = $state(0);
  readonly curves: Record<string, GrowingCurve> = {};

  readonly #engine: EngineClient;
  #questions: Record<string, Newest<Record<string, unknown>>> = {};
  #runId: string | null = null;
  #previewOf: string | null = null;

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  get evaluations(): number {
    return evaluationChoices[this.evaluationsIndex] ?? 4;
  }

  /** Listens for live values; the answer stops it. */
  listen(): () => void {
    return this.#engine.on('metrics', (id, points) => {
      const curve = this.curves[id];
      const losses = points.filter((point) => point.name === 'loss');
      if (!curve || losses.length === 0) return;
      curve.add(losses);
      this.curveVersion++;
    });
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
    if (dataset) this.#askPreview(dataset);
    if (!run) return;
    for (const one of [run, ...compare]) this.#askCurve(one.id);
    const step = this.stepOf(run);
    if (step === null) return;
    const { noiseSeed, solver, evaluations } = this;
    this.#ask(run.id, 'display', { count: shownPoints });
    if (!moving) return;
    const { particles, paths } = sizesFor(run);
    const { display } = this.answers;
    if (display?.image)
      this.#ask(run.id, 'samples', {
        step,
        solver,
        evaluations: budgetsFor(run, evaluationChoices),
        // A flow of classes answers with a row for each of them.
        count: run.config.condition === 'label' ? 1 : shownSamples,
        noiseSeed,
      });
    this.#ask(run.id, 'trajectories', { step, solver, evaluations, count: particles, noiseSeed });
    this.#ask(run.id, 'curvature', { step, count: paths, noiseSeed });
    if (this.showPairs) {
      this.#ask(run.id, 'pairs', { coupling: this.couplingOf(run), count: shownPairs });
    }
    if (this.showField && display?.dimension === 2) {
      // Twentieths of the time: fine enough to see, coarse enough not to ask thirty times a second.
      const time = Math.round(this.time * 20) / 20;
      this.#ask(run.id, 'field', { step, time, grid: fieldGrid, extent: stageExtent(display) });
    }
    for (const other of compare) {
      const last = other.snapshots.at(-1);
      if (last === undefined) continue;
      const sizes = sizesFor(other);
      this.#askCompared(other.id, 'curvature', { step: last, count: sizes.paths, noiseSeed });
      // Other data has other axes; only the same data can share the stage.
      if (sameData(run, other)) {
        const wanted = { step: last, solver, evaluations, count: sizes.particles, noiseSeed };
        this.#askCompared(other.id, 'trajectories', wanted);
      }
    }
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

  #open(run: RunRecord | null): void {
    this.#runId = run?.id ?? null;
    this.answers = {};
    this.errors = {};
    this.stepIndex = null;
    this.coupling = null;
    this.#questions = {};
  }

  #ask(runId: string, name: Question, args: Record<string, unknown>): void {
    this.#newest(`${runId} ${name}`, async (wanted) => {
      try {
        const answer = await this.#engine.api.query(runId, name, wanted);
        if (this.#runId !== runId) return;
        this.answers = { ...this.answers, [name]: answer };
        this.#fail(name, null);
      } catch (thrown) {
        if (this.#runId === runId) this.#fail(name, thrown);
      }
    }).ask(args);
  }

  #askCompared(runId: string, name: 'curvature' | 'trajectories', args: Record<string, unknown>): void {
    this.#newest(`${runId} compared ${name}`, async (wanted) => {
      try {
        const answer = await this.#engine.api.query(runId, name, wanted);
        if (name === 'curvature')
          this.compareCurvature = { ...this.compareCurvature, [runId]: answer as CurvatureAnswer };
        else
          this.compareTrajectories = { ...this.compareTrajectories, [runId]: answer as TrajectoriesAnswer };
      } catch (thrown) {
        this.#fail(name, thrown);
      }
    }).ask(args);
  }

  /** Asks again for all that may have been missed or have failed while the engine was away. */
  reconnected(): void {
    this.#questions = {};
    if (this.errors.preview) this.#previewOf = null;
    for (const runId of Object.keys(this.curves)) this.#loadCurve(runId);
  }

  #askCurve(runId: string): void {
    if (this.curves[runId]) return;
    this.curves[runId] = new GrowingCurve();
    this.#loadCurve(runId);
  }

  #loadCurve(runId: string): void {
    const curve = this.curves[runId]!;
    this.#engine.api.curves(runId, ['loss']).then(
      (found) => {
        const loss = found.find((one) => one.name === 'loss');
        if (loss) curve.load(loss);
        this.curveVersion++;
        this.#fail('curves', null);
      },
      (thrown: unknown) => {
        // A curve that holds something is kept; an empty one is asked for again.
        if (curve.length === 0) delete this.curves[runId];
        this.#fail('curves', thrown);
      },
    );
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
        this.#fail('preview', null);
      },
      (thrown: unknown) => this.#fail('preview', thrown),
    );
  }

  #newest(
    key: string,
    ask: (args: Record<string, unknown>) => Promise<void>,
  ): Newest<Record<string, unknown>> {
    return (this.#questions[key] ??= new Newest(ask));
  }

  #fail(name: keyof typeof this.errors, thrown: unknown): void {
    this.errors = { ...this.errors, [name]: thrown === null ? undefined : detailOf(thrown) };
  }
}
