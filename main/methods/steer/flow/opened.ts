/** @file The flow of a run as it is steered: its exported network with the places to steer, the law of its noise, and the labelled images it was trained on. */
import { readFile } from 'node:fs/promises';
import { decodeModel, type ModelProto } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Dataset } from '../../../contract/data';
import type { DatasetReference } from '../../../contract/inputs';
import type { OpenedRun, RunInput } from '../../../contract/opened';
import { openDataset } from '../../../data';
import type { LabelledImages } from '../../../images/feature-network';
import { metadataOf, networkHooks, type NetworkHook } from '../../../models/network-hooks';

/** The images of the flow's data, by rows that have a label. */
export interface ClassImages extends LabelledImages {
  labels: Int32Array;
  names: string[];
  /** Of the data set. */
  name: string;
  sha256: string;
}

export interface OpenedFlow {
  model: ModelProto;
  /** Of the run, and SHA-256 of its record and network. */
  name: string;
  sha256: string;
  /** All places where it can be steered, in the order of computation. */
  hooks: NetworkHook[];
  /** The normal law of its noise by coordinate, in data units. */
  noise: { mean: readonly number[]; deviation: readonly number[] };
  /** Classes that the network takes; 0 where it generates all together. */
  told: number;
  /** w of the run's settings: v∅ + w·(v_class − v∅). */
  guidance: number;
  images: ClassImages;
}

/** A run of Flows, and its data where they are not where the run says. */
export interface FlowInputs {
  flow?: RunInput | undefined;
  images?: Dataset | undefined;
}

/**
 * @throws `input-missing`, `steer-flow-unfinished`, `steer-flow-source`, `steer-flow-data`, `labels-missing`, and the codes of
 *   `networkHooks` and of reading data
 */
export async function openFlow({ flow, images: given }: FlowInputs): Promise<OpenedFlow> {
  if (!flow)
    throw flowError('input-missing', 'a run of Flows is needed to steer one', {
      expected: 'a finished run of Flows on images with labels',
    });
  const opened = await flow.open();
  const [file] = opened.files;
  if (file === undefined)
    throw flowError('steer-flow-unfinished', 'this run has no trained network yet', {
      got: opened.record?.status,
      help: 'wait for the run of Flows, or resume it: artifacts/velocity.onnx is written at its end',
    });
  const model = decodeModel(await readFile(file));
  const hooks = networkHooks(model, file);
  const names = parsed<string[]>(model, 'monge.classes') ?? [];
  const guidance = Number(opened.record?.config.guidance ?? 1);
  const images = given ? await imagesOf(given) : await ownImages(opened);
  const noise = lawOf(model, images.matrix.columns);
  return {
    ...{ model, hooks, noise, guidance, images },
    name: flow.name,
    sha256: flow.sha256,
    told: names.length,
  };
}

function lawOf(model: ModelProto, columns: number): OpenedFlow['noise'] {
  const source = parsed<{ kind: string; mean?: number[]; standardDeviation?: number[] }>(
    model,
    'monge.source',
  );
  if (
    source?.kind !== 'normal' ||
    source.mean?.length !== columns ||
    source.standardDeviation?.length !== columns
  )
    throw flowError(
      'steer-flow-source',
      'only flows that start from noise, and on the images given, can be steered',
      {
        got: source ? `${source.kind}, ${source.mean?.length ?? 'no'} coordinates` : 'no law of the start',
        expected: `noise of ${columns} coordinates`,
      },
    );
  return { mean: source.mean, deviation: source.standardDeviation };
}

/** The data that the run was trained on, from where it says; what is there must be the same still. */
async function ownImages({ record }: OpenedRun): Promise<ClassImages> {
  const reference = record?.inputs.find(
    (found): found is DatasetReference => found.input === 'data' && found.kind === 'dataset',
  );
  if (!reference)
    throw flowError('steer-flow-data', 'this run does not say what it was trained on', {
      help: 'give the labelled images as the input images',
    });
  const { path, roles, sha256 } = reference;
  const dataset = await openDataset(path, { roles });
  try {
    if (sha256 !== '' && dataset.info.sha256 !== sha256)
      throw flowError('steer-flow-data', 'the data is no longer what the flow was trained on', {
        got: `SHA-256 ${dataset.info.sha256.slice(0, 16)}…`,
        expected: `${sha256.slice(0, 16)}…`,
        help: 'give the labelled images as the input images',
      });
    return await imagesOf(dataset);
  } finally {
    await dataset.close();
  }
}

async function imagesOf(dataset: Dataset): Promise<ClassImages> {
  const { matrix, rowIndex } = await dataset.features();
  const labels = await dataset.labels();
  const { image, columns } = matrix;
  if (!image)
    throw flowError('steer-flow-data', 'only flows of images are steered', {
      got: `${columns} columns without an image shape`,
      help: 'give an image column the role "image"',
    });
  if (!labels)
    throw flowError('labels-missing', 'the two classes are told by labels', {
      got: 'data without a label column',
      expected: 'a column with the role "label"',
      help: 'give the column of classes the role "label"',
    });
  const { name, sha256 } = dataset.info;
  const codes = Int32Array.from(rowIndex, (row) => labels.codes[row]!);
  return { matrix, image, labels: codes, names: labels.names, classes: labels.names.length, name, sha256 };
}

function parsed<T>(model: ModelProto, key: string): T | undefined {
  const text = metadataOf(model, key);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

export function flowError(
  code: string,
  what: string,
  more: { key?: string; got?: string; expected?: string; help?: string } = {},
): MongeError {
  const { key = 'flow', ...rest } = more;
  return new MongeError({ code, blame: 'input', what, where: { key }, ...rest });
}
