/** @file What every view knows of the engine: calls, events and whether it is there. */
import type { EngineApi, EngineInfo, ViewApi } from '../../main/rpc/contract';
import { EngineConnection } from './connection.svelte';
import { openChannel } from './channels';

export interface EngineClient {
  readonly api: EngineApi;
  readonly info: EngineInfo;
  /** Calls `handler` at every event of that name; the answer stops it. */
  on<K extends keyof ViewApi>(event: K, handler: ViewApi[K]): () => void;
  /** Reactive: false while the engine cannot be reached. */
  readonly connected: boolean;
}

/** Connects to the engine that served this page, and keeps the connection; resolves at the first greeting. */
export function connectEngine(): Promise<EngineClient> {
  return new EngineConnection(openChannel).ready;
}
