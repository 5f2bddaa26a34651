/** @file What the panel may ask of a run of Conformal sets. All numbers of targets are in data units unless said. */
import { classes, conditional, coverage, files, overview } from './questions/rows';
import { maps, sets } from './questions/sets';

export const questions = { ...overview, ...coverage, ...conditional, ...files, ...classes, ...sets, ...maps };

declare module '../../contract/query' {
  interface MethodQueries {
    conformal: typeof questions;
  }
}
