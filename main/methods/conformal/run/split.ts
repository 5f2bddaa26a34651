/** @file One split of the table: its rows encoded, the base model and its heads trained, and what they say of every part. */
import type { Arrays } from '../../../contract/define';
import { encodeSplit, type Split } from '../../../tables/encode';
import type { PreparedTable } from '../../../tables/prepare';
import { SPLIT_PARTS, splitRows, type SplitPart } from '../../../tables/split';
import type { ConformalConfig } from '../config';
import { fitModel, openBaseModel } from '../models';
import type { Predicted } from '../predicted';
import { scoreById, scoresOfRun } from '../scores';
import type { FitContext, OpenBaseModel, Part, TableShape } from '../types';

/** What a split is evaluated with. The seed is the run's; each repeat makes its own of it. */
export type SplitContext = Omit<FitContext, 'shape' | 'onProgress'> & {
  onProgress: (stage: string, share: number) => void;
};

/** Rows by part. */
export type Counts = Record<SplitPart, number>;

export interface ModelledSplit extends ReturnType<typeof encodedSplit> {
  model: OpenBaseModel;
  /** Of the base model and its heads. */
  modelArrays: Arrays;
  predicted: Record<'fit' | 'calibration' | 'test', Predicted>;
}

/** A seed of its own for each repeat. */
export function seedOf(seed: number, repeat: number): number {
  return (seed + repeat * 1_000_003) % Number.MAX_SAFE_INTEGER;
}

/** The rows of a repeat, standardised by its own training rows; the same again whenever they are asked for. */
export function encodedSplit(table: PreparedTable, config: ConformalConfig, seed: number, repeat: number) {
  const rows = splitRows(table.rows, config, seed, repeat);
  const shape: TableShape = { d: table.targets.length, features: table.names.length };
  return { ...encodeSplit(table, rows), shape };
}

export function countsOf(split: Split): Counts {
  return Object.fromEntries(SPLIT_PARTS.map((part) => [part, split[part].count])) as Counts;
}

/** Trains and predicts; null when stopped. With `modelArrays` nothing is trained. Close the model. */
export async function modelSplit(
  run: Omit<FitContext, 'shape'>,
  table: PreparedTable,
  config: ConformalConfig,
  repeat: number,
  modelArrays?: Arrays,
): Promise<ModelledSplit | null> {
  const { split, encoding, shape } = encodedSplit(table, config, run.seed, repeat);
  // Every repeat trains from its own start.
  const context = { ...run, shape, seed: seedOf(run.seed, repeat) };
  const modelConfig = table.given ? { ...config, base: 'column' as const } : config;
  const parts = new Set<Part>(['mean', ...scoresOfRun(config).flatMap((id) => scoreById(id).needs)]);
  const arrays = modelArrays ?? (await fitModel(context, modelConfig, split.train, parts, encoding));
  if (!arrays) return null;
  const model = await openBaseModel(context, modelConfig, arrays, encoding);
  try {
    const predicted: Partial<ModelledSplit['predicted']> = {};
    for (const part of ['fit', 'calibration', 'test'] as const)
      predicted[part] = { rows: split[part], prediction: await model.predict(split[part]) };
    return {
      ...{ split, encoding, shape, model, modelArrays: arrays },
      predicted: predicted as ModelledSplit['predicted'],
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}
