/** @file What every view knows of the engine: calls, events and whether it is there. */
import type {
  AnswerOf,
  ArgumentsOf,
  EngineApi,
  EngineInfo,
  MethodQueries,
  QuestionName,
  ViewApi,
} from '../../main/rpc/contract';

export interface EngineClient {
  readonly api: EngineApi;
  readonly info: EngineInfo;
  /** Calls `handler` at every event of that name; the answer stops it. */
  on<K extends keyof ViewApi>(event: K, handler: ViewApi[K]): () => void;
  /** Reactive: false while the engine cannot be reached. */
  readonly connected: boolean;
  /** Reactive: true while there is a server, but one that was started anew and wants its new link opened. */
  readonly sessionOver: boolean;
}

/** Asks about a run of a method: `ask(engine, 'flows', run.id, 'trajectories', { … })`, typed as the method declares it. */
export function ask<M extends keyof MethodQueries, Q extends QuestionName<M>>(
  { api }: Pick<EngineClient, 'api'>,
  _method: M,
  runId: string,
  query: Q,
  args: ArgumentsOf<M, Q>,
): Promise<AnswerOf<M, Q>> {
  // What crosses the wire has no type; the declaration that both sides are compiled with gives it one.
  return api.query(runId, query, args) as Promise<AnswerOf<M, Q>>;
}
