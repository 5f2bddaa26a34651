/** @file What other views ask the lab to show of a model: a text, a cell of its map, a direction that they found. */
import type { InputReference, ModelInfo } from '../../main/rpc/contract';
import type { AppState } from '../state/app.svelte';
import { labOf } from './labs';

export interface LabWish {
  /** The text that stands there when left out. */
  text?: string;
  /** The cell to pin: its block, and its token counted from the end, 0 the last; null pins none. */
  layer: number;
  token: number | 'first' | null;
  /** In the units of the hook; cosines to it are mapped. */
  direction?: { name: string; values: Float32Array; hook: string };
}

/** Opens the model that a run was given, and shows what is wished for. A model that is gone is told in a notice. */
export async function openInLab(
  app: Pick<AppState, 'engine' | 'workspace' | 'notices'>,
  { name, path, sha256 }: InputReference,
  wish: LabWish,
): Promise<void> {
  const { api } = app.engine;
  try {
    const known = await api.model(sha256.slice(0, 16)).catch(() => null);
    const info = known ?? ((await api.openPath(path, 'model')) as ModelInfo);
    app.workspace.showModel(info);
    labOf(app.engine, info).grant(wish);
  } catch (thrown) {
    app.notices.fail(`Could not open ${name} in the lab`, thrown);
  }
}
