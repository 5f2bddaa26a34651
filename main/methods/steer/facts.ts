/** @file What a run knows of itself beside its maps and points, kept for its questions from the moment that texts are read. */
import type { SteerSide } from '../../contract/steer';
import type { SteeringRecipe } from '../../contract/steering';
import type { FitFacts } from './fit/fit';
import type { SideTexts, SteeredHook } from './stages';
import { chanceWarning } from './texts/texts';
import type { SteerConfig } from './config';

export interface RunFacts {
  model: string;
  source: SteerSide;
  target: SteerSide;
  offensive: boolean;
  /** In sentences. */
  notes: string[];
  /** Those that are steered, in the order of the model; empty until they are chosen. */
  hooks: SteeredHook[];
  leftOut: { id: string; role: string; layer: number | null; reason: string }[];
  /** The file that maps come from. */
  imported: string | null;
  fit: FitFacts | null;
  recipe: SteeringRecipe | null;
  lambdas: number[];
  /** Points of the sweep that there will be. */
  points: number;
  lexicon: string[];
  judge: { says: string; auc: number };
  neutral: string;
  /** `model_type` of the model; empty until it is open. */
  family: string;
}

export const noSide: SteerSide = { name: '', given: 0, fitted: 0, held: 0, warning: '' };

export function sideOf(
  { name, given, fit, train, test, calibration }: SideTexts,
  method: SteerConfig['method'],
): SteerSide {
  const held = train.length + test.length + calibration.length;
  return { name, given, fitted: fit.length, held, warning: chanceWarning(fit.length, method) };
}
