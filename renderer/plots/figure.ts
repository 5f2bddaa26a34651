/** @file What every figure can be given. */
import type { Snippet } from 'svelte';
import type { ErrorDetail } from '../../main/rpc/contract';

export interface FigureProps {
  /** The accessible name of the region and of its export menu; stays the same while the title changes. */
  name: string;
  /** The name when left out. */
  title?: string;
  /** What is shown: how many of how many, with which settings. */
  subtitle?: string;
  /** Toggles and buttons beside the title. */
  controls?: Snippet;
  error?: ErrorDetail | null;
  /** What is said while there is nothing to show. */
  empty?: string;
  /** Attributes that state what is drawn. */
  data?: Record<`data-${string}`, string | number>;
}

/** Pixels of a drawing. */
export interface DrawingSize {
  width: number;
  height: number;
}

/** A pixel of a drawing of this size. */
export interface DrawingPoint {
  x: number;
  y: number;
  size: DrawingSize;
}
