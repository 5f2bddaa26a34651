/** @file What the app gives every method's panel. */
import type { DatasetInfo, RunRecord } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import type { SelectionLike } from '../plots/selection';

export interface PanelProps {
  engine: EngineClient;
  /** The shown run, or null before the first. */
  run: RunRecord | null;
  /** The open data set, or null when nothing was dropped yet. */
  dataset: DatasetInfo | null;
  /** Runs laid over the shown one. */
  compare: RunRecord[];
  /** Chosen rows of the data set; null where nothing can be chosen. */
  selection: SelectionLike | null;
}
