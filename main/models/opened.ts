/** @file What an opened file turned out to be: a model, or the data set that a caller needs. */
import { MongeError } from '../../native-models/error';
import type { DatasetInfo } from '../contract/data';
import type { ModelInfo } from '../contract/models';

export function isModel(info: DatasetInfo | ModelInfo): info is ModelInfo {
  return info.format === 'onnx';
}

/** The data set of an opened file. @throws `model-not-data` */
export function datasetOf(info: DatasetInfo | ModelInfo): DatasetInfo {
  if (!isModel(info)) return info;
  throw new MongeError({
    code: 'model-not-data',
    what: 'this is a model, and a data set is needed',
    where: { file: info.path },
    expected: 'a table, arrays, text or images',
    help: '`monge inspect` tells what the model is',
  });
}
