/** @file The state of the Probes panel: the place whose probes are shown, the chosen cell, and what the engine answered of them. */
import { createContext } from 'svelte';
import type { AnswerOf, ArgumentsOf, ErrorDetail, QuestionName, RunRecord } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { isActive } from '../../state/runs.svelte';
import { Questions } from '../shell/questions.svelte';
import { valuesAt } from './provisional';

type Question = QuestionName<'probes'>;
/** What the engine answers to a question about a run of Probes. */
export type Answer<Q extends Question> = NonNullable<AnswerOf<'probes', Q>>;
export type ProbeMatrix = Answer<'matrix'>;
export type ProbeOverview = Answer<'overview'>;
export type ProbeFamily = ProbeMatrix['family'];
export type ProbePosition = ProbeMatrix['position'];
/** Which probe of every task. */
export type ProbePlace = ArgumentsOf<'probes', 'matrix'>;
export type CosineKind = ProbeMatrix['correlation'][number]['cosine'];
/** What the cells of the matrix tell. */
export type CellMeasure = 'auc' | 'cosine' | 'jaccard';
type Grouping = NonNullable<ArgumentsOf<'probes', 'worst'>['groupBy']>;

/** A cell: the task that its probe was trained on, and the one that it is tested on. */
export interface Pair {
  train: number;
  test: number;
}

/** Statements listed of those on the wrong side. */
const worstCount = 100;

export class ProbesState {
  run = $state.raw<RunRecord | null>(null);
  measure = $state<CellMeasure>('auc');
  cosine = $state<CosineKind>('plain');
  /** Place among the sizes at which supports are compared; the last where it has fewer. */
  support = $state(2);
  view = $state<'scores' | 'roc'>('scores');
  groupBy = $state<Grouping>('none');
  /** Whether texts that may offend are legible. */
  revealed = $state(false);
  /** The cell that another figure points at. */
  hovered = $state.raw<Pair | null>(null);
  #cell = $state.raw<Pair>({ train: 0, test: 1 });
  /** The cell that the chosen one is held against. */
  compared = $state.raw<Pair | null>(null);
  /** Whether all of the chosen cell's row or column is chosen. */
  whole = $state<'row' | 'column' | null>(null);
  #family = $state<ProbeFamily | null>(null);
  #position = $state<ProbePosition | null>(null);
  /** Null follows the run: the block that it reports, or has come to. */
  #block = $state<number | null>(null);
  readonly #questions: Questions<'probes'>;

  constructor(engine: EngineClient) {
    this.#questions = new Questions(engine);
  }

  readonly overview = $derived(this.answer('overview'));
  readonly sweep = $derived(this.answer('sweep'));
  readonly tasks = $derived((this.overview?.tasks ?? []).map(({ name }) => name));
  readonly active = $derived(isActive(this.run));

  readonly family = $derived.by((): ProbeFamily => {
    const known = this.overview?.families ?? [];
    return this.#family && known.includes(this.#family) ? this.#family : (known[0] ?? 'lr-l2');
  });
  readonly position = $derived.by((): ProbePosition => {
    const known = this.overview?.positions ?? [];
    if (this.#position) return this.#position;
    const asked = this.run?.config.position as ProbePosition | undefined;
    return known.find((one) => one === asked) ?? known.at(-1) ?? 'last';
  });
  readonly block = $derived.by((): number | null => {
    const blocks = this.overview?.blocks ?? [];
    if (this.#block !== null && blocks.includes(this.#block)) return this.#block;
    return this.#reportedBlock(blocks);
  });
  readonly place = $derived<ProbePlace | null>(
    this.block === null ? null : { family: this.family, block: this.block, position: this.position },
  );
  /** Whether activations of the shown position are stored; without them a run is needed. */
  readonly stored = $derived(this.overview?.positions.includes(this.position) ?? true);

  /** The chosen cell, inside the matrix. */
  get cell(): Pair {
    const last = Math.max(0, this.tasks.length - 1);
    return { train: Math.min(this.#cell.train, last), test: Math.min(this.#cell.test, last) };
  }

  /** The matrix of the shown place: all of it, its values alone while the rest is on its way, or that of the place before. */
  readonly shown = $derived.by((): { matrix: ProbeMatrix; is: 'whole' | 'values' | 'old' } | null => {
    const { place } = this;
    if (!place) return null;
    const whole = this.answer('matrix');
    if (whole && isOf(whole, place)) return { matrix: whole, is: 'whole' };
    if (this.failure('matrix') !== null) return null;
    const values = valuesAt(place, this.tasks, this.overview?.width ?? 0, this.answer('layers'), this.sweep);
    if (values) return { matrix: values, is: 'values' };
    return whole && whole.tasks.join() === this.tasks.join() ? { matrix: whole, is: 'old' } : null;
  });
  readonly matrix = $derived(this.shown?.matrix ?? null);

  /** Shows a run; another one is shown at the place that it reports. */
  show(run: RunRecord | null): void {
    if (run?.id !== this.run?.id) {
      [this.#family, this.#position, this.#block] = [null, null, null];
      [this.#cell, this.compared, this.whole] = [{ train: 0, test: 1 }, null, null];
      [this.hovered, this.revealed] = [null, false];
    }
    this.run = run;
  }

  /** Asks what there is of the run; again with every sign of progress. */
  update(): void {
    const { run, place } = this;
    if (!run) return;
    const version = run.status === 'done' ? 'done' : `${run.status} ${run.progress.stage}`;
    this.#questions.ask(run.id, 'overview', {}, '', version);
    if (!this.overview || this.tasks.length === 0) return;
    this.#questions.ask(run.id, 'sweep', {}, '', version);
    if (!place) return;
    const { family, position } = place;
    this.#questions.ask(run.id, 'layers', { family, position }, '', version);
    // While the run goes on only what it has come to is asked for, so that it is not held up.
    if (this.stored && (!this.active || this.#sweptTo(place)))
      this.#questions.ask(run.id, 'matrix', place, '', run.status === 'done' ? 'done' : '');
  }

  setFamily(family: ProbeFamily): void {
    this.#family = family;
  }

  /** Moves the probes to another block and position. */
  move(block: number, position: ProbePosition = this.position): void {
    [this.#block, this.#position] = [block, position];
  }

  setPosition(position: ProbePosition): void {
    this.#position = position;
  }

  /** Chooses a cell alone, or holds it against the one chosen before. */
  choose(cell: Pair, against = false): void {
    this.compared = against ? this.cell : null;
    [this.#cell, this.whole] = [cell, null];
  }

  /** Chooses all of a row or a column; of the others the task itself is shown. */
  chooseAll(whole: 'row' | 'column', task: number): void {
    [this.#cell, this.compared, this.whole] = [{ train: task, test: task }, null, whole];
  }

  /** Chooses the next cell in a direction; the edge holds. */
  step(across: number, down: number): void {
    const last = this.tasks.length - 1;
    const within = (value: number): number => Math.min(last, Math.max(0, value));
    this.choose({ train: within(this.cell.train + down), test: within(this.cell.test + across) });
  }

  /** Lets go of a comparison, a row or a column; false where there was none. */
  release(): boolean {
    const held = this.compared !== null || this.whole !== null;
    [this.compared, this.whole] = [null, null];
    return held;
  }

  /** Asks about cells while the component that calls this is there; `null` asks nothing. */
  follow<Q extends Question>(
    query: Q,
    args: () => ArgumentsOf<'probes', Q> | null,
    part = '',
  ): { readonly answer: AnswerOf<'probes', Q> | null; readonly error: ErrorDetail | null } {
    $effect(() => {
      const [wanted, { run }] = [args(), this];
      const ready = !this.active || (this.place !== null && this.#sweptTo(this.place));
      if (wanted && run && ready) this.#questions.ask(run.id, query, wanted, part, run.status);
    });
    const [answer, error] = [() => this.answer(query, part), () => this.failure(query, part)];
    return {
      get answer() {
        return answer();
      },
      get error() {
        return error();
      },
    };
  }

  /** The statements on the wrong side of a cell. */
  followWorst(): ReturnType<typeof this.follow<'worst'>> {
    return this.follow('worst', () => {
      const { place, cell, groupBy } = this;
      return place && this.stored && this.tasks.length > 0 && place.family !== 'mlp'
        ? { ...place, ...cell, count: worstCount, groupBy }
        : null;
    });
  }

  /** One answer to a question that is asked once, such as a direction. */
  answer<Q extends Question>(query: Q, part = ''): AnswerOf<'probes', Q> | null {
    return this.#questions.answer(this.run?.id, query, part);
  }

  failure(query: Question, part = ''): ErrorDetail | null {
    return this.#questions.failure(this.run?.id, query, part);
  }

  waiting(query: Question, part = ''): boolean {
    return this.#questions.waiting(this.run?.id, query, part);
  }

  /** Everything may be asked again, as after a lost connection. */
  forget(): void {
    this.#questions.forget();
  }

  #reportedBlock(blocks: readonly number[]): number | null {
    const reported = this.run?.metrics.block;
    if (reported !== undefined && blocks.includes(reported)) return reported;
    const { sweep, position } = this;
    const swept = blocks.filter((block) => this.#hasSwept(block, position));
    return (sweep ? swept.at(-1) : null) ?? blocks[0] ?? null;
  }

  #sweptTo({ family, block, position }: ProbePlace): boolean {
    const kept = this.answer('layers');
    const at = kept?.blocks.indexOf(block) ?? -1;
    const own = kept && kept.family === family && kept.position === position;
    return Boolean(own && Number.isFinite(kept.inTask[at])) || this.#hasSwept(block, position);
  }

  #hasSwept(block: number, position: ProbePosition): boolean {
    const { sweep } = this;
    if (!sweep) return false;
    const [row, column] = [sweep.blocks.indexOf(block), sweep.positions.indexOf(position)];
    if (row < 0 || column < 0) return false;
    return Number.isFinite(sweep.auc[row * sweep.positions.length + column]);
  }
}

/** Whether an answer is of the place that is shown. */
export function isOf(answer: ProbePlace, place: ProbePlace): boolean {
  return answer.family === place.family && answer.block === place.block && answer.position === place.position;
}

const kept = new WeakMap<EngineClient, ProbesState>();

/** What the panel and the inspector beside it both show; kept, so that coming back finds it as it was left. */
export function probesOf(engine: EngineClient): ProbesState {
  const found = kept.get(engine);
  if (found) return found;
  let made: ProbesState | null = null;
  // What it derives must outlive the component that asks first.
  $effect.root(() => {
    made = new ProbesState(engine);
  });
  kept.set(engine, made!);
  return made!;
}

/** The panel's state, for all that is drawn in it. */
export const [getProbes, setProbes] = createContext<ProbesState>();
