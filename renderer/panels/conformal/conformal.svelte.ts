/** @file The state of the Conformal sets panel: level, scores, row and pair of targets that are shown, and what follows from them. */
import { createContext } from 'svelte';
import type { AnswerOf, ArgumentsOf, ErrorDetail, QuestionName } from '../../../main/rpc/contract';
import type { ColorToken, Stroke } from '../../../figures/scene';
import { storedCount } from '../../state/runs.svelte';
import type { Questions } from '../shell/questions.svelte';
import type { PanelProps } from '../shell/panel';
import type { Regions } from './regions/scene';
import { guarantees, waitingText } from './words';

type Question = QuestionName<'conformal'>;
/** What the engine answers to a question about a run of Conformal sets. */
export type Answer<Q extends Question> = NonNullable<AnswerOf<'conformal', Q>>;
export type RegionsRequest = ArgumentsOf<'conformal', 'regions'>;
export type ConformalOverview = Answer<'overview'>;
export type ConformalScoreInfo = ConformalOverview['scores'][number];
export type ConformalScoreId = ConformalScoreInfo['id'];

/** Each shown score has a colour of its own; more than these cannot be told apart. */
const colors: readonly ColorToken[] = ['series-1', 'series-2', 'series-3', 'series-4', 'series-0'];
export const mostShown: number = colors.length;

/** Scores that are shown at first where a run has them: each transport set beside what it must beat. */
const first: readonly ConformalScoreId[] = [
  'otcpStandardised',
  'gaussianEllipsoid',
  'otcp',
  'mahalanobis',
  'localEllipsoid',
  'otcpLocal',
  'aps',
  'ip',
];
/** Scores with an entropic map that can be drawn. */
const transported: readonly ConformalScoreId[] = ['otcp', 'otcpStandardised'];

/** How scores are drawn and called. */
export interface Looks {
  lookOf: (id: ConformalScoreId) => { color: ColorToken; stroke: Stroke };
  titleOf: (id: ConformalScoreId) => string;
}

export class ConformalState implements Looks {
  alpha = $state(0.1);
  /** Test row, counted from 0. */
  row = $state(0);
  /** The two targets on the axes. */
  pair = $state.raw<[number, number]>([0, 1]);
  through = $state<RegionsRequest['through']>('slice');
  contours = $state(false);
  transductive = $state(false);
  /** By colour; a score keeps its colour while others come and go. */
  #slots = $state.raw<readonly (ConformalScoreId | null)[]>([]);
  #focus = $state<ConformalScoreId | null>(null);
  readonly #questions: Questions<'conformal'>;
  readonly #props: () => Pick<PanelProps, 'run' | 'selection'>;
  /** The run whose level and scores were taken over. */
  #adopted: string | null = null;

  constructor(questions: Questions<'conformal'>, props: () => Pick<PanelProps, 'run' | 'selection'>) {
    this.#questions = questions;
    this.#props = props;
  }

  readonly run = $derived.by(() => this.#props().run);
  /** The rows of the data set that are chosen in all figures. */
  readonly selection = $derived.by(() => this.#props().selection);
  readonly overview = $derived.by(() => this.answer('overview'));
  /** All scores of the run, in its order. */
  readonly #known = $derived((this.overview?.scores ?? []).map(({ id }) => id));
  /** Ids of the shown scores in the run's order, so that a question does not depend on the order of clicks. */
  readonly scores = $derived(this.#known.filter((id) => this.#slots.includes(id)));
  /** As many are shown as there are colours. */
  readonly full = $derived(this.scores.length >= mostShown);
  /** All pairs of targets, in reading order. */
  readonly pairs = $derived.by(() => {
    const places = (this.overview?.targets ?? []).map((_, place) => place);
    return places.flatMap((first) =>
      places.slice(first + 1).map((second): [number, number] => [first, second]),
    );
  });

  /** The score that figures of a single one look at: the one chosen, else the first by colour. */
  get focus(): ConformalScoreId | null {
    const candidates = [this.#focus, ...this.#slots, ...this.#known];
    return candidates.find((id) => id !== null && this.#known.includes(id)) ?? null;
  }
  set focus(id: ConformalScoreId | null) {
    this.#focus = id;
  }

  /** The score whose map is drawn: the one looked at where it has one. Null where none has. */
  get mapped(): ConformalScoreId | null {
    // The map of a classification lives among probabilities and is not drawn.
    if (this.overview?.task === 'classification') return null;
    const candidates = [this.focus, ...this.scores, ...this.#known];
    return candidates.find((id) => id !== null && transported.includes(id)) ?? null;
  }

  infoOf(id: ConformalScoreId): ConformalScoreInfo | undefined {
    return this.overview?.scores.find((one) => one.id === id);
  }

  readonly titleOf: Looks['titleOf'] = (id) => this.infoOf(id)?.title ?? id;

  /** How a score is drawn: in the colour of its place where it is shown, else in grey. */
  readonly lookOf: Looks['lookOf'] = (id) => {
    const { stroke } = guarantees[this.infoOf(id)?.guarantee ?? 'none'];
    return { color: colors[this.#slots.indexOf(id)] ?? 'ink-second', stroke };
  };

  /** Of what an answer has by score, that of shown ones: one for an earlier choice must not be drawn as if it were for this. */
  ofShown<One extends { score: ConformalScoreId }>(all: readonly One[]): One[] {
    return all.filter(({ score }) => this.scores.includes(score));
  }

  /** The sets of a row by the shown scores. */
  shownRegions(answer: Regions | null): Regions | null {
    return answer && { ...answer, regions: this.ofShown(answer.regions) };
  }

  /** What stands where a figure comes; `doing` once the run's first split is done. */
  waiting(doing: string): string {
    return this.overview ? doing : waitingText(this.run);
  }

  /** Shows or hides a score; one more than there are colours for is not shown. */
  toggle(id: ConformalScoreId): void {
    const [from, to] = this.#slots.includes(id) ? [id, null] : [null, id];
    const place = this.#slots.indexOf(from);
    this.#slots = this.#slots.map((one, k) => (k === place ? to : one));
  }

  step(by: number): void {
    const rows = this.overview?.testRows.length ?? 0;
    if (rows > 0) this.row = (((this.row + by) % rows) + rows) % rows;
  }

  /** Chooses a row of the data set, and shows its set where it is a test row. */
  pick(datasetRow: number): void {
    const place = this.overview?.testRows.indexOf(datasetRow) ?? -1;
    if (place >= 0) this.row = place;
    this.selection?.choose([datasetRow]);
  }

  /** Asks what the run is, and takes over its level and scores once they are known. */
  update(): void {
    const { run, overview } = this;
    if (!run) return;
    // Null until the first split is done: every sign of progress asks again.
    const { stage, step } = run.progress;
    const version = overview ? '' : `${run.status} ${storedCount(run)} ${stage} ${step}`;
    if (this.#adopted === run.id && overview) return;
    this.#questions.ask(run.id, 'overview', {}, '', version);
    if (overview) this.#adopt(run.id, overview);
  }

  /** Asks a question about the shown run; nothing before its first split is done. */
  ask<Q extends Question>(query: Q, args: ArgumentsOf<'conformal', Q>, part = ''): void {
    const { run, overview } = this;
    if (!run || !overview) return;
    // The comparison is over the repeats that are done: it is asked again as the run goes on.
    const version = query === 'compare' ? `${run.status} ${storedCount(run)} ${run.progress.stage}` : '';
    this.#questions.ask(run.id, query, args, part, version);
  }

  /** Asks whenever the arguments change, while the component that calls this is there; null asks nothing. */
  follow<Q extends Question>(
    query: Q,
    args: () => ArgumentsOf<'conformal', Q> | null,
  ): { readonly answer: AnswerOf<'conformal', Q> | null; readonly error: ErrorDetail | null } {
    $effect(() => {
      const wanted = args();
      if (wanted) this.ask(query, wanted);
    });
    const [answer, error] = [() => this.answer(query), () => this.failure(query)];
    return {
      get answer() {
        return answer();
      },
      get error() {
        return error();
      },
    };
  }

  answer<Q extends Question>(query: Q, part = ''): AnswerOf<'conformal', Q> | null {
    return this.#questions.answer(this.run?.id, query, part);
  }

  failure(query: Question): ErrorDetail | null {
    return this.#questions.failure(this.run?.id, query);
  }

  #adopt(runId: string, overview: ConformalOverview): void {
    this.#adopted = runId;
    this.alpha = overview.alpha;
    const known = overview.scores.map(({ id }) => id);
    const kept = this.#slots.filter((id) => id !== null && known.includes(id));
    const wanted = kept.length > 0 ? kept : chosenFirst(known);
    this.#slots = colors.map((_, place) => wanted[place] ?? null);
    if (this.row >= overview.testRows.length) this.row = 0;
    const d = overview.targets.length;
    if (Math.max(...this.pair) >= d) this.pair = [0, Math.min(1, d - 1)];
    if (d < 3) this.through = 'slice';
    if (d !== 2) this.transductive = false;
  }
}

/** The panel's state, for all that is drawn in it. */
export const [getConformal, setConformal] = createContext<ConformalState>();

/** Up to three scores: those worth looking at first, then whatever there is. */
function chosenFirst(known: readonly ConformalScoreId[]): ConformalScoreId[] {
  const wanted = first.filter((id) => known.includes(id));
  return [...wanted, ...known.filter((id) => !wanted.includes(id))].slice(0, 3);
}
