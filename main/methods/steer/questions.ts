/** @file What the panel may ask of a run of Steer. */
import { steerQuestions } from '../../contract/steer';

export const questions = steerQuestions;

declare module '../../contract/query' {
  interface MethodQueries {
    steer: typeof questions;
  }
}
