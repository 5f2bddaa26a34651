/** @file One split of the table: the base model and its heads trained, and what they say of every part. */
import { openBaseModel, fitModel } from '../models';
import type { ConformalConfig } from '../config';
import { scoreById, scoresOfRun } from '../scores';
import type { Encoding } from '../../../tables/encode';
import type { PreparedTable } from '../../../tables/prepared';
import type { Split } from '../../../tables/rows';
import type { Arrays } from '../../../contract/define';
import type { FitContext, OpenBaseModel, Part, TableShape } from '../types';
import { dealRows, seedOf } from './deal';
import type { Predicted } from '../predicted';

export interface ModelledSplit {
  split: Split;
  encoding: Encoding;
  shape: TableShape;
  model: OpenBaseModel;
  /** Of the base model and its heads. */
  modelArrays: Arrays;
  predicted: Record<'fit' | 'calibration' | 'test', Predicted>;
}

/** What scores ask of the model together. */
function partsFor(scores: readonly string[]): Part[] {
  return [...new Set<Part>(['mean', ...scores.flatMap((id) => scoreById(id).needs)])];
}

/** Trains and predicts; null when stopped. With `modelArrays` nothing is trained. Close the model. */
export async function modelSplit(
  table: PreparedTable,
  config: ConformalConfig,
  seed: number,
  repeat: number,
  context: Omit<FitContext, 'shape' | 'seed'>,
  modelArrays?: Arrays,
): Promise<ModelledSplit | null> {
  const { split, encoding, shape } = dealRows(table, config, seed, repeat);
  // Every repeat trains from its own start.
  const fitContext = { ...context, shape, seed: seedOf(seed, repeat) };
  const modelConfig = table.given ? { ...config, base: 'column' as const } : config;
  const arrays =
    modelArrays ?? (await fitModel(fitContext, modelConfig, split, partsFor(scoresOfRun(config)), encoding));
  if (!arrays) return null;
  const model = await openBaseModel(context.compute, modelConfig, shape, arrays, encoding, context.userModel);
  try {
    const predict = async (part: 'fit' | 'calibration' | 'test'): Promise<Predicted> => ({
      rows: split[part],
      prediction: await model.predict(split[part]),
    });
    const predicted = {
      fit: await predict('fit'),
      calibration: await predict('calibration'),
      test: await predict('test'),
    };
    return { split, encoding, shape, model, modelArrays: arrays, predicted };
  } catch (error) {
    await model.close();
    throw error;
  }
}
