/** @file The models of one process: read when first asked about, a few kept, every question about them answered. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import { hashFiles } from '../disk/files';
import type { ForeignCall } from '../foreign/messages';
import { describeCheckpoint } from './checkpoint-facts';
import { modelFacts } from './facts';
import { checkOrder } from './judge';
import { findNodes, nodeInfo } from './node';
import type { ModelProfile } from './profile';
import { looksLikeCheckpoint, looksLikeOnnx, readModel } from './read';
import { structureOf, type ModelStructure } from './structure';
import { nodesCsv } from './table';
import type {
  ModelInfo,
  ModelNodeInfo,
  ModelView,
  ModelViewRequest,
  NodeHit,
  StoredTensor,
} from '../contract/models';
import { BlockModel, viewModel } from './view';

/** Models whose structure and weights are kept in memory. */
const KEPT = 2;
/** A main graph with at most this many nodes beside its Loop is little more than that Loop. */
const FEW_BESIDE = 40;

export type ModelQuestion =
  | { kind: 'info' }
  | { kind: 'view'; request: ModelViewRequest }
  | { kind: 'node'; index: number }
  | { kind: 'find'; text: string }
  | { kind: 'table'; graph: number }
  | { kind: 'tensors' };

export interface ModelAnswers {
  info: ModelInfo;
  view: ModelView;
  node: ModelNodeInfo;
  find: NodeHit[];
  table: string;
  tensors: StoredTensor[];
}

/** A question as it is asked of the process for foreign files; `id` null opens the file, `profile` adds its times. */
export interface AskedModel {
  path: string;
  id: string | null;
  ask: ModelQuestion;
  profile: ModelProfile | null;
}

interface Kept {
  info: ModelInfo;
  blocks: BlockModel;
  /** Of a checkpoint. */
  tensors: StoredTensor[];
}

/** The handler of that process. */
export function modelQuestions(): (request: AskedModel, call: ForeignCall<null>) => Promise<unknown> {
  const models = new OpenModels();
  return ({ path, id, ask, profile }, call) => models.answer(path, id, ask, profile, () => call.update(null));
}

export class OpenModels {
  /** In order of last use. */
  readonly #kept = new Map<string, Kept>();

  /**
   * Answers a question about the model at `path`; `id` is the hash it is known by, null when it is being opened.
   * @throws what `readModel` throws, `data-changed` where the file now holds another model
   */
  async answer(
    path: string,
    id: string | null,
    ask: ModelQuestion,
    profile: ModelProfile | null,
    onProgress?: () => void,
  ): Promise<unknown> {
    const { info, blocks, tensors } = await this.#find(path, id, onProgress);
    switch (ask.kind) {
      case 'info':
        return info;
      case 'view':
        return viewModel(blocks, ask.request, profile);
      case 'node':
        return nodeInfo(blocks, ask.index, profile);
      case 'find':
        return findNodes(blocks, ask.text);
      case 'table':
        return nodesCsv(blocks, ask.graph, profile);
      case 'tensors':
        return tensors;
    }
  }

  async #find(path: string, id: string | null, onProgress?: () => void): Promise<Kept> {
    const known = id === null ? undefined : this.#kept.get(id);
    const found = known ?? (await load(path, onProgress));
    if (id !== null && found.info.id !== id)
      throw new MongeError({
        code: 'data-changed',
        blame: 'input',
        what: 'the file holds another model than when it was opened',
        where: { file: path },
        got: `SHA-256 ${found.info.id}…`,
        expected: `${id}…`,
        help: 'open the file again',
      });
    this.#kept.delete(found.info.id);
    this.#kept.set(found.info.id, found);
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(key);
    }
    return found;
  }
}

async function load(path: string, onProgress?: () => void): Promise<Kept> {
  // A folder is no ONNX model: what is wrong with it as a checkpoint is the answer.
  if (!(await looksLikeOnnx(path)) && ((await isFolder(path)) || (await looksLikeCheckpoint(path))))
    return loadCheckpoint(path, onProgress);
  const { model, ...file } = await readModel(path, onProgress);
  const structure = structureOf(model);
  checkOrder(structure, model, file.name);
  const { graphs, mainBody } = graphsOf(structure);
  const info: ModelInfo = {
    ...file,
    id: file.sha256.slice(0, 16),
    format: 'onnx',
    facts: modelFacts(model, file.path),
    graphs,
    mainBody,
  };
  return { info, blocks: new BlockModel(structure), tensors: [] };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** A checkpoint is shown by its tensors and, where it is known how to build it, by its graph. */
async function loadCheckpoint(given: string, onProgress?: () => void): Promise<Kept> {
  const path = resolve(given);
  const { facts, tensors, checkpoint, model } = await describeCheckpoint(path);
  const sha256 = await hashFiles(checkpoint?.files ?? facts.files, [], onProgress);
  const structure = structureOf(model);
  const { graphs, mainBody } =
    checkpoint && model.graph?.node ? graphsOf(structure) : { graphs: [], mainBody: null };
  const info: ModelInfo = {
    id: sha256.slice(0, 16),
    name: basename(path),
    path,
    format: facts.format,
    bytes: facts.bytes,
    sha256,
    facts: { ...modelFacts(model, path), initializers: tensors.length, parameters: facts.parameters },
    checkpoint: facts,
    graphs,
    mainBody,
  };
  return { info, blocks: new BlockModel(structure), tensors };
}

/** The graphs of a model, and the body that holds nearly all of it, where there is one. */
export function graphsOf(structure: ModelStructure): Pick<ModelInfo, 'graphs' | 'mainBody'> {
  const graphs = structure.graphs.map(({ id, title, nodes, parent }) => ({
    id,
    title,
    nodes: nodes.length,
    parent,
  }));
  const main = structure.graphs[0]!;
  const bodies = main.nodes.flatMap((index) => structure.nodes[index]!.bodies);
  const [only] = bodies;
  const inside = only ? structure.graphs[only.graph]!.nodes.length : 0;
  const alone = bodies.length === 1 && main.nodes.length <= FEW_BESIDE && inside > main.nodes.length;
  return { graphs, mainBody: alone ? only!.graph : null };
}
