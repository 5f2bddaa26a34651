/** @file A checkpoint as a language model of the service: its graphs are built here, from configuration and weights. */
import { basename } from 'node:path';
import { decoderReference, type LazyWeight } from '../../../native-models';
import { errorDetail, MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import type { ExactLevel } from '../../contract/language';
import { openCheckpoint, type Checkpoint } from '../../models/checkpoint';
import { describeModel } from '../../models/checkpoint-graph';
import { openInsides } from '../insides/open';
import { openLanguageModel } from '../language-model';
import { openPlainDecoding } from '../plain-decoding';
import { checkpointTokenizer } from '../tokenizer/of-checkpoint';
import { randomWeights } from '../random-weights';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { openPreprocessing } from '../vision/open';
import { Vision } from '../vision/vision';
import { weightFolder } from '../weight-cache';
import { tokenByToken, type LanguageBody } from './body';
import { factsOf } from './facts';
import type { OpenOptions } from './opened';

/**
 * Opens a checkpoint and reads its head, its tokenizer and no weights. A tokenizer that cannot be read is said in the
 * facts: its weights can be looked at all the same.
 * @throws `model-family`, `model-config`, `checkpoint-shape`, and the codes of `openCheckpoint`
 */
export async function openBuiltBody(
  path: string,
  compute: Compute,
  { threads, cacheFolder, randomWeights: seed }: OpenOptions,
): Promise<LanguageBody> {
  const checkpoint = await openCheckpoint(path);
  const described = describeModel(checkpoint.config);
  const { tokenizer, missing } = readTokenizer(checkpoint, described.kind === 'image');
  const drawn = seed === undefined ? '' : `, random ${seed}`;
  const source = seed === undefined ? checkpoint : randomWeights(checkpoint, seed);
  const folder = async (weights: readonly LazyWeight[], level: ExactLevel) =>
    weightFolder(await checkpoint.sha256(), weights, { folder: cacheFolder }, `${level} with hooks${drawn}`);
  const reading = { name: checkpoint.path, tokenizer, missing: missing ?? '', folder };
  const insides = openInsides(source, described, { ...reading, compute });
  const decoder = described.kind === 'decoder' ? described.config : null;
  const image = described.kind === 'image' ? described.config.image : null;
  const found = tokenizer ? { tokenizer, missing: null } : { tokenizer: null, missing };
  return {
    path: checkpoint.path,
    checkpoint,
    facts: factsOf(checkpoint, described, insides, found),
    insides,
    tokenizer,
    words: async (level) => {
      if (seed !== undefined) throw randomWords(checkpoint.path);
      return openLanguageModel(checkpoint.path, {
        ...{ level, threads, cacheFolder },
        use: level === '4-bit-4' ? 'chat' : 'exact',
      });
    },
    witnesses(level, ids) {
      if (!decoder) return { reference: async () => null, tolerance: 1e-4 };
      const because = 'it is the graph with hooks that is certified';
      const place = { because, level, folder: (weights: readonly LazyWeight[]) => folder(weights, level) };
      return {
        reference: async () => decoderReference(decoder, checkpoint, ids),
        cached: () => tokenByToken(openPlainDecoding(compute, decoder, checkpoint, place), ids),
        tolerance: 1e-4,
      };
    },
    ...(image && {
      image,
      vision: async () =>
        new Vision({
          ...{ insides, compute, image },
          preprocessing: await openPreprocessing(checkpoint.path, image),
          name: basename(checkpoint.path),
          sha256: () => checkpoint.sha256(),
        }),
    }),
    close: () => insides.close(),
  };
}

function readTokenizer(
  checkpoint: Checkpoint,
  image: boolean,
): { tokenizer: Tokenizer; missing: null } | { tokenizer: null; missing: string } {
  if (image) return { tokenizer: null, missing: 'a model of images reads no text' };
  try {
    return { tokenizer: checkpointTokenizer(checkpoint), missing: null };
  } catch (thrown) {
    const { what, where, got } = errorDetail(thrown);
    const file = where?.file === undefined ? undefined : basename(where.file);
    return { tokenizer: null, missing: [what, file, where?.key, got].filter(Boolean).join('; ') };
  }
}

function randomWords(file: string): MongeError {
  return new MongeError({
    code: 'random-weights-words',
    blame: 'input',
    what: 'a model with random weights is captured from and says no words',
    where: { file },
  });
}
