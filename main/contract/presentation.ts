/** @file How a method presents itself: its icon, and its numbers and curves in a researcher's words. */

import { titled, type Words } from './schema';

/** Icons a method may take, by their names at lucide.dev; the view draws every one of them. */
export type IconName =
  | 'arrow-right-left'
  | 'atom'
  | 'binary'
  | 'blend'
  | 'boxes'
  | 'brain'
  | 'chart-line'
  | 'chart-scatter'
  | 'circle-dot-dashed'
  | 'compass'
  | 'eye'
  | 'flask-conical'
  | 'funnel'
  | 'gauge'
  | 'grid-3x3'
  | 'image'
  | 'layers'
  | 'message-square-text'
  | 'microscope'
  | 'network'
  | 'puzzle'
  | 'radar'
  | 'ruler'
  | 'scale'
  | 'scan-search'
  | 'search'
  | 'shield-check'
  | 'ship-wheel'
  | 'shuffle'
  | 'sigma'
  | 'sliders-horizontal'
  | 'target'
  | 'trees'
  | 'waypoints';

/**
 * What a value is read against: words, a number such as a chance level, or final metrics of the same run. A level that
 * depends on the settings or the data is reported as a metric and named here, so that it is kept with the run.
 */
export type MetricReference =
  | string
  | { word: string; value: number }
  /** With `to` the two are the ends of a band. */
  | { word: string; metric: string; to?: string };

/** A final number or a curve. */
export interface MetricDeclaration {
  /** A few words in lower case; in a family, `*` stands for the member. */
  title: string;
  /** A shorter title with its unit, for the heads of columns. */
  column?: string;
  /** One or two sentences; in a family, `*` stands for the member. */
  help?: string;
  unit?: string;
  better?: 'lower' | 'higher';
  reference?: MetricReference;
  /** One of the numbers that stand above the others; of many that a run has, the first three. */
  headline?: true;
  /** Left out of the table of numbers: it is another's reference, or of use in files and comparisons only. */
  listed?: false | 'above zero';
  /** Titles of a family's members, where their names are not words. */
  members?: Readonly<Record<string, string>>;
}

/** What a metric has besides its words. */
export type MetricTraits = Omit<MetricDeclaration, 'title' | 'help'>;

/** A metric with its title and help in one: `metric('loss: Mean squared error.', { better: 'lower' })`. */
export function metric(words: Words, traits: MetricTraits = {}): MetricDeclaration {
  return { ...titled(words), ...traits };
}

/**
 * By metric name, in reading order. A name that ends in `*` declares a family, such as `distance.nfe*`; a full name goes
 * before it. What is not declared is shown last, under its own name.
 */
export type MetricDeclarations = Readonly<Record<string, MetricDeclaration>>;

/** A metric as the view gets it. */
export interface MetricInfo extends MetricDeclaration {
  name: string;
}
