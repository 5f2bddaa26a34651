/**
 * @file What turns images into features for the Fréchet distance: a classifier trained on the data's own labels, or fixed
 * random convolutions where there are none.
 *
 * Everything random about it is keyed by a hash of the images and labels, not by the run's seed, so that all runs on the
 * same data are judged by the same extractor. Training takes seconds and repeats bit for bit on a machine, so it is done
 * anew where it is not remembered.
 */
import { createHash } from 'node:crypto';
import { stream } from '../../../../native-models';
import type { Compute } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import {
  FEATURES,
  featureNetwork,
  fitFeatureNetwork,
  openFeatureNetwork,
  shareRight,
  type FeatureNetwork,
  type LabelledImages,
} from '../../../images/feature-network';
import { gatherRows } from '../../../numerics/gather';
import type { Parts } from '../../../training/parts';
import { shaped } from '../../../training/supervised';

/** Rows kept apart to tell how well the classifier does: a tenth, at most so many. */
const MOST_TEST_ROWS = 2000;
/** Extractors kept in memory: some hundred thousand numbers each. */
const REMEMBERED = 2;

export interface Extractor {
  /** As the distance is called: `lenet`, `random`, or the name of the user's file. */
  name: string;
  /** Numbers per image. */
  features: number;
  /** Share of test images that the classifier gets right; null where it is none. */
  accuracy: number | null;
  /** Images [n, dimension] in data units to [n, features]. */
  extract(images: Float32Array): Promise<Float32Array>;
  /** The extractor as an ONNX file: `x` [batch, dimension] to `features` [batch, features]; null for a file of the user. */
  model: Uint8Array | null;
  close(): Promise<void>;
}

/** The trained extractors by the hash of their data. */
const remembered = new Map<string, { parameters: Arrays; accuracy: number | null }>();

/** The extractor of this data, trained as a part of `parts`; null when stopped. */
export async function openExtractor(
  compute: Compute,
  data: LabelledImages,
  parts: Parts,
): Promise<Extractor | null> {
  const known = rowsWithLabels(data);
  if (known.length === 0) {
    const network = featureNetwork(data.image, RANDOM_CLASSES);
    return openWith(compute, data, 'random', network, shaped(network, network.initialise(0)), null);
  }
  const network = featureNetwork(data.image, data.classes);
  const key = dataKey(data);
  const before = remembered.get(key);
  if (before) return openWith(compute, data, 'lenet', network, before.parameters, before.accuracy);
  const seed = Number.parseInt(key.slice(0, 12), 16);
  const rows = stream(seed, 'flows.extractor.split')
    .permutation(known.length)
    .map((k) => known[k]!);
  const aside = Math.min(MOST_TEST_ROWS, Math.floor(known.length / 10));
  const parameters = await parts.run('extractor', (inner) =>
    fitFeatureNetwork(inner, data, rows.subarray(aside), seed),
  );
  if (!parameters) return null;
  const opened = await openWith(compute, data, 'lenet', network, parameters, null);
  const accuracy = aside > 0 ? await accuracyOf(opened, data, rows.subarray(0, aside)) : null;
  remembered.set(key, { parameters, accuracy });
  for (const old of [...remembered.keys()].slice(0, -REMEMBERED)) remembered.delete(old);
  return { ...opened, accuracy };
}

/** Of a network without training: they mean nothing. */
const RANDOM_CLASSES = 2;

async function openWith(
  compute: Compute,
  { matrix: { columns } }: LabelledImages,
  name: 'lenet' | 'random',
  network: FeatureNetwork,
  parameters: Arrays,
  accuracy: number | null,
) {
  const opened = await openFeatureNetwork(compute, columns, network, parameters);
  return { ...opened, name, features: FEATURES, accuracy };
}

async function accuracyOf(
  opened: Awaited<ReturnType<typeof openWith>>,
  { matrix, labels, classes }: LabelledImages,
  rows: Int32Array,
): Promise<number> {
  const { logits } = await opened.run(gatherRows(matrix.data, matrix.columns, rows));
  const truth = rows.map((row) => labels![row]!);
  return shareRight(logits, truth, classes);
}

/** Rows that have a label, where at least two classes have any; else none. */
function rowsWithLabels({ labels, matrix }: LabelledImages): Int32Array {
  if (!labels) return new Int32Array(0);
  const rows = Int32Array.from({ length: matrix.rows }, (_, row) => row).filter((row) => labels[row]! >= 0);
  return new Set(rows.map((row) => labels[row]!)).size > 1 ? rows : new Int32Array(0);
}

/** A hash of images, shape and labels. */
function dataKey({ matrix, image, labels }: LabelledImages): string {
  const hash = createHash('sha256').update(JSON.stringify(image)).update(matrix.data);
  if (labels) hash.update(labels);
  return hash.digest('hex');
}
