/** @file The models opened lately, as rows of a list. */
import { bytes, count } from '../../figures/format';
import type { Workspace } from '../state/workspace.svelte';

export function recentModels(workspace: Workspace, most: number) {
  return workspace.models.recent.slice(0, most).map((info) => ({
    id: info.id,
    name: info.name,
    path: info.path,
    detail: `${count(info.facts.nodes + info.facts.nodesInBodies)} nodes · ${bytes(info.bytes)}`,
    open: () => workspace.showModel(info),
  }));
}
