/** @file What the app gives every method's panel. */
import type { DatasetInfo, Json, MethodInfo, ModelInfo, RunRecord } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import type { SelectionLike } from '../../plots/selection';

/** Something that the next run is given. */
export interface GivenInput {
  id: string;
  name: string;
  dataset: DatasetInfo | null;
  model: ModelInfo | null;
}

/** What the next run is given, for panels in which that is chosen in the figures themselves. Failures become notices. */
export interface PanelInputs {
  given: (input: string) => GivenInput | null;
  /** What else there is; of inputs that are read as words only what has words. */
  choices: (input: string) => readonly { id: string; title: string }[];
  give: (input: string, id: string | null) => Promise<void>;
  open: (input: string, file: File) => Promise<void>;
  /** Gives a shipped sample, or, as a model, a shipped model. */
  openSample: (input: string, sample: string) => Promise<void>;
}

export interface PanelProps {
  engine: EngineClient;
  /** What the method declares: the words for its numbers and curves. */
  method?: MethodInfo | null;
  /** The shown run, or null before the first. */
  run: RunRecord | null;
  /** The open data set, or null when nothing was dropped yet. */
  dataset: DatasetInfo | null;
  /** Runs laid over the shown one. */
  compare: RunRecord[];
  /** Chosen rows of the data set; null where nothing can be chosen. */
  selection: SelectionLike | null;
  /** What the form says: the settings of the next run. */
  settings?: Readonly<Record<string, Json>>;
  /** All runs of the store, newest first, for figures over many runs. */
  runs?: RunRecord[];
  /** The tab that was shown last, where the panel has tabs. */
  tab?: string | null;
  /** Remembers a tab across reloads; without it the panel remembers by itself until it is closed. */
  ontab?: (tab: string) => void;
  /** Starts the shown run again with twice as many points to couple; null where that cannot be. */
  onrepeat?: (() => void) | null;
  /** Writes settings into the form of the next run and says so. */
  onuse?: (settings: Readonly<Record<string, Json>>) => void;
  /** The same without a word, where the panel shows what was changed. */
  onset?: (settings: Readonly<Record<string, Json>>) => void;
  inputs?: PanelInputs;
  /** Opens a file that the engine made as a data set. */
  onsubset?: (file: { name: string; bytes: Uint8Array }) => Promise<void>;
  /** Puts a text on the clipboard and says so. */
  oncopy?: (text: string, what: string) => void;
}
