/** @file The token that is told of, and where it stands on the page. */
import type { ShownToken } from './shown';

export interface ToldToken {
  token: ShownToken;
  box: DOMRect;
  /** Concept score; null where it is not shown or not known. */
  score: number | null;
}

/** The concept score at a place of a text. */
export type ScoreAt = (offset: number) => number | null;
