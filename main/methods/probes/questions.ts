/** @file What the panel may ask of probes. */
import { probeQuestions } from '../../contract/probes';

export const questions = probeQuestions;

declare module '../../contract/query' {
  interface MethodQueries {
    probes: typeof questions;
  }
}
