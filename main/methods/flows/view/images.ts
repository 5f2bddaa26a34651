/** @file Questions about generated images, and the answers' shapes. */
import type { FlowSolver, FlowTimeGrid } from './motion';

/** `samples`: images generated from the same noise at several evaluation counts (`samples-need-images` otherwise). */
export interface SamplesArguments {
  step: number | 'latest';
  solver: FlowSolver;
  evaluations: number[];
  count: number;
  noiseSeed: number;
  /** Uniform by default. */
  grid?: FlowTimeGrid;
}
export interface SamplesAnswer {
  step: number;
  image: { height: number; width: number; channels: number };
  evaluations: number[];
  count: number;
  /** [evaluations, count, height, width, channels], 0–255. */
  pixels: Uint8Array;
}
