/** @file What the app gives every method's panel. */
import type {
  DatasetInfo,
  InputReference,
  Json,
  MethodInfo,
  ModelInfo,
  RunRecord,
} from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import type { LabWish } from '../../lab/wish';
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
  /** Names of what is chosen, in order. */
  chosen: (input: string) => readonly string[];
  /** Opens files as this input. */
  take: (input: string, files: readonly File[]) => Promise<void>;
  /** Opens the shipped samples that suggest the method as this input, and the shipped language model where none is chosen. */
  takeSamples: (input: string) => Promise<void>;
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
  /** Opens a file that the engine made as a data set. */
  onsubset?: (file: { name: string; bytes: Uint8Array }) => Promise<void>;
  /** What the next run is given beside the open data set. */
  inputs?: PanelInputs;
  /** Shows a model that a run was given in the lab. */
  onlab?: (model: InputReference, wish: LabWish) => Promise<void>;
  /** How to give a method a file as one of its inputs, and show that method; null where it has no such input. */
  ongive?: (
    method: string,
    input: string,
  ) => ((file: { name: string; bytes: Uint8Array }) => Promise<void>) | null;
  /** Puts a text on the clipboard and says so. */
  oncopy?: (text: string, what: string) => void;
}

/** What a method's own parts of the inspector are given. */
export interface AsideProps {
  engine: EngineClient;
  run: RunRecord;
}
