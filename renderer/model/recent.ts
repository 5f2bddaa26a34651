/** @file The models opened lately, as rows of a list. */
import { bytes, count, plural } from '../../figures/format';
import type { ModelInfo } from '../../main/rpc/contract';
import type { Workspace } from '../state/workspace.svelte';

const formatWords = { onnx: 'ONNX', gguf: 'GGUF', safetensors: 'safetensors' };

/** How much there is of a model: the type of a language model's weights, nodes of a graph, else tensors. */
export function sizeOf({ facts, checkpoint, format, language }: ModelInfo): string {
  if (language) return `${formatWords[format]} ${language.weights[0]?.type ?? ''}`;
  if (checkpoint) return plural(facts.initializers, 'tensor');
  return `${count(facts.nodes + facts.nodesInBodies)} nodes`;
}

export function recentModels(workspace: Workspace, most: number) {
  return workspace.models.recent.slice(0, most).map((info) => ({
    id: info.id,
    name: info.name,
    path: info.path,
    detail: `${sizeOf(info)} · ${bytes(info.bytes)}`,
    open: () => workspace.showModel(info),
  }));
}
