/** @file What the panel may ask of a run of Conformal sets. All numbers of targets are in data units unless said. */
import { rowQuestions } from './questions/rows';
import { mapQuestions, setQuestions } from './questions/sets';

export const questions = { ...rowQuestions, ...setQuestions, ...mapQuestions };

declare module '../../contract/query' {
  interface MethodQueries {
    conformal: typeof questions;
  }
}
