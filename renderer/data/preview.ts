/** @file What every view of a data set's rows is given. */
import type { DatasetInfo } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import type { Selection } from '../state/selection.svelte';

export interface PreviewProps {
  engine: EngineClient;
  dataset: DatasetInfo;
  selection: Selection;
}
