/** @file Runs a method's claims over the engine, one batch at a time: progress for the views, outcomes on disk, stops at any time. */
import { errorDetail, MongeError } from '../../native-models/error';
import { findMethod } from '../jobs/find-method';
import type { Claim } from '../contract/claim';
import type { MethodDefinition } from '../contract/define';
import type { RunRecord } from '../contract/engine';
import { idle, prepareBatch, progressOf, type Batch, type ClaimsResult, type Job } from './batch';
import { chooseClaims, missingNeeds, withoutData } from './choose';
import { claimsCommand } from './command';
import { describeMachine } from './machine';
import { scaleOf, type PlannedTraining, type PlanningHost } from './plan';
import { OutcomeStore } from './store';
import type { TrainingHost } from './trainer';
import type { ClaimInfo, ClaimRecord, ClaimsApi, ClaimsProgress, ClaimsRequest } from '../contract/claims';

/** What experiments need of the engine. */
export interface ClaimsHost extends PlanningHost, TrainingHost {
  methods: readonly MethodDefinition[];
  runsFolder: string;
  threads: number;
  changed(progress: ClaimsProgress): void;
}

export class ClaimsRunner implements ClaimsApi {
  private readonly store: OutcomeStore;
  private batch: Batch | null = null;
  private starting = false;
  private last: { method: string; result: Promise<ClaimsResult> } | null = null;

  constructor(private readonly host: ClaimsHost) {
    this.store = new OutcomeStore(host.runsFolder);
  }

  async claims(id: string): Promise<ClaimInfo[]> {
    const method = findMethod(this.host.methods, id);
    return Promise.all(
      method.claims.map(async (claim) => ({
        id: claim.id,
        statement: claim.statement,
        source: claim.source,
        gate: claim.gate,
        needs: [...(claim.needs ?? [])],
        trainings: {
          quick: claim.trainings(scaleOf(claim, true)).length,
          full: claim.trainings(scaleOf(claim, false)).length,
        },
        outcomes: await this.store.of(id, claim.id),
      })),
    );
  }

  async claimsProgress(id: string): Promise<ClaimsProgress> {
    findMethod(this.host.methods, id);
    return this.progressOf(id);
  }

  async runClaims(id: string, request: ClaimsRequest): Promise<ClaimsProgress> {
    if (this.batch || this.starting)
      throw new MongeError({
        code: 'claims-active',
        what: 'experiments are under way already',
        where: { key: this.batch?.method.id ?? id },
        help: 'wait for them or stop them',
      });
    this.starting = true;
    try {
      const method = findMethod(this.host.methods, id);
      const chosen = chooseClaims(method, request);
      const batch = await prepareBatch(this.host, method, request, chosen, () => this.tell(id));
      this.batch = batch;
      batch.result = this.work(batch, chosen).finally(() => {
        this.batch = null;
        this.tell(id);
      });
      // Whoever waits hears of a failure; one that nobody waits for must not end the process.
      batch.result.catch(() => undefined);
      this.last = { method: id, result: batch.result };
      this.tell(id);
      return this.progressOf(id);
    } finally {
      this.starting = false;
    }
  }

  async stopClaims(id: string): Promise<ClaimsProgress> {
    findMethod(this.host.methods, id);
    const { batch } = this;
    if (batch?.method.id === id) {
      batch.state = 'stopping';
      this.tell(id);
      await batch.trainings.stop();
    }
    return this.progressOf(id);
  }

  /** Resolves when the batch of this method, under way or last, has ended; null where there was none. */
  async wait(id: string): Promise<ClaimsResult | null> {
    return this.last?.method === id ? this.last.result : null;
  }

  /** What the run under way reports counts towards the time left. */
  heard(record: RunRecord): void {
    const { batch } = this;
    if (!batch || batch.trainings.current?.run !== record.id) return;
    batch.record = record;
    this.tell(batch.method.id);
  }

  /** Stops what is under way and waits for it. */
  async close(): Promise<void> {
    const { batch } = this;
    if (!batch) return;
    await this.stopClaims(batch.method.id);
    await batch.result.catch(() => undefined);
  }

  private async work(batch: Batch, chosen: readonly Claim[]): Promise<ClaimsResult> {
    const records: ClaimRecord[] = [];
    for (const claim of chosen) {
      const job = batch.jobs.find((one) => one.claim === claim);
      if (!job) {
        records.push(
          await this.record(batch, claim, [], {
            ...empty,
            sentence: withoutData(missingNeeds(claim, batch.request.data ?? {})),
            error: null,
          }),
        );
        continue;
      }
      if (batch.state === 'stopping') return { records, stopped: true };
      batch.underWay = claim;
      this.tell(batch.method.id);
      const runs: RunRecord[] = [];
      let outcome: Outcome;
      try {
        outcome = { ...(await this.judge(batch, job, runs)), error: null };
      } catch (thrown) {
        const error = errorDetail(thrown);
        if (error.code === 'claims-stopped') return { records, stopped: true };
        outcome = { ...empty, sentence: `not run: ${error.what}`, error };
      }
      const record = await this.record(batch, claim, runs, outcome);
      await this.store.save(batch.method.id, record);
      records.push(record);
    }
    return { records, stopped: false };
  }

  private judge(batch: Batch, { claim, planned }: Job, runs: RunRecord[]) {
    const { quick, seeds } = batch.request;
    return claim.run({
      ...scaleOf(claim, quick, seeds),
      train: async (training) => {
        const known = planned.find((one) => isSame(one.training, training));
        if (!known)
          throw new MongeError({
            code: 'claim-training-undeclared',
            what: 'the experiment asks for a training that it did not declare',
            where: { key: `${claim.id}: ${training.recipe}, ${training.label}, seed ${training.seed}` },
          });
        const run = await batch.trainings.train(known.key);
        if (!runs.some(({ id }) => id === run.id)) runs.push(run);
        return { run: run.id, metrics: run.metrics };
      },
    });
  }

  private async record(
    batch: Batch,
    claim: Claim,
    runs: readonly RunRecord[],
    outcome: Outcome,
  ): Promise<ClaimRecord> {
    const { quick, seeds, data = {} } = batch.request;
    const own = (claim.needs ?? []).map(({ name }) => name).filter((name) => Object.hasOwn(data, name));
    const wanted = Object.fromEntries(own.map((name) => [name, data[name]!]));
    const given = await this.host.plannedInputs({}, wanted);
    const sets = given.map(({ reference: { input, path, sha256 } }) => ({ name: input, path, sha256 }));
    return {
      ...outcome,
      id: claim.id,
      quick,
      finished: new Date().toISOString(),
      seconds: runs.reduce((sum, run) => sum + run.seconds, 0),
      machine: describeMachine(this.host.threads),
      versions: { ...this.host.versions },
      data: sets,
      command: claimsCommand(batch.method.id, { quick, only: [claim.id], seeds, data: sets }),
    };
  }

  private tell(method: string): void {
    this.host.changed(this.progressOf(method));
  }

  private progressOf(method: string): ClaimsProgress {
    const { batch } = this;
    return batch?.method.id === method ? progressOf(batch) : idle(method);
  }
}

type Outcome = Omit<
  ClaimRecord,
  'id' | 'quick' | 'finished' | 'seconds' | 'machine' | 'versions' | 'data' | 'command'
>;

const empty = { verdict: 'not run' as const, seeds: [], arms: [], tests: [] };

function isSame(left: PlannedTraining['training'], right: PlannedTraining['training']): boolean {
  return left.recipe === right.recipe && left.label === right.label && left.seed === right.seed;
}
