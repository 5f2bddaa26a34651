/** @file What the panel may ask of a capture: its rows as a cloud, its units, its texts. */
import { projectionQuestions } from '../../contract/projection';

export const questions = projectionQuestions;

declare module '../../contract/query' {
  interface MethodQueries {
    capture: typeof questions;
  }
}
