/** @file LinEAS (arXiv 2503.10679): the maps of all hooks learned together, by gradients through the frozen model. */
import type { HookPoint } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Session } from '../../../contract/compute';
import type { RowMatrix } from '../../../contract/projection';
import type { HookMap } from '../../../contract/steering';
import type { HookedModel } from '../../insides/runs';
import { identityFeeds, strengthFeeds } from '../strength';
import { measured } from './batches';
import { pooledGraph, pooledValues, type PooledGraph } from './forward';
import { LEAST_BATCH, type LineasSettings } from './settings';
import { LineasTraining } from './training';

/** Texts of one forward pass. */
const FORWARD_BATCH = 32;

export interface LineasRequest {
  /** Token ids of the texts of each side, at least `LEAST_BATCH`, none empty. */
  source: readonly (readonly number[])[];
  target: readonly (readonly number[])[];
  /** In the order of the model. */
  hooks: readonly HookPoint[];
  settings: LineasSettings;
  /** Where the maps begin; default at the identity. */
  initial?: readonly HookMap[];
}

export interface LineasStep {
  /** From 1. */
  step: number;
  steps: number;
  /** Before the step: mean over all units of W₂² ÷ the hook's variance. */
  loss: number;
  milliseconds: number;
}

export interface LineasFit {
  /** In the order of the hooks. */
  maps: HookMap[];
  /** Of every step. */
  losses: Float64Array;
  /** Pooled values by hook, [texts, units]: of the source as they come to its map, the others on; of the target, clean. */
  source: ReadonlyMap<string, RowMatrix>;
  target: ReadonlyMap<string, RowMatrix>;
  /** False where it was stopped. */
  whole: boolean;
}

export interface LineasNews {
  onStep?: (step: LineasStep) => void;
  shouldStop?: () => boolean;
}

/**
 * Learns w and β of every unit of the hooks, with the source texts run through the model with all maps on, and the target
 * texts through the model as it is. Weights are frozen. Stopped, it ends with the maps that there are.
 * @throws `lineas-texts` for too few texts, `lineas-memory`, `lineas-diverged`, `operator-unlifted` for graphs that cannot be differentiated,
 *   and the codes of hooks and sessions
 */
export async function fitLineas(
  model: HookedModel,
  request: LineasRequest,
  { onStep, shouldStop }: LineasNews = {},
): Promise<LineasFit> {
  const { settings, initial = [] } = request;
  const batch = batchOf(request);
  const { first } = settings;
  const reading = pooledGraph(model, request.hooks, { first, at: 'before' });
  const clean = identityFeeds(reading.plan);
  const { source, target } = await withSession(model, reading, async (session) => ({
    source: await pooledValues(session, reading, request.source, { feeds: clean, batch: FORWARD_BATCH }),
    target: await pooledValues(session, reading, request.target, { feeds: clean, batch: FORWARD_BATCH }),
  }));
  const hooks = request.hooks.map(({ id }) =>
    measured(id, { source: source.get(id)!, target: target.get(id)! }),
  );
  const graph = pooledGraph(model, request.hooks, { first, at: 'after' });
  const training = new LineasTraining(model, graph, {
    ...{ source: request.source, target, hooks, batch, settings },
  });
  const losses: number[] = [];
  let maps: HookMap[];
  try {
    await training.begin(initial);
    while (losses.length < settings.steps && !(shouldStop?.() ?? false)) {
      const started = performance.now();
      const loss = await training.step(losses.length);
      losses.push(loss);
      const milliseconds = performance.now() - started;
      onStep?.({ step: losses.length, steps: settings.steps, loss, milliseconds });
    }
    maps = training.maps();
  } finally {
    await training.close();
  }
  const feeds = strengthFeeds({ maps: whole(maps), lambda: 1, first }, reading.plan);
  const reached = await withSession(model, reading, (session) =>
    pooledValues(session, reading, request.source, { feeds, batch: FORWARD_BATCH }),
  );
  return {
    ...{ maps, target },
    source: reached,
    losses: Float64Array.from(losses),
    whole: losses.length === settings.steps,
  };
}

/** The same maps with every unit on, so that each has the parts of the plan; what is off is the identity anyway. */
const whole = (maps: readonly HookMap[]) =>
  maps.map((map) => ({ ...map, units: new Uint8Array(map.units.length).fill(1) }));

function batchOf({ source, target, settings }: LineasRequest): number {
  const texts = Math.min(source.length, target.length);
  if (texts >= LEAST_BATCH && settings.batch >= LEAST_BATCH) return Math.min(settings.batch, texts);
  throw new MongeError({
    code: 'lineas-texts',
    blame: 'input',
    what: 'too few texts to compare distributions',
    where: { key: texts < LEAST_BATCH ? 'texts' : 'batch' },
    got: texts < LEAST_BATCH ? `${source.length} and ${target.length} texts` : String(settings.batch),
    expected: `at least ${LEAST_BATCH} of each side`,
  });
}

async function withSession<T>(
  model: HookedModel,
  graph: PooledGraph,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await model.open(graph.model, 'extended');
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
