/** @file What the panel may ask of a run of Flows. Positions are in display coordinates: the data's own two columns, or the first two principal components. */
import { cloudQuestions, couplingQuestions, studyQuestions } from './questions/clouds';
import { imageQuestions } from './questions/images';
import { motionQuestions } from './questions/motion';

export const questions = {
  ...cloudQuestions,
  ...motionQuestions,
  ...imageQuestions,
  ...couplingQuestions,
  ...studyQuestions,
};

declare module '../../contract/query' {
  interface MethodQueries {
    flows: typeof questions;
  }
}
