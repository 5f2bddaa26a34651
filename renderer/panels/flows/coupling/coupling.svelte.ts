/** @file The state of the Coupling tab: which coupling is looked at, the questions that follow from it, and the newest answers. */
import type { AnswerOf, ArgumentsOf, ErrorDetail } from '../../../../main/rpc/contract';
import { LiveCurves } from '../../shell/live-curves.svelte';
import type { Series } from '../../shell/questions.svelte';
import type { FlowsState } from '../flows.svelte';
import { pairsKindOf } from '../words';

export type Coupling = AnswerOf<'flows', 'coupling'>;
export type CouplingKind = ArgumentsOf<'flows', 'coupling'>['coupling'];
export type CouplingCurve = AnswerOf<'flows', 'couplingCurve'>;
export type CouplingBlur = AnswerOf<'flows', 'couplingBlur'>;
export type CouplingScaling = AnswerOf<'flows', 'couplingScaling'>;
export type CouplingTable = AnswerOf<'flows', 'couplingTable'>;

type CouplingQuestion = 'coupling' | 'couplingTable' | 'couplingCurve' | 'couplingScaling' | 'couplingBlur';
type Knob = 'epsilon' | 'sharpness';
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
const overEpsilon = (epsilons: readonly number[]): Series<'flows', 'couplingCurve'> =>
  epsilons.map((epsilon) => [String(epsilon), { epsilon, count: shownCount }]);
const curveSeries = overEpsilon(curveEpsilons);
const blurSeries = overEpsilon([1, 0.1, 0.01, 0.3, 0.03, 3]);
const batchSizes = [16, 64, 256, 32, 128, 512, 1024, 2048];
const poolMetrics = ['sharpness', 'epsilon', 'sinkhorn.iterations', 'sinkhorn.marginalError'] as const;

export class CouplingState {
  /** What the person chose; null follows the run. */
  chosenKind = $state<CouplingKind | null>(null);
  chosen = $state.raw<{ knob: Knob; value: number } | null>(null);
  /** Relative ε of the semidiscrete coupling, where it was turned. */
  chosenBlur = $state<number | null>(null);
  colourBy = $state<'share' | 'cost'>('share');
  /** Whether the table is sorted by class first. */
  byClass = $state(false);
  logTable = $state(true);
  against = $state<Against>('sharpness');
  perPoint = $state<PerPoint>('targets');
  study = $state<Study>('batch');
  /** The source point under the pointer, in the order of the answer's points; shared by stage and table. */
  hoveredRow = $state<number | null>(null);
  /** What each pool of a run was like. */
  readonly pools: LiveCurves;
  readonly flows: FlowsState;
  /** The run that the choices were made for. */
  #chosenFor: string | undefined;

  constructor(flows: FlowsState) {
    this.flows = flows;
    this.pools = new LiveCurves(flows.props.engine, poolMetrics);
  }

  readonly run = $derived.by(() => this.flows.run);

  /** The chosen kind, else the run's own; a known map pairs no given points, and what comes nearest is the assignment. */
  readonly kind: CouplingKind = $derived.by(() => {
    const { run } = this;
    const own = (run && pairsKindOf(run)) ?? 'sinkhorn';
    return this.chosenKind ?? (own === 'map' ? 'assignment' : own);
  });

  readonly knob: { knob: Knob; value: number } = $derived.by(() => {
    const { sharpness, epsilon, semidiscreteEpsilon } = this.run?.config ?? {};
    if (this.kind === 'semidiscrete') {
      const own = typeof semidiscreteEpsilon === 'number' ? semidiscreteEpsilon : 0;
      return { knob: 'epsilon', value: this.chosenBlur ?? own };
    }
    if (this.chosen) return this.chosen;
    if (typeof sharpness === 'number' && sharpness > 0 && sharpness < 1)
      return { knob: 'sharpness', value: sharpness };
    return { knob: 'epsilon', value: typeof epsilon === 'number' ? epsilon : 0.05 };
  });

  readonly answer = $derived(this.#answer('coupling'));
  readonly table = $derived(this.#answer('couplingTable'));
  /** An ε each, from the smallest on. */
  readonly curve = $derived(this.#answers('couplingCurve').sort((a, b) => a.epsilon - b.epsilon));
  readonly blur = $derived(this.#answers('couplingBlur').sort((a, b) => a.epsilon - b.epsilon));
  /** Batches of growing size, of the coupling that is shown. All rows are one side of a semidiscrete one: it has none. */
  readonly #batches = $derived.by((): Series<'flows', 'couplingScaling'> => {
    const { kind: coupling, answer } = this;
    if (!answer || coupling === 'semidiscrete') return [];
    // Without Sinkhorn the knob says nothing.
    const choice = { coupling, knob: 'epsilon', value: answer.epsilon || 1 } as const;
    return batchSizes.map((size) => [`${coupling} ${answer.epsilon} ${size}`, { ...choice, size }]);
  });
  readonly scaling = $derived(this.#answers('couplingScaling').sort((a, b) => a.size - b.size));

  /** Whether a newer answer than the shown one is being worked out. */
  get solving(): boolean {
    return this.flows.questions.waiting(this.run?.id, 'coupling');
  }

  /** Why a question, or a part of its series, has no answer. */
  failure(name: CouplingQuestion): ErrorDetail | null {
    return this.flows.questions.failure(this.run?.id, name, this.#parts(name));
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
  get settings(): Record<string, string | number> {
    const { kind, knob } = this;
    if (kind === 'semidiscrete') return { coupling: kind, semidiscreteEpsilon: knob.value };
    if (kind !== 'sinkhorn') return { coupling: kind };
    return knob.knob === 'sharpness'
      ? { coupling: kind, sharpness: knob.value }
      : { coupling: kind, sharpness: 0, epsilon: knob.value };
  }

  /** Asks what the current choices need and is not there yet; to be called again when one of them or an answer changes. */
  update(images: boolean): void {
    const { run } = this;
    const { questions } = this.flows;
    if (run?.id !== this.#chosenFor) {
      this.#chosenFor = run?.id;
      [this.chosenKind, this.chosen, this.chosenBlur, this.hoveredRow] = [null, null, null, null];
      if (run) this.pools.follow(run.id);
    }
    if (!run) return;
    const { kind, knob, study } = this;
    const choice = { coupling: kind, ...knob, count: shownCount };
    questions.ask(run.id, 'coupling', choice);
    questions.ask(run.id, 'couplingTable', { ...choice, order: this.byClass ? 'class' : 'component' });
    // The slider comes first: what fills curves waits until both answers are there.
    if (this.solving || questions.waiting(run.id, 'couplingTable')) return;
    questions.askNext(run.id, 'couplingCurve', curveSeries);
    if (study === 'blur' && images) questions.askNext(run.id, 'couplingBlur', blurSeries);
    const largest = this.scaling[0]?.largest ?? Infinity;
    if (study === 'batch')
      questions.askNext(
        run.id,
        'couplingScaling',
        this.#batches.filter(([, { size }]) => size <= largest),
      );
  }

  #answer<Q extends CouplingQuestion>(name: Q): AnswerOf<'flows', Q> | null {
    return this.flows.questions.answer(this.run?.id, name);
  }

  #answers<Q extends CouplingQuestion>(name: Q): AnswerOf<'flows', Q>[] {
    return this.flows.questions.answers(this.run?.id, name, this.#parts(name));
  }

  /** The parts under which the answers of a series are kept. */
  #parts(name: CouplingQuestion): string[] {
    const series = { couplingCurve: curveSeries, couplingBlur: blurSeries, couplingScaling: this.#batches };
    return name in series ? series[name as keyof typeof series].map(([part]) => part) : [''];
  }
}
