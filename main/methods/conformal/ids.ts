/** @file Names of scores, and what a guarantee is. */
import { SCORE_WORDS } from './scores/catalogue';

/** What a guarantee is worth: exact in finite samples, only in the limit of many, or none. */
export type Guarantee = 'exact' | 'asymptotic' | 'none';

export type ConformalScoreId = keyof typeof SCORE_WORDS;
/** Scores of sets of classes. */
export type ClassScoreId = 'otcp' | 'ip' | 'ms' | 'aps';
/** Scores of regression; of them the rank under a map has a form for classes too. */
export type ScoreId = Exclude<ConformalScoreId, Exclude<ClassScoreId, 'otcp'>>;

/** In the order in which they are shown. */
export const SCORE_IDS = (Object.keys(SCORE_WORDS) as ConformalScoreId[]).filter(
  (id): id is ScoreId => id !== 'ip' && id !== 'ms' && id !== 'aps',
);
