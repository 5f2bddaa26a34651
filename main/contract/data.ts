/** @file What a data set is to every other part: plain, serialisable descriptions and typed columns. */

export type DataFormat =
  'csv' | 'tsv' | 'jsonl' | 'json' | 'text' | 'npy' | 'npz' | 'idx' | 'cifar' | 'arff' | 'parquet' | 'images';

export type ColumnKind = 'number' | 'integer' | 'category' | 'text' | 'boolean' | 'date' | 'vector' | 'image';

/** What a column is used for. The reader guesses; the user corrects. */
export type Role = 'feature' | 'target' | 'label' | 'image' | 'text' | 'ignore';

export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

export interface ColumnInfo {
  name: string;
  kind: ColumnKind;
  role: Role;
  /** Numbers per row: 1 for scalars, the vector's length, or height·width·channels of an image. */
  width: number;
  /** Rows without a value. */
  missing: number;
  minimum?: number;
  maximum?: number;
  mean?: number;
  standardDeviation?: number;
  /** Distinct values, counted up to 1,000. */
  distinct?: number;
  /** The categories of a category column in code order; at most 1,000. */
  categories?: string[];
  image?: ImageShape;
}

export interface DatasetWarning {
  code: string;
  message: string;
}

export interface DatasetInfo {
  /** The first 16 hexadecimal digits of the file's SHA-256 (of the sorted entries' for a folder). */
  id: string;
  name: string;
  /** Absolute path on the engine's machine; the file is read in place and never modified. */
  path: string;
  format: DataFormat;
  compression: 'none' | 'gzip';
  bytes: number;
  sha256: string;
  rows: number;
  columns: ColumnInfo[];
  warnings: DatasetWarning[];
  /** Absolute paths of other files that were read into this data set, such as the labels beside IDX images. */
  linkedFiles?: string[];
  /** Set when the data set is one of the shipped samples. */
  sample?: string;
}

/** One table cell as a person reads it: a number, text, or nothing where the value is missing. Vectors and images are summarised as text. */
export type Cell = number | string | null;

/** A numeric matrix in row-major order, the form in which methods take their inputs. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array;
  /** One name per column, or one per source column where it is a vector or image. */
  names: string[];
  image?: ImageShape;
}

/** Category codes with the words they stand for; -1 where missing. */
export interface Labels {
  codes: Int32Array;
  names: string[];
}

/** A column of single values in full: numbers with NaN where missing, or categories with code −1 where missing. */
export type ColumnValues =
  { kind: 'numbers'; values: Float32Array } | { kind: 'categories'; codes: Int32Array; names: string[] };

/** A data set opened for reading. Made by `openDataset`; closed by whoever opened it. */
export interface Dataset {
  readonly info: DatasetInfo;
  /** Rows `offset … offset+count-1` of all columns, as cells. */
  rows(offset: number, count: number): Promise<Cell[][]>;
  /** Columns with role feature (or image), as one row-major matrix; rows with a missing value are left out and counted. */
  features(): Promise<{ matrix: Matrix; rowIndex: Uint32Array; skipped: number }>;
  /**
   * Every value of one column of single values, whatever its role; booleans are numbers. Throws `column-unknown`, and
   * `column-unsuitable` for text, dates, vectors and images.
   */
  column(name: string): Promise<ColumnValues>;
  /** The column with role label, or null. */
  labels(): Promise<Labels | null>;
  /** Pixels 0–255 of the given rows of the image column, row-major [row, height, width, channels]. */
  images(rows: readonly number[]): Promise<{ image: ImageShape; pixels: Uint8Array }>;
  close(): Promise<void>;
}
