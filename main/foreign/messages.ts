/** @file What the engine and the process for foreign files say to each other, and what a caller has of that process. */
import type { ErrorDetail } from '../../native-models/error';

/** A request names its kind; everything in it is copied, typed arrays as bytes. Memory shared between threads cannot cross. */
export interface ForeignRequest {
  kind: string;
}

export type ToForeign = { call: number; request: ForeignRequest } | { stop: number };

/** `began` starts the clock of a call: what waits behind another one in the same thread is not late by its own fault. */
export type FromForeign =
  | { ready: true }
  | { call: number; began: true }
  | { call: number; update: unknown }
  | { call: number; value: unknown }
  | { call: number; error: ErrorDetail };

/** Of one kind of request, in seconds; what is left out is not limited. */
export interface CallLimits {
  /** From its beginning to its answer. */
  seconds?: number;
  /** Without a word: an update starts the time anew. For what may well take long. */
  silence?: number;
}

/** What a handler has beside its request. */
export interface ForeignCall<Update = unknown> {
  /** Aborts when the caller gives the call up; who does not look at it in time is ended. */
  readonly signal: AbortSignal;
  update(update: Update): void;
}

export type ForeignHandler<Request = unknown, Answer = unknown, Update = unknown> = (
  request: Request,
  call: ForeignCall<Update>,
) => Promise<Answer> | Answer;

/** One kind of request: its limits, known to the engine, and the code that answers it, loaded where it is first asked. */
export interface ForeignKind<Request = never, Answer = unknown, Update = unknown> {
  limits: CallLimits;
  load(): Promise<ForeignHandler<Request, Answer, Update>>;
}

export type ForeignKinds = Readonly<Record<string, ForeignKind>>;

export interface AskOptions {
  /**
   * Gives the call up: the child is asked to stop, and ended after a grace time. A `MongeError` as the reason is what the
   * call then throws, otherwise `foreign-stopped`.
   */
  signal?: AbortSignal;
  /** What the call is about, for its errors. */
  file?: string;
}

type RequestOf<K> = K extends ForeignKind<infer Request, infer _Answer, infer _Update> ? Request : never;
type AnswerOf<K> = K extends ForeignKind<infer _Request, infer Answer, infer _Update> ? Answer : never;
type UpdateOf<K> = K extends ForeignKind<infer _Request, infer _Answer, infer Update> ? Update : never;

/** A process that answers the kinds of requests of a table. */
export interface Foreign<Kinds extends ForeignKinds> {
  /** Whether it was asked before and still lives. */
  readonly started: boolean;
  /**
   * @throws what the other side throws, as a `MongeError`; `foreign-ended`, `foreign-time`, `foreign-memory` where the
   *   process ended or was ended, `foreign-interrupted` where another call was the cause, `foreign-not-started`;
   *   `foreign-stopped` for a call given up
   */
  ask<K extends keyof Kinds & string>(
    request: { kind: K } & RequestOf<Kinds[K]>,
    onUpdate?: (update: UpdateOf<Kinds[K]>) => void,
    options?: AskOptions,
  ): Promise<AnswerOf<Kinds[K]>>;
  /** Gives up what is under way and lets the process end; a later call starts a new one. */
  close(): Promise<void>;
}
