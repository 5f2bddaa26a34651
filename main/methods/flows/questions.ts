/** @file What the panel may ask of a run of Flows. Positions are in display coordinates: the data's own two columns, or the first two principal components. */
import { clouds, coupling, studies } from './questions/clouds';
import { images } from './questions/images';
import { motion } from './questions/motion';

export const questions = { ...clouds, ...motion, ...images, ...coupling, ...studies };

declare module '../../contract/query' {
  interface MethodQueries {
    flows: typeof questions;
  }
}
