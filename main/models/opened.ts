/** @file What an opened file turned out to be: a model, or the data set that a caller needs. */
import { MongeError } from '../../native-models/error';
import type { DatasetInfo } from '../contract/data';
import type { OpenedInfo } from '../contract/engine';
import type { ModelInfo } from '../contract/models';

export function isModelInfo(info: OpenedInfo): info is ModelInfo {
  return 'graphs' in info;
}

/** The data set of an opened file. @throws `model-not-data` */
export function datasetOf(info: OpenedInfo): DatasetInfo {
  if ('columns' in info) return info;
  throw new MongeError({
    code: 'model-not-data',
    what: `this is ${isModelInfo(info) ? 'a model' : `an input of kind ${info.format}`}, and a data set is needed`,
    where: { file: info.path },
    expected: 'a table, arrays, text or images',
    help: '`monge inspect` tells what the model is',
  });
}
