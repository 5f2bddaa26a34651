/** @file A whole model with its external weights, read in the process for foreign files and handed over as plain objects. */
import type { OpenedModel } from '../contract/opened';
import type { ForeignCall } from '../foreign/messages';
import { readExternalData } from './external-data';
import { onnxFileOf } from './onnx-folder';
import { readModel } from './read';

/** @throws what `readModel` and `readExternalData` throw */
export async function readContents(
  { path }: { path: string },
  call: ForeignCall<null>,
): Promise<OpenedModel> {
  const { model, sha256, path: absolute } = await readModel(path, () => call.update(null));
  return { sha256, model: await readExternalData(model, await onnxFileOf(absolute)) };
}
