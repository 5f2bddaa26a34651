/** @file What the unit browser shows: every unit's statistics, one unit of the chosen order, and the rows that light it. */
import { untrack } from 'svelte';
import type {
  AnswerTo,
  AskRows,
  ErrorDetail,
  ProjectionQuestions,
  TopRow,
  UnitStatistic,
  UnitTable,
} from '../../../main/rpc/contract';
import { detailOf } from '../../engine/error';

type UnitAnswer = AnswerTo<ProjectionQuestions['unit']>;

/** Two classes of the label that statistics compare; `from` null is all other rows. */
export interface Groups {
  to: number;
  from: number | null;
}

export const statisticTitles: Record<UnitStatistic, string> = {
  maximum: 'max',
  mean: 'mean',
  standardDeviation: 'sd',
  kurtosis: 'kurtosis',
  above: 'share above 0',
  auroc: 'AUROC',
  w1: 'W₁',
  w2: 'W₂',
};

/** The dashed line stands at this row's value until it is moved. */
const RANK = 100;
const LISTED = 60;

export class UnitsState {
  table = $state.raw<UnitTable | null>(null);
  unit = $state.raw<UnitAnswer | null>(null);
  top = $state.raw<{ rows: TopRow[]; total: number; line: number } | null>(null);
  labelNames = $state.raw<string[]>([]);
  error = $state.raw<ErrorDetail | null>(null);
  busy = $state(false);

  source = $state('');
  sort = $state<UnitStatistic>('maximum');
  groups = $state.raw<Groups | null>(null);
  /** Which of the order, from 0. */
  place = $state(0);
  /** A unit by its number, whatever the order; null: the one at `place`. */
  named = $state<number | null>(null);
  /** Where the line was moved to; null: at the 100th row. */
  line = $state<number | null>(null);

  readonly #ask: AskRows;
  #turn = { table: 0, unit: 0, rows: 0 };

  constructor(ask: AskRows) {
    this.#ask = ask;
  }

  /** Units, the largest statistic first, NaN last. */
  readonly order = $derived(orderOf(this.table?.[this.sort] ?? null, this.table?.units ?? 0));
  readonly shown = $derived(this.named ?? this.order[Math.min(this.place, this.order.length - 1)] ?? null);
  /** Where the line stands. */
  readonly at = $derived(this.line ?? this.top?.line ?? null);

  /** Statistics of all units of the source, again when source or groups change. */
  async begin(source: string): Promise<void> {
    const turn = ++this.#turn.table;
    if (source !== this.source) {
      this.table = this.unit = this.top = null;
      this.named = this.line = null;
      this.place = 0;
    }
    this.source = source;
    if (!source) return;
    this.busy = true;
    try {
      const sources = await this.#ask('sources', {});
      const table = await this.#ask('units', { source, groups: untrack(() => this.groups) });
      if (turn !== this.#turn.table) return;
      this.labelNames = sources.hasLabel ? sources.columns[0]!.names : [];
      this.table = table;
      this.error = null;
    } catch (thrown) {
      if (turn === this.#turn.table) this.error = detailOf(thrown);
    } finally {
      if (turn === this.#turn.table) this.busy = false;
    }
  }

  /** Compares two classes, or none; sorts by what is there. */
  compare(groups: Groups | null): void {
    this.groups = groups;
    if (!groups && ['auroc', 'w1', 'w2'].includes(this.sort)) this.sort = 'maximum';
    void this.begin(this.source);
  }

  /** The histogram of the shown unit. */
  async look(unit: number): Promise<void> {
    const turn = ++this.#turn.unit;
    await this.#kept(
      () => this.#ask('unit', { source: this.source, unit, groups: untrack(() => this.groups) }),
      (answer) => turn === this.#turn.unit && (this.unit = answer),
    );
  }

  /** The rows above the line, largest first. */
  async list(unit: number, line: number | null): Promise<void> {
    const turn = ++this.#turn.rows;
    await this.#kept(
      () => this.#ask('topRows', { source: this.source, unit, least: line, rank: RANK, count: LISTED }),
      (answer) => turn === this.#turn.rows && (this.top = answer),
    );
  }

  step(by: number): void {
    const before = this.named === null ? this.place : Math.max(0, this.order.indexOf(this.named));
    this.named = null;
    this.line = null;
    this.place = Math.max(0, Math.min(this.order.length - 1, before + by));
  }

  /** Another order begins at its first unit. */
  sortBy(statistic: UnitStatistic): void {
    this.sort = statistic;
    this.place = 0;
    this.named = this.line = null;
  }

  /** Shows a unit by its number. */
  goTo(unit: number): void {
    if (!Number.isInteger(unit) || unit < 0 || unit >= (this.table?.units ?? 0)) return;
    this.named = unit;
    this.line = null;
  }

  async #kept<T>(ask: () => Promise<T>, keep: (answer: T) => unknown): Promise<void> {
    try {
      keep(await ask());
      this.error = null;
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }
}

function orderOf(statistic: Float64Array | null, units: number): Uint32Array {
  const numbers = Array.from({ length: units }, (_, unit) => unit);
  if (!statistic) return Uint32Array.from(numbers);
  const key = (unit: number) => (Number.isNaN(statistic[unit]) ? -Infinity : statistic[unit]!);
  return Uint32Array.from(numbers.sort((a, b) => (key(a) === key(b) ? a - b : key(b) > key(a) ? 1 : -1)));
}
