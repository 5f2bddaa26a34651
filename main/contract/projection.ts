/** @file Questions about rows of many numbers (stored activations, vectors): their projections, their units, their texts. */
import * as v from 'valibot';
import { between, question, whole, type AnswerTo } from './query';

/** Rows of numbers, row-major. */
export interface RowMatrix {
  data: Float32Array;
  rows: number;
  columns: number;
}

/** Where rows come from: a hook's name (`resid_post:19`), or the name of an array. */
const source = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
/** Rows of one class of the label, or all. */
const group = v.nullish(whole(0, 1_000_000), null);

/** A direction in the space of the rows, such as a probe's. */
const direction = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  vector: v.instance(Float32Array),
});

/** Ways to place rows in the plane. */
const projectionMethods = ['pca', 'umap', 't-sne', 'units', 'class-means', 'direction'] as const;
export type ProjectionMethod = (typeof projectionMethods)[number];

const projectionArguments = v.strictObject({
  source,
  method: v.picklist(projectionMethods),
  /** Axes of the space itself, for `units`. */
  units: v.optional(v.tuple([whole(0, 65_535), whole(0, 65_535)]), [0, 1]),
  /** Which components, from 0, for `pca`. */
  components: v.optional(v.tuple([whole(0, 63), whole(0, 63)]), [0, 1]),
  /** For `class-means`: the axis runs from the mean of `from` (null: of all other rows) to that of `to`. */
  axis: v.optional(v.strictObject({ to: whole(0, 1_000_000), from: group }), { to: 0 }),
  /** For `direction`. */
  direction: v.optional(direction),
  /** Rows that the map is fitted on: of this source (null: the same) and class. UMAP and t-SNE place the rows that they are fitted on. */
  fit: v.optional(v.strictObject({ source: v.nullish(source, null), group }), {}),
  /** Rows that are shown. */
  show: group,
  seed: v.optional(whole(0, 2 ** 32 - 1), 0),
  neighbours: v.optional(whole(2, 200), 15),
  minimumDistance: v.optional(between(0, 0.99), 0.1),
  perplexity: v.optional(between(2, 100), 30),
});
export type ProjectionArguments = v.InferOutput<typeof projectionArguments>;

/** How far a slow projection has come. */
export interface ProjectionProgress {
  phase: 'components' | 'neighbours' | 'graph' | 'layout' | 'done';
  done: number;
  total: number;
}

export interface ProjectionAnswer {
  progress: ProjectionProgress;
  /** [shown, 2]; null until the first places are known. */
  points: Float32Array | null;
  /** [shown] rows of the source; every row that was asked for, never a part of them. */
  rows: Uint32Array;
  axes: [string, string];
  /** Share of variance along the two axes, where that has a meaning. */
  explained: [number, number] | null;
  /** In words: which rows it was fitted on, and how many. */
  fittedOn: string;
  /** Rows equal to an earlier one, bit for bit; they stand on the same point. */
  repeated: number;
}

/** What is known of each unit over all rows; arrays of one number per unit, NaN where a statistic has no meaning. */
export interface UnitTable {
  rows: number;
  units: number;
  maximum: Float64Array;
  mean: Float64Array;
  /** Divisor rows − 1; 0 for a single row. */
  standardDeviation: Float64Array;
  /** Fourth standardised moment − 3; NaN for a constant unit. */
  kurtosis: Float64Array;
  /** Share of rows above 0. */
  above: Float64Array;
  /** Between the two groups, where two are named: how often a row of `to` is above one of `from`, ties half. */
  auroc: Float64Array | null;
  /** Wasserstein distances of the two groups, in the unit's own scale. */
  w1: Float64Array | null;
  w2: Float64Array | null;
}

/** What units can be sorted by. */
export type UnitStatistic = Exclude<keyof UnitTable, 'rows' | 'units'>;

export interface UnitHistogram {
  /** [bins + 1] ascending, equal widths from the smallest to the largest value; the last bin takes both its edges. */
  edges: Float64Array;
  /** [bins] */
  counts: Uint32Array;
}

/** One row among those that light a unit most. */
export interface TopRow {
  row: number;
  id: string;
  value: number;
  /** The row's text; empty where none is stored. */
  text: string;
  /** The text in pieces with the unit's value at each, where activations of every token are stored. */
  tokens: { text: string; value: number }[] | null;
}

/** A column of classes that belongs to the rows. */
export interface ClassColumn {
  name: string;
  /** [rows] −1 for none. */
  codes: Int32Array;
  names: string[];
}

/** Questions about stored rows. A method that stores rows merges these into its own and answers them with `projectionAnswers`. */
export const projectionQuestions = {
  /** What there is to project. */
  sources: question<{
    sources: { name: string; rows: number; columns: number }[];
    /** What rows can be coloured by, the label first; its classes are those that other questions name. */
    columns: ClassColumn[];
    /** Whether the first of the columns is a label. */
    hasLabel: boolean;
    hasTexts: boolean;
  }>()(v.strictObject({})),

  /**
   * A projection, or as much of it as about `milliseconds` of work allow: ask again with the same arguments until the phase is
   * `done`. Who stops asking has stopped it; who asks again goes on. The places do not depend on how it was cut up.
   */
  project: question<ProjectionAnswer>()(
    v.strictObject({ ...projectionArguments.entries, milliseconds: v.optional(whole(0, 10_000), 500) }),
    { slow: true },
  ),

  /** Statistics of every unit; `to` and `from` are classes of the label, `from` null for all other rows. */
  units: question<UnitTable>()(
    v.strictObject({
      source,
      groups: v.nullish(v.strictObject({ to: whole(0, 1_000_000), from: group }), null),
    }),
    {
      slow: true,
    },
  ),

  /** One unit: its histogram, also of the two groups. */
  unit: question<{ histogram: UnitHistogram; to: Uint32Array | null; from: Uint32Array | null }>()(
    v.strictObject({
      source,
      unit: whole(0, 65_535),
      bins: v.optional(whole(2, 200), 40),
      groups: v.nullish(v.strictObject({ to: whole(0, 1_000_000), from: group }), null),
    }),
  ),

  /** Rows of a unit whose value is at least `least`, largest first: `count` of them from the `offset`-th on. */
  topRows: question<{ rows: TopRow[]; total: number; /** The value of the `rank`-th row. */ line: number }>()(
    v.strictObject({
      source,
      unit: whole(0, 65_535),
      /** Null: the rows up to the `rank`-th. */
      least: v.nullish(v.pipe(v.number(), v.finite()), null),
      rank: v.optional(whole(1, 1_000_000), 100),
      offset: v.optional(whole(0, 1_000_000), 0),
      count: v.optional(whole(1, 500), 50),
    }),
  ),

  /** What a row is of; the text is empty where none is stored. */
  row: question<{ id: string; text: string }>()(v.strictObject({ row: whole(0, 2 ** 32 - 1) })),

  /**
   * A file of JSON Lines of the chosen rows with their text, label and id, to be opened as a data set; `marked`: all rows, with a
   * column of the name that says whether a row was chosen, so that it can serve as a label.
   */
  subset: question<{ name: string; mediaType: string; bytes: Uint8Array; rows: number }>()(
    v.strictObject({
      rows: v.pipe(v.instance(Uint32Array), v.minLength(1)),
      name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80)),
      form: v.picklist(['chosen', 'marked'] as const),
    }),
  ),
};

export type ProjectionQuestions = typeof projectionQuestions;

/** Asks about the rows of one run. */
export type AskRows = <Q extends keyof ProjectionQuestions>(
  name: Q,
  args: v.InferInput<ProjectionQuestions[Q]['args']>,
) => Promise<AnswerTo<ProjectionQuestions[Q]>>;
