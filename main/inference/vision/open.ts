/** @file The preprocessing of a model of images, from the file beside its weights. */
import { weightsInFolder } from '../../models/checkpoint-folder';
import { jsonObject, textBeside } from '../../models/folder-texts';
import { preprocessingOf, usualPreprocessing, type Preprocessing } from './preprocessing';

/** Characters; real ones have some hundreds. */
const LARGEST = 2 ** 20;

/** `path` is that of the model, a folder or a file. @throws `preprocessing-unsupported`, `config-not-json`, `file-too-large` */
export async function openPreprocessing(
  path: string,
  size: { height: number; width: number },
): Promise<Preprocessing> {
  const found = await textBeside(await weightsInFolder(path), 'preprocessor_config.json', LARGEST);
  return found ? preprocessingOf(jsonObject(found), size) : usualPreprocessing(size);
}
