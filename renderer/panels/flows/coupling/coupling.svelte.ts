/** @file The state of the Coupling tab: which coupling is looked at, the questions that follow from it, and the newest answers. */
import type { AnswerOf, ArgumentsOf, ErrorDetail, RunRecord } from '../../../../main/rpc/contract';
import { ask, type EngineClient } from '../../../engine/client';
import { detailOf } from '../../../engine/error';
import { Newest } from '../../shell/newest';
import { LiveCurves } from '../../shell/live-curves.svelte';
import { pairsKindOf } from './words';

export type Coupling = AnswerOf<'flows', 'coupling'>;
export type CouplingKind = ArgumentsOf<'flows', 'coupling'>['coupling'];
export type CouplingScaling = AnswerOf<'flows', 'couplingScaling'>;
export type CouplingTable = AnswerOf<'flows', 'couplingTable'>;

export type Knob = 'epsilon' | 'sharpness';
export type Question = 'coupling' | 'couplingTable' | 'couplingCurve' | 'couplingScaling' | 'couplingBlur';
export type Against = 'sharpness' | 'iterations' | 'seconds';
export type PerPoint = 'targets' | 'draws';
export type Study = 'batch' | 'blur' | 'pools';
export type PoolMetric = (typeof poolMetrics)[number];

/** Points on each side: as many as a table on the screen can show. */
const shownCount = 512;
/** Quarter decades from 10 down to .003, coarse ones first, so that a curve is there at once and then gets finer. */
export const curveEpsilons: readonly number[] = [4, 2, 1].flatMap((every) =>
  Array.from({ length: 15 }, (_, k) => 4 - k)
    .filter((k) => k % every === 0 && (every === 4 || k % (2 * every) !== 0))
    .map((k) => Number((10 ** (k / 4)).toPrecision(3))),
);
const blurEpsilons = [1, 0.1, 0.01, 0.3, 0.03, 3];
const batchSizes = [16, 64, 256, 32, 128, 512, 1024, 2048];
const poolMetrics = ['sharpness', 'epsilon', 'sinkhorn.iterations', 'sinkhorn.marginalError'] as const;

export interface CurvePoint {
  epsilon: number;
  sharpness: number;
  iterations: number;
  marginalError: number;
  seconds: number;
}
export interface BlurPoint {
  epsilon: number;
  diagonal: number;
  sharpness: number;
}

export class CouplingState {
  /** What the person chose; null follows the run. */
  chosenKind = $state<CouplingKind | null>(null);
  chosen = $state.raw<{ knob: Knob; value: number } | null>(null);
  /** Relative ε of the semidiscrete coupling, where it was turned. */
  chosenBlur = $state<number | null>(null);
  colourBy = $state<'share' | 'cost'>('share');
  order = $state<'component' | 'class'>('component');
  logTable = $state(true);
  against = $state<Against>('sharpness');
  perPoint = $state<PerPoint>('targets');
  study = $state<Study>('batch');
  /** The source point under the pointer, in the order of the answer's points; shared by stage and table. */
  hoveredRow = $state<number | null>(null);

  answer = $state.raw<Coupling | null>(null);
  table = $state.raw<CouplingTable | null>(null);
  curve = $state.raw<CurvePoint[]>([]);
  scaling = $state.raw<CouplingScaling[]>([]);
  /** Whether a newer answer than the shown one is being worked out. */
  solving = $state(false);
  /** What `scaling` was measured for. */
  scalingOf = $state.raw<{ kind: CouplingKind; epsilon: number } | null>(null);
  blur = $state.raw<BlurPoint[]>([]);
  blurCount = $state(0);
  errors = $state.raw<Partial<Record<Question, ErrorDetail>>>({});
  /** What each pool of a run was like. */
  readonly pools: LiveCurves;

  readonly #engine: EngineClient;
  #runId: string | null = null;
  #questions: {
    coupling?: Newest<ArgumentsOf<'flows', 'coupling'>>;
    table?: Newest<ArgumentsOf<'flows', 'couplingTable'>>;
  } = {};
  /** Questions about the shown coupling in flight; they may be answered in any order. */
  #asking: Promise<unknown>[] = [];
  /** What each series of questions is about; a series stops when it is about something else. */
  #series: Record<string, string> = {};

  constructor(engine: EngineClient) {
    this.#engine = engine;
    this.pools = new LiveCurves(engine, poolMetrics);
  }

  /** The chosen kind, else the run's own; a known map pairs no given points, and what comes nearest is the assignment. */
  kindOf(run: RunRecord): CouplingKind {
    const own = pairsKindOf(run) ?? 'sinkhorn';
    return this.chosenKind ?? (own === 'map' ? 'assignment' : own);
  }

  knobOf(run: RunRecord): { knob: Knob; value: number } {
    const { sharpness, epsilon, semidiscreteEpsilon } = run.config;
    if (this.kindOf(run) === 'semidiscrete') {
      const own = typeof semidiscreteEpsilon === 'number' ? semidiscreteEpsilon : 0;
      return { knob: 'epsilon', value: this.chosenBlur ?? own };
    }
    if (this.chosen) return this.chosen;
    if (typeof sharpness === 'number' && sharpness > 0 && sharpness < 1)
      return { knob: 'sharpness', value: sharpness };
    return { knob: 'epsilon', value: typeof epsilon === 'number' ? epsilon : 0.05 };
  }

  /** Turns a knob of `kind`: a semidiscrete coupling has ε only, the other kinds have none and become Sinkhorn's. */
  turn(knob: Knob, value: number, kind: CouplingKind = 'sinkhorn'): void {
    if (kind === 'semidiscrete' && knob === 'epsilon') {
      this.chosenKind = kind;
      this.chosenBlur = value;
      return;
    }
    this.chosenKind = 'sinkhorn';
    this.chosen = { knob, value };
  }

  /** What a run needs to pair like this: the kind with its knob, the other knob out of the way. */
  settingsOf(run: RunRecord): Record<string, string | number> {
    const kind = this.kindOf(run);
    const { knob, value } = this.knobOf(run);
    if (kind === 'semidiscrete') return { coupling: kind, semidiscreteEpsilon: value };
    if (kind !== 'sinkhorn') return { coupling: kind };
    return knob === 'sharpness'
      ? { coupling: kind, sharpness: value }
      : { coupling: kind, sharpness: 0, epsilon: value };
  }

  /** Asks everything that the current choices need and that was not asked yet. Cheap when nothing changed. */
  update(run: RunRecord | null, images: boolean): void {
    if (run?.id !== this.#runId) this.#open(run);
    if (!run) return;
    const choice = { coupling: this.kindOf(run), ...this.knobOf(run) };
    this.#ask(run.id, { ...choice, count: shownCount });
    this.#askCurve(run.id);
    // All rows are one side of a semidiscrete coupling: there is no batch to grow.
    if (this.study === 'batch' && this.answer && choice.coupling !== 'semidiscrete')
      this.#askScaling(run.id, choice.coupling, this.answer.epsilon);
    if (this.study === 'blur' && images) this.#askBlur(run.id);
  }

  /** Asks again for all that may have failed while the engine was away. */
  reconnected(): void {
    this.#questions = {};
    this.#series = {};
    this.pools.reconnected();
  }

  #open(run: RunRecord | null): void {
    this.#runId = run?.id ?? null;
    this.#questions = {};
    this.#series = {};
    this.errors = {};
    [this.answer, this.table, this.scalingOf] = [null, null, null];
    [this.curve, this.scaling, this.blur] = [[], [], []];
    [this.chosenKind, this.chosen, this.chosenBlur, this.hoveredRow] = [null, null, null, null];
    if (run) this.pools.follow(run.id);
  }

  /** The coupling and its table; what fills curves waits until both are there. */
  #ask(runId: string, choice: ArgumentsOf<'flows', 'coupling'>): void {
    this.#questions.coupling ??= new Newest(async (wanted) => {
      this.solving = true;
      const answer = await this.#first(this.#query(runId, 'coupling', wanted));
      this.solving = false;
      if (answer) this.answer = answer;
    });
    this.#questions.table ??= new Newest(async (wanted) => {
      const table = await this.#first(this.#query(runId, 'couplingTable', wanted));
      if (table) this.table = table;
    });
    this.#questions.coupling.ask(choice);
    this.#questions.table.ask({ ...choice, order: this.order });
  }

  async #first<A>(asking: Promise<A>): Promise<A> {
    this.#asking.push(asking);
    const answer = await asking;
    this.#asking = this.#asking.filter((one) => one !== asking);
    return answer;
  }

  #askCurve(runId: string): void {
    const asked = curveEpsilons.map((epsilon) => ({ epsilons: [epsilon], count: shownCount }));
    this.#askSeries(runId, 'couplingCurve', '', asked, (answer) => {
      const { epsilons, sharpness, iterations, marginalErrors, seconds } = answer;
      const found = Array.from(epsilons, (epsilon, k) => ({
        epsilon,
        sharpness: sharpness[k]!,
        iterations: iterations[k]!,
        marginalError: marginalErrors[k]!,
        seconds: seconds[k]!,
      }));
      this.curve = [...this.curve, ...found].sort((a, b) => a.epsilon - b.epsilon);
    });
  }

  #askScaling(runId: string, kind: Exclude<CouplingKind, 'semidiscrete'>, epsilon: number): void {
    const key = `${kind} ${epsilon}`;
    if (this.#series.couplingScaling === key) return;
    this.scaling = [];
    this.scalingOf = { kind, epsilon };
    // Without Sinkhorn the knob says nothing.
    const choice = { coupling: kind, knob: 'epsilon' as const, value: epsilon || 1 };
    const asked = batchSizes.map((size) => ({ ...choice, size }));
    let largest = Infinity;
    this.#askSeries(
      runId,
      'couplingScaling',
      key,
      asked,
      (answer) => {
        largest = answer.largest;
        this.scaling = [...this.scaling, answer].sort((a, b) => a.size - b.size);
      },
      ({ size }) => size <= largest,
    );
  }

  #askBlur(runId: string): void {
    const asked = blurEpsilons.map((epsilon) => ({ epsilons: [epsilon], count: shownCount }));
    this.#askSeries(runId, 'couplingBlur', '', asked, (answer) => {
      const { count, epsilons, diagonal, sharpness } = answer;
      const found = Array.from(epsilons, (epsilon, k) => ({
        epsilon,
        diagonal: diagonal[k]!,
        sharpness: sharpness[k]!,
      }));
      this.blurCount = count;
      this.blur = [...this.blur, ...found].sort((a, b) => a.epsilon - b.epsilon);
    });
  }

  /** Asks one after the other, so that other questions get their turn in between, until the subject changes or one fails. */
  #askSeries<Q extends Question>(
    runId: string,
    name: Q,
    subject: string,
    asked: ArgumentsOf<'flows', Q>[],
    take: (answer: AnswerOf<'flows', Q>) => void,
    fits: (args: ArgumentsOf<'flows', Q>) => boolean = () => true,
  ): void {
    if (this.#series[name] === subject) return;
    this.#series[name] = subject;
    const series = this.#series;
    void (async () => {
      for (const args of asked) {
        if (!fits(args)) continue;
        // The slider comes first: what fills curves waits until its answer is there.
        while (this.#asking.length > 0) await Promise.all(this.#asking);
        const answer = await this.#query(runId, name, args);
        if (answer === null || series !== this.#series || series[name] !== subject) return;
        take(answer);
      }
    })();
  }

  /** The answer, or null when it failed or is about a run that is not shown any more. */
  async #query<Q extends Question>(
    runId: string,
    name: Q,
    args: ArgumentsOf<'flows', Q>,
  ): Promise<AnswerOf<'flows', Q> | null> {
    try {
      const answer = await ask(this.#engine, 'flows', runId, name, args);
      if (this.#runId !== runId) return null;
      if (this.errors[name]) this.#fail(name, null);
      return answer;
    } catch (thrown) {
      if (this.#runId === runId) this.#fail(name, thrown);
      return null;
    }
  }

  #fail(name: Question, thrown: unknown): void {
    this.errors = { ...this.errors, [name]: thrown === null ? undefined : detailOf(thrown) };
  }
}
