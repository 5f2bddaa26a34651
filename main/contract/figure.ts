/** @file A figure of a run is declared once: what it is called, what it can be asked for, and how it is drawn as a plain scene. */
import type { Scene } from '../../figures/scene';
import type { Inputs } from './opened';
import type { QueryContext } from './query';
import type { ConfigSchema, Json } from './schema';

export interface FigureDeclaration<C, A = Record<string, Json>, G = Inputs> {
  title: string;
  /** What it shows, in a line under its title. */
  help?: string;
  /** What a person can choose, with controls beside the figure. */
  args?: ConfigSchema<A>;
  /** The scene, from data and snapshots; null while there is nothing to draw. */
  draw(context: QueryContext<C, unknown, G>, args: A): Scene | null | Promise<Scene | null>;
}

/** Keeps the type of the arguments inside a declared figure: `weights: figure<Config>()({ title, draw })`. */
export function figureFor<C, G = Inputs>() {
  return <A = Record<string, Json>>(
    declared: FigureDeclaration<C, A, G>,
  ): FigureDeclaration<C, Record<string, Json>, G> =>
    declared as unknown as FigureDeclaration<C, Record<string, Json>, G>;
}

/** Names under which declared figures are asked for among a method's queries. */
export function figureQuery(name: string): string {
  return `figure.${name}`;
}
