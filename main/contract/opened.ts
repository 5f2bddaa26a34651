/** @file What a running method gets of each of its inputs, typed from their declarations. */
import type { ModelProto } from '../../native-models/onnx/model';
import type { HostTensor } from './compute';
import type { Dataset } from './data';
import type { RunRecord } from './engine';
import type { InputDeclaration, InputDeclarations, InputKind } from './inputs';
import type {
  CaptureBatch,
  CaptureRequest,
  CaptureSummary,
  CertifyRequest,
  ContinueNews,
  ContinueRequest,
  ContinueResult,
  FitSteeringNews,
  FitSteeringRequest,
  FitSteeringResult,
  HookCertificate,
  LanguageAnswers,
  LanguageQuestion,
  LikelihoodNews,
  LikelihoodRequest,
  SteeringEffectsRequest,
  TextEffects,
} from './language';

/** A file, or the folder of a run, that is read when the method asks for it. */
export interface InputFile<T> {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  /** What is in it. @throws `data-changed` where it is not what the run was started with, and the codes of its reader */
  open(): Promise<T>;
}

export interface OpenedModel {
  /** Of the file. */
  sha256: string;
  /** The model with its external weights read in. */
  model: ModelProto;
}

/** A declared input or output of a model. */
export interface DeclaredValue {
  name: string;
  /** Null for what is no tensor. */
  type: string | null;
  /** A number, the name of a size that may vary, or null for one without a name; null altogether where the rank may vary. */
  dims: readonly (number | string | null)[] | null;
}

/** A session of a foreign model, in a process of its own. Owned by whoever opened it, who must close it. */
export interface ForeignSession {
  /** Of the file. */
  readonly sha256: string;
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  /**
   * The outputs of these names, by default all.
   * @throws the codes of a session's run, and `foreign-ended`, `foreign-time`, `foreign-memory` where the model cost its
   *   process; a later run opens it again
   */
  run(feeds: Record<string, HostTensor>, outputs?: readonly string[]): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

export interface ModelInput extends InputFile<OpenedModel> {
  /** Opens it on the CPU. @throws what `open` throws, and `session-create-failed` */
  openSession(options: { threads: number }): Promise<ForeignSession>;
  /**
   * It as a language model: of inputs that are declared to need one.
   * @throws `data-changed`, and the codes of `openCheckpoint`
   */
  language(options: { threads: number }): Promise<LanguageSession>;
}

/** What of a language model goes on for a while and tells as it goes: what it tells, and what it ends with. */
export interface LanguageWork {
  certify: { request: CertifyRequest; news: HookCertificate[]; result: HookCertificate[] };
  capture: { request: CaptureRequest; news: CaptureBatch; result: CaptureSummary };
  continue: { request: ContinueRequest; news: ContinueNews; result: ContinueResult };
  likelihood: { request: LikelihoodRequest; news: LikelihoodNews; result: { whole: boolean } };
  'steering-effects': { request: SteeringEffectsRequest; news: TextEffects; result: { whole: boolean } };
  'fit-steering': { request: FitSteeringRequest; news: FitSteeringNews; result: FitSteeringResult };
}

/** A language model, open in a process of its own; there is nothing to close. */
export interface LanguageSession {
  /** Of the files. */
  readonly sha256: string;
  /** @throws the codes of the question, and those of a process that ended */
  ask<Q extends LanguageQuestion>(question: Q): Promise<LanguageAnswers[Q['kind']]>;
  /**
   * Ends early, with what it has, where the signal aborts.
   * @throws the codes of the work, those of a process that ended, `foreign-stopped` where it did not stop in time
   */
  work<K extends keyof LanguageWork>(
    request: LanguageWork[K]['request'] & { kind: K },
    onNews: (news: LanguageWork[K]['news']) => void,
    signal?: AbortSignal,
  ): Promise<LanguageWork[K]['result']>;
}

export interface VectorArray {
  data: Float32Array | Float64Array;
  shape: readonly number[];
}

/** Arrays by name. The one array of an NPY file is `x`. */
export interface VectorsInput extends InputFile<Record<string, VectorArray>> {
  /** The file as it is, for formats that hold more than arrays, such as maps of steering. @throws as `open` */
  read(): Promise<Uint8Array>;
}

/** Rows of text. */
export type TextInput = InputFile<string[]>;

export interface OpenedRun {
  /** Null where only the run's files were kept. */
  record: RunRecord | null;
  /** Absolute paths of the files that the declaration names, in their order there, then by name and number. */
  files: readonly string[];
}

export type RunInput = InputFile<OpenedRun>;

interface Handed {
  dataset: Dataset;
  model: ModelInput;
  vectors: VectorsInput;
  text: TextInput;
  run: RunInput;
}

/** One opened input of any kind. */
export type OpenedInput = Handed[InputKind];

type HandedFor<D extends InputDeclaration> = D extends { several: true }
  ? readonly Handed[D['kind']][]
  : Handed[D['kind']];

/** Names of the inputs that are always there: what must be given, and lists, which may be empty. */
type Certain<I extends InputDeclarations> = {
  [N in keyof I]: I[N] extends { several: true } | { optional: false; onlyWhen?: undefined } ? N : never;
}[keyof I];

/** What a method with these declarations is handed, by name. */
export type InputsOf<I extends InputDeclarations> = string extends keyof I
  ? Inputs
  : { readonly [N in Certain<I>]: HandedFor<I[N]> } & {
      readonly [N in Exclude<keyof I, Certain<I>>]?: HandedFor<I[N]> | undefined;
    };

/** The same where the method is not known. */
export type Inputs = Readonly<Record<string, OpenedInput | readonly OpenedInput[] | undefined>>;
