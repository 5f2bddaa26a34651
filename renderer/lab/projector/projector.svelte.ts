/** @file What the projector shows: the projection asked for, how far a slow one has come, and the chosen rows. */
/* eslint-disable svelte/prefer-svelte-reactivity -- sets here are replaced as a whole, never changed */
import { untrack } from 'svelte';
import type {
  AnswerTo,
  AskRows,
  ClassColumn,
  ErrorDetail,
  ProjectionAnswer,
  ProjectionMethod,
  ProjectionQuestions,
} from '../../../main/rpc/contract';
import { detailOf } from '../../engine/error';
import type { SelectionLike } from '../../plots/selection';

export type Sources = AnswerTo<ProjectionQuestions['sources']>;
/** Rows of everything, or of one class of the label. */
export type Group = number | null;

/** A named direction of the space, such as a probe's. */
export interface NamedDirection {
  name: string;
  vector: Float32Array<ArrayBuffer>;
}

/** More chosen rows than this are shown by dimming the others alone: rings would hide what they ring. */
const RINGED = 400;
/** Work per question, in milliseconds: how often a slow projection shows itself. */
const PIECE = 400;

export class ProjectorState {
  sources = $state.raw<Sources | null>(null);
  answer = $state.raw<ProjectionAnswer | null>(null);
  error = $state.raw<ErrorDetail | null>(null);
  busy = $state(false);
  /** A slow projection was stopped; what it had is shown. */
  stopped = $state(false);

  source = $state('');
  method = $state<ProjectionMethod>('pca');
  components = $state.raw<[number, number]>([0, 1]);
  units = $state.raw<[number, number]>([0, 1]);
  to = $state(0);
  from = $state<Group>(null);
  fit = $state<Group>(null);
  /** Null: the source that is shown. */
  fitSource = $state<string | null>(null);
  show = $state<Group>(null);
  neighbours = $state(15);
  perplexity = $state(30);
  seed = $state(0);
  direction = $state.raw<NamedDirection | null>(null);
  /** Which column colours the points; null: one colour. */
  column = $state<number | null>(0);

  /** Rows of the source. */
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  hovered = $state<number | null>(null);

  readonly #ask: AskRows;
  /** Counts projections: an answer to an older one is left unread. */
  #turn = 0;

  constructor(ask: AskRows) {
    this.#ask = ask;
  }

  readonly slow = $derived(this.method === 'umap' || this.method === 't-sne');
  readonly running = $derived(this.busy && this.slow);
  readonly colour = $derived<ClassColumn | null>(
    this.column === null ? null : (this.sources?.columns[this.column] ?? null),
  );
  readonly labelNames = $derived(this.sources?.hasLabel ? this.sources.columns[0]!.names : []);
  readonly columns = $derived(this.sources?.sources.find(({ name }) => name === this.source)?.columns ?? 0);
  readonly rows = $derived(this.sources?.sources.find(({ name }) => name === this.source)?.rows ?? 0);

  /** The selection as figures see it. */
  readonly selection: SelectionLike = selectionOf(this);

  /** Asks what there is, and shows the components of the first source. */
  async begin(): Promise<void> {
    try {
      this.sources = await this.#ask('sources', {});
      if (!this.sources.sources.some(({ name }) => name === this.source))
        this.source = this.sources.sources[0]?.name ?? '';
      if (this.sources.columns.length === 0) this.column = null;
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }

  /** What decides the picture; a change of it asks again. */
  readonly wanted = $derived({
    source: this.source,
    method: this.method,
    ...(this.method === 'pca' ? { components: this.components } : {}),
    ...(this.method === 'units' ? { units: this.units } : {}),
    ...(this.method === 'class-means' ? { axis: { to: this.to, from: this.from } } : {}),
    ...(this.method === 'direction' && this.direction ? { direction: this.direction } : {}),
    ...(this.slow || this.method === 'units' ? {} : { fit: { source: this.fitSource, group: this.fit } }),
    show: this.show,
    ...(this.slow ? { seed: this.seed } : {}),
    ...(this.method === 'umap' ? { neighbours: this.neighbours } : {}),
    ...(this.method === 't-sne' ? { perplexity: this.perplexity } : {}),
  });

  /** Projects as is wanted now, until it is done, stopped or overtaken. */
  async project(): Promise<void> {
    const turn = ++this.#turn;
    const wanted = untrack(() => this.wanted);
    if (!wanted.source || (wanted.method === 'direction' && !this.direction)) return;
    this.busy = true;
    this.stopped = false;
    try {
      for (;;) {
        const answer = await this.#ask('project', { ...wanted, milliseconds: PIECE });
        if (turn !== this.#turn) return;
        this.error = null;
        // Places come with the layout; until then the last picture stays.
        if (answer.points || this.answer?.rows.length !== answer.rows.length) this.answer = answer;
        else this.answer = { ...this.answer, progress: answer.progress };
        if (answer.progress.phase === 'done' || this.stopped) return;
      }
    } catch (thrown) {
      if (turn === this.#turn) this.error = detailOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** Asks no further: what is there stays, and Resume goes on from it. */
  stop(): void {
    this.stopped = true;
  }

  choose(rows: Iterable<number>, mode: 'replace' | 'add' | 'remove' = 'replace'): void {
    const next = new Set(mode === 'replace' ? [] : this.chosen);
    for (const row of rows) {
      if (mode === 'remove') next.delete(row);
      else next.add(row);
    }
    this.chosen = next;
  }

  /** What a row says; empty where no texts are stored. */
  async textOf(row: number): Promise<string> {
    try {
      return (await this.#ask('row', { row })).text;
    } catch (thrown) {
      this.error = detailOf(thrown);
      return '';
    }
  }

  /** The chosen rows as a file, for whoever opens it. */
  async subset(name: string, form: 'chosen' | 'marked') {
    return this.#ask('subset', {
      rows: Uint32Array.from([...this.chosen].sort((a, b) => a - b)),
      name,
      form,
    });
  }
}

function selectionOf(state: ProjectorState): SelectionLike {
  const none: ReadonlySet<number> = new Set();
  return {
    get hovered() {
      return state.hovered;
    },
    get chosen() {
      return state.chosen.size > RINGED ? none : state.chosen;
    },
    hover: (row) => (state.hovered = row),
    choose: (rows, mode) => state.choose(rows, mode),
  };
}
