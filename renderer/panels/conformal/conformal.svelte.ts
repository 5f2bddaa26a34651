/** @file The state of the Conformal sets panel: level, scores, row and pair of targets that are shown, and what follows from them. */
import type { AnswerOf, ArgumentsOf, ErrorDetail, QuestionName, RunRecord } from '../../../main/rpc/contract';
import type { ColorToken, Stroke } from '../../../figures/scene';
import { storedCount } from '../../state/runs.svelte';
import type { Questions } from '../shell/questions.svelte';
import { guaranteeStroke } from './words';
import type { Comparison } from './compare/scenes';
import type { RegionsRequest } from './regions/scene';
import type { TransportMap } from './regions/transport';

export type ConformalOverview = NonNullable<AnswerOf<'conformal', 'overview'>>;
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

export interface ShownScore {
  id: ConformalScoreId;
  info: ConformalScoreInfo;
  color: ColorToken;
  stroke: Stroke;
}

export class ConformalState {
  readonly questions: Questions<'conformal'>;
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
  #run = $state.raw<RunRecord | null>(null);
  /** The run whose level and scores were taken over. */
  #adopted: string | null = null;

  constructor(questions: Questions<'conformal'>) {
    this.questions = questions;
  }

  get run(): RunRecord | null {
    return this.#run;
  }

  get overview(): ConformalOverview | null {
    return this.questions.answer(this.#run?.id, 'overview');
  }

  /** Grows with a run: what was asked of an earlier state is asked again. */
  get version(): string {
    const run = this.#run;
    return run ? `${run.status} ${storedCount(run)} ${run.progress.stage}` : '';
  }

  /** The shown scores, in the order of their colours. */
  get shown(): ShownScore[] {
    return this.#slots.flatMap((id, place) => {
      const info = id === null ? undefined : this.infoOf(id);
      return info
        ? [{ id: info.id, info, color: colors[place]!, stroke: guaranteeStroke[info.guarantee] }]
        : [];
    });
  }

  /** Ids of the shown scores in the run's order, so that a question does not depend on the order of clicks. */
  get scores(): ConformalScoreId[] {
    return (this.overview?.scores ?? []).map(({ id }) => id).filter((id) => this.#slots.includes(id));
  }

  /** The score that figures of a single one look at. */
  get focus(): ConformalScoreId | null {
    const known = this.overview?.scores ?? [];
    if (known.some(({ id }) => id === this.#focus)) return this.#focus;
    return this.shown[0]?.id ?? known[0]?.id ?? null;
  }
  set focus(id: ConformalScoreId | null) {
    this.#focus = id;
  }

  /** The score whose map is drawn: the one looked at where it has one. Null where none has. */
  get mapped(): ConformalScoreId | null {
    // The map of a classification lives among probabilities and is not drawn.
    if (this.overview?.task === 'classification') return null;
    const known = (this.overview?.scores ?? []).map(({ id }) => id);
    const candidates = [this.focus, ...this.scores, ...known];
    return candidates.find((id) => id !== null && transported.includes(id)) ?? null;
  }

  get full(): boolean {
    return this.shown.length >= mostShown;
  }

  infoOf(id: ConformalScoreId): ConformalScoreInfo | undefined {
    return this.overview?.scores.find((one) => one.id === id);
  }

  titleOf(id: ConformalScoreId): string {
    return this.infoOf(id)?.title ?? id;
  }

  /** How a score is drawn: as where it is shown, else in grey. */
  lookOf(id: ConformalScoreId): { color: ColorToken; stroke: Stroke } {
    const found = this.shown.find((one) => one.id === id);
    const guarantee = this.infoOf(id)?.guarantee ?? 'none';
    return { color: found?.color ?? 'ink-second', stroke: guaranteeStroke[guarantee] };
  }

  /** Shows or hides a score; one more than there are colours for is not shown. */
  toggle(id: ConformalScoreId): void {
    const place = this.#slots.indexOf(id);
    if (place >= 0) this.#slots = this.#slots.map((one) => (one === id ? null : one));
    else {
      const free = this.#slots.indexOf(null);
      if (free >= 0) this.#slots = this.#slots.map((one, k) => (k === free ? id : one));
    }
  }

  step(by: number): void {
    const rows = this.overview?.testRows.length ?? 0;
    if (rows > 0) this.row = (((this.row + by) % rows) + rows) % rows;
  }

  /** Moves to the test row with this row of the data set; false where it is no test row. */
  showDatasetRow(datasetRow: number): boolean {
    const place = this.overview?.testRows.indexOf(datasetRow) ?? -1;
    if (place >= 0) this.row = place;
    return place >= 0;
  }

  /** Follows a run: asks what it is, and takes over its level and scores once they are known. */
  update(run: RunRecord | null): void {
    this.#run = run;
    if (!run) return;
    const { overview } = this;
    // Null until the first split is done: every sign of progress asks again.
    const { stage, step } = run.progress;
    const version = overview ? '' : `${run.status} ${storedCount(run)} ${stage} ${step}`;
    if (!overview || this.#adopted !== run.id) this.questions.ask(run.id, 'overview', {}, '', version);
    if (overview && this.#adopted !== run.id) this.#adopt(run.id, overview);
  }

  /** Asks a question about the shown run; nothing before its first split is done. */
  ask<Q extends QuestionName<'conformal'>>(
    query: Q,
    args: ArgumentsOf<'conformal', Q>,
    part = '',
    version = '',
  ): void {
    if (this.#run && this.overview) this.questions.ask(this.#run.id, query, args, part, version);
  }

  /** Every score over the repeats that are done; asked again as the run goes on. */
  askComparison(): void {
    this.ask('compare', {}, '', this.version);
  }

  get comparison(): { answer: Comparison | null; error: ErrorDetail | null } {
    return { answer: this.answer('compare'), error: this.failure('compare') };
  }

  /** The map of the mapped score. */
  askMap(): void {
    if (this.mapped) this.ask('transport', { score: this.mapped });
  }

  get map(): { answer: TransportMap | null; error: ErrorDetail | null } {
    return { answer: this.answer('transport'), error: this.failure('transport') };
  }

  answer<Q extends QuestionName<'conformal'>>(query: Q, part = ''): AnswerOf<'conformal', Q> | null {
    return this.questions.answer(this.#run?.id, query, part);
  }

  failure(query: QuestionName<'conformal'>, part = ''): ErrorDetail | null {
    return this.questions.failure(this.#run?.id, query, part);
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

/** Up to three scores: those worth looking at first, then whatever there is. */
function chosenFirst(known: readonly ConformalScoreId[]): ConformalScoreId[] {
  const wanted = first.filter((id) => known.includes(id));
  return [...wanted, ...known.filter((id) => !wanted.includes(id))].slice(0, 3);
}
