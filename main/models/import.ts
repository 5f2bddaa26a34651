/** @file Someone else's ONNX model for inference: read, judged before native code sees it, and run on named arrays. */
import { basename, resolve } from 'node:path';
import {
  decodeModel,
  elementTypeName,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { Compute, HostTensor, SessionOptions, UsedDevice } from '../contract/compute';
import type { ReferencedFile } from './referenced-file';
import { about, forRuntime, locateExternalData } from './external-data';
import { requireFeeds, type ValueDescription } from './feeds';
import { checkOrder, checkTensors } from './judge';
import { readModelFile } from './model-file';
import { onnxFileOf } from './onnx-folder';
import { runnable, runnableBytes, type LeftOut } from './runnable';
import { structureOf } from './structure';

export interface ImportedModel {
  /** Absolute. */
  path: string;
  bytes: Uint8Array;
  /** Decoded; weights in other files are not in it (`readExternalData` has them). */
  model: ModelProto;
  /** Files of external weights. */
  external: readonly ReferencedFile[];
  inputs: readonly ValueDescription[];
  /** Those that can be had, see `runnable`. */
  outputs: readonly ValueDescription[];
  leftOut: readonly LeftOut[];
}

/** An imported model with a session. Owned by whoever opened it, who must close it. */
export interface OpenModel {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Outputs of types that there are no arrays for. */
  readonly leftOut: readonly LeftOut[];
  readonly device: UsedDevice;
  /** Runs on one array per input. @throws the codes of `checkFeeds`, and `session-run-failed`. */
  run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

/** Newest versions that the bundled runtime (1.30) takes; its test asks the runtime itself. */
export const newestOpset = 26;
export const newestIrVersion = 13;

/** Domains of operators that the runtime has, besides the standard one. */
const knownDomains = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.microsoft.nchwc']);

/**
 * Reads an ONNX file and judges it: versions, operators, and external weights found beside it and long enough.
 * @throws `file-not-found`, `file-unreadable`, `file-too-large`, the `onnx-…` codes of the reader, `model-opset-too-new`,
 * `model-ir-too-new`, `model-operators-unknown`, `tensor-size`, `graph-cyclic`, `input-unsupported`, `outputs-unsupported`, `external-invalid`, `referenced-file-…`.
 */
export async function importModel(given: string): Promise<ImportedModel> {
  const path = await onnxFileOf(resolve(given));
  const read = await readModelFile(path);
  const whole = about(path, () => decodeModel(read));
  checkTensors(whole, path);
  checkVersions(whole, path);
  checkOperators(whole, path);
  checkOrder(structureOf(whole), whole, path);
  const judged = runnable(whole, path);
  const { model, leftOut } = judged;
  const bytes = runnableBytes(judged, read);
  const graph = model.graph!;
  const weights = new Set((graph.initializer ?? []).map(({ name }) => name));
  return {
    path,
    bytes,
    model,
    external: await locateExternalData(model, path),
    // Old models list their weights among the inputs.
    inputs: (graph.input ?? []).filter(({ name }) => !weights.has(name)).map(describeValue),
    outputs: (graph.output ?? []).map(describeValue),
    leftOut,
  };
}

/** Opens a session on an imported model. @throws `session-create-failed` with the runtime's own reason. */
export async function openModel(
  imported: ImportedModel,
  compute: Compute,
  options: Pick<SessionOptions, 'device' | 'threads' | 'strict'> = {},
): Promise<OpenModel> {
  const { inputs, outputs, leftOut, external, path } = imported;
  const { bytes, folder } = await forRuntime(imported, external);
  const session = await compute.open(bytes, { ...options, label: basename(path), folder });
  return {
    ...{ inputs, outputs, leftOut },
    get device() {
      return session.device;
    },
    async run(feeds) {
      requireFeeds(feeds, inputs, basename(path));
      return session.run(feeds);
    },
    close: () => session.close(),
  };
}

function checkVersions(model: ModelProto, path: string): void {
  const irVersion = Number(model.irVersion ?? 0);
  if (irVersion > newestIrVersion)
    throw new MongeError({
      code: 'model-ir-too-new',
      what: 'the file format of this model is newer than the runtime',
      where: { file: path },
      got: `IR version ${irVersion}`,
      expected: `at most ${newestIrVersion}`,
      help: 'export it again with an older version of the exporter or of its onnx package',
    });
  const opset = (model.opsetImport ?? []).find(({ domain }) => !domain || domain === 'ai.onnx');
  if (Number(opset?.version ?? 0) > newestOpset)
    throw new MongeError({
      code: 'model-opset-too-new',
      what: 'the operators of this model are newer than the runtime',
      where: { file: path },
      got: `opset ${String(opset?.version)}`,
      expected: `at most ${newestOpset}`,
      help: `export it again with opset_version=${newestOpset} or lower`,
    });
}

function checkOperators(model: ModelProto, path: string): void {
  const own = new Set((model.functions ?? []).map(({ domain, name }) => `${domain ?? ''}::${name ?? ''}`));
  const unknown = new Map<string, number>();
  const visit = (nodes: readonly NodeProto[]) => {
    for (const { domain = '', opType = '?', attribute = [] } of nodes) {
      const name = `${domain}::${opType}`;
      if (!knownDomains.has(domain) && !own.has(name)) unknown.set(name, (unknown.get(name) ?? 0) + 1);
      for (const { g, graphs } of attribute)
        for (const graph of [...(g ? [g] : []), ...(graphs ?? [])]) visit(graph.node ?? []);
    }
  };
  visit(model.graph?.node ?? []);
  for (const { node } of model.functions ?? []) visit(node ?? []);
  if (unknown.size === 0) return;
  const named = [...unknown].map(([name, count]) => (count > 1 ? `${name} (${count} times)` : name));
  throw new MongeError({
    code: 'model-operators-unknown',
    what: 'this model needs operators that the runtime does not have',
    where: { file: path, op: [...unknown.keys()][0] },
    got: named.slice(0, 20).join(', ') + (named.length > 20 ? ` and ${named.length - 20} more` : ''),
    expected: 'operators of ai.onnx, ai.onnx.ml or com.microsoft, or functions the model brings itself',
    help: 'export it without custom operators',
  });
}

/** A declared input or output. */
export function describeValue({ name = '', type }: ValueInfoProto): ValueDescription {
  const tensor = type?.tensorType;
  const dims = tensor?.shape
    ? (tensor.shape.dim ?? []).map(({ dimParam, dimValue }) =>
        // Exporters that know no names write −1 for an open size.
        dimParam ? dimParam : dimValue === undefined || Number(dimValue) < 0 ? null : Number(dimValue),
      )
    : null;
  return { name, type: tensor ? elementTypeName(tensor.elemType) : null, dims };
}
