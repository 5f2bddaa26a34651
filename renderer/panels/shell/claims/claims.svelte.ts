/** @file The claims of a method as the panel knows them: declared, under way, and what came out. */
/* eslint-disable svelte/prefer-svelte-reactivity -- sets here are local to one call */
import type { ClaimInfo, ClaimRecord, ClaimsProgress, ErrorDetail } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { detailOf } from '../../../engine/error';

export class ClaimsState {
  list = $state.raw<readonly ClaimInfo[] | null>(null);
  progress = $state.raw<ClaimsProgress | null>(null);
  error = $state.raw<ErrorDetail | null>(null);
  readonly #method: string;
  readonly #engine: EngineClient;

  constructor(engine: EngineClient, method: string) {
    this.#engine = engine;
    this.#method = method;
  }

  get active(): boolean {
    return this.progress !== null && this.progress.state !== 'idle';
  }

  /** Listens for what the experiments do; the answer stops it. */
  listen(): () => void {
    return this.#engine.on('claimsChanged', (progress) => {
      if (progress.method !== this.#method) return;
      const before = this.progress;
      this.progress = progress;
      // A claim that is no longer under way has come to an end, and tells it when asked.
      if (progress.state === 'idle' || progress.claim !== before?.claim) void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    await this.#try(async () => {
      this.list = await this.#engine.api.claims(this.#method);
      this.progress = await this.#engine.api.claimsProgress(this.#method);
    });
  }

  /** Starts the quick or the full experiment of one claim, or of all. */
  async run(quick: boolean, id?: string): Promise<void> {
    await this.#try(async () => {
      this.progress = await this.#engine.api.runClaims(this.#method, { quick, ...(id && { ids: [id] }) });
    });
  }

  async stop(): Promise<void> {
    await this.#try(async () => {
      this.progress = await this.#engine.api.stopClaims(this.#method);
    });
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.error = null;
    } catch (thrown) {
      this.error = detailOf(thrown);
    }
  }
}

/** The outcome that counts: the full experiment's where there is one, else the quick one's. */
export function shownOutcome(claim: ClaimInfo): ClaimRecord | null {
  return claim.outcomes.find((one) => !one.quick) ?? claim.outcomes[0] ?? null;
}

/** Metrics that the arms of an outcome report, in first-seen order. */
export function metricsOf(outcome: ClaimRecord): string[] {
  return [...new Set(outcome.arms.flatMap((arm) => arm.numbers.map(({ metric }) => metric)))];
}

/** The line that runs a claim from a terminal. */
export function claimCommand(method: string, id: string, outcome: ClaimRecord | null): string {
  return outcome?.command ?? `monge claims ${method} --only ${id} --quick`;
}
