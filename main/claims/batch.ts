/** @file One batch of experiments: what it will train, and how far it is. */
import type { Claim } from '../contract/claim';
import type { MethodDefinition } from '../contract/define';
import type { RunRecord } from '../contract/engine';
import { missingNeeds } from './choose';
import { planTrainings, scaleOf, type PlannedTraining, type PlanningHost } from './plan';
import { Trainings, type TrainingHost } from './trainer';
import type { ClaimRecord, ClaimsProgress, ClaimsRequest } from '../contract/claims';

/** How a batch ended. */
export interface ClaimsResult {
  /** One per claim that was asked for and came to an end, in order; those without their data as 'not run'. */
  records: ClaimRecord[];
  stopped: boolean;
}

/** A claim that can be run, with its trainings. */
export interface Job {
  claim: Claim;
  planned: PlannedTraining[];
}

export interface Batch {
  method: MethodDefinition;
  request: ClaimsRequest;
  /** The claims asked for whose data is there, in order. */
  jobs: Job[];
  trainings: Trainings;
  underWay: Claim | null;
  /** The record of the run under way, as last heard. */
  record: RunRecord | null;
  state: 'running' | 'stopping';
  result: Promise<ClaimsResult>;
}

/** Plans all trainings, each once, and looks for those that exist. Throws what a wrong setting or data set throws. */
export async function prepareBatch(
  host: PlanningHost & TrainingHost,
  method: MethodDefinition,
  request: ClaimsRequest,
  chosen: readonly Claim[],
  changed: () => void,
): Promise<Batch> {
  const given = request.data ?? {};
  const jobs: Job[] = [];
  const others: Job[] = [];
  for (const claim of method.claims) {
    if (missingNeeds(claim, given).length > 0) continue;
    const wanted = claim.trainings(scaleOf(claim, request.quick, request.seeds));
    const job = { claim, planned: await planTrainings(host, method, wanted, given) };
    (chosen.includes(claim) ? jobs : others).push(job);
  }
  const all = new Map<string, PlannedTraining>();
  for (const { planned } of jobs)
    for (const training of planned) if (!all.has(training.key)) all.set(training.key, training);
  // A run is named after every claim that needs it, asked for now or not.
  for (const { claim, planned } of [...jobs, ...others])
    for (const { key } of planned) {
      const names = all.get(key)?.claims;
      if (names && !names.includes(claim.id)) names.push(claim.id);
    }
  const batch: Batch = {
    method,
    request,
    jobs,
    trainings: new Trainings(host, method.id, all, () => {
      batch.record = null;
      changed();
    }),
    underWay: null,
    record: null,
    state: 'running',
    result: Promise.resolve({ records: [], stopped: false }),
  };
  await batch.trainings.open(request.fresh ?? false);
  return batch;
}

/** How far a batch is, as views hear it. */
export function progressOf({
  method,
  request,
  jobs,
  trainings,
  underWay,
  record,
  state,
}: Batch): ClaimsProgress {
  const training = trainings.current?.planned.training;
  return {
    method: method.id,
    state,
    quick: request.quick,
    ids: jobs.map(({ claim }) => claim.id),
    claim: underWay?.id ?? null,
    trainings: trainings.total,
    done: trainings.done,
    run: trainings.current?.run ?? null,
    training: training ? `${training.recipe}, ${training.label}, seed ${training.seed}` : '',
    secondsLeft: trainings.secondsLeft(record),
  };
}

/** Nothing is going on. */
export function idle(method: string): ClaimsProgress {
  return {
    ...{ method, state: 'idle', quick: false, ids: [], claim: null },
    ...{ trainings: 0, done: 0, run: null, training: '', secondsLeft: null },
  };
}
