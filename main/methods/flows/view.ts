/** @file Questions the Flows panel may ask of a run, and the answers' shapes. Positions are in display coordinates: the data's own two columns, or the first two principal components. */
export type * from './view/clouds';
export type * from './view/curves';
export type * from './view/images';
export type * from './view/motion';
