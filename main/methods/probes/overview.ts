/** @file What a run has so far: its tasks, what is stored, the sweep, and the matrices of one family from block to block. */
import type { ProbeLayers, ProbeMatrix, ProbeOverview, ProbeSweep } from '../../contract/probes';
import { probeFamilies } from '../../contract/probes';
import type { QueryContext } from '../../contract/query';
import { offDiagonalMean } from '../../probes/geometry';
import { familiesOf, positionsOf, removedOf, type Inputs, type ProbesConfig } from './config';
import type { RunItems } from './items';
import { unpacked } from '../../disk/packed-json';
import { names, type RunFacts, type StoredSweep } from './stored';

type Context = QueryContext<ProbesConfig, unknown, Inputs>;

export async function overviewOf(context: Context, items: RunItems | null): Promise<ProbeOverview> {
  const { config, kept, keptNames } = context;
  const stored = await kept(names.facts);
  const facts = stored && unpacked<RunFacts>(stored);
  const families = familiesOf(config);
  const blocks = facts?.hooks ?? [];
  const positions = positionsOf(config);
  return {
    tasks: (items?.tasks ?? []).map(({ split, ...task }) => ({
      ...{
        name: task.name,
        mode: task.mode,
        items: task.items.length,
        given: task.given,
        baseRate: task.baseRate,
      },
      ...{ train: split.train.length, validation: split.validation.length, test: split.test.length },
      ...{ groupedBy: task.groupedBy, groups: new Set(task.items.map(({ group }) => group)).size },
    })),
    refused: items?.refused ?? [],
    blocks: blocks.map(({ block }) => block),
    positions,
    width: blocks[0]?.width ?? 0,
    families: [
      ...families,
      ...probeFamilies.filter((family) => !(families as readonly string[]).includes(family)),
    ],
    best: await bestOf(context, facts, items),
    protocol: {
      split: '60/20/20 by group',
      scores: config.scores,
      ...{ bootstrap: config.bootstrap, permutations: config.permutations },
      ...{ removed: removedOf(config), balanced: config.balance },
    },
    done: {
      places: keptNames.filter((name) => families.some((family) => name.startsWith(`place.${family}.`)))
        .length,
      of: families.length * blocks.length,
    },
  };
}

async function bestOf(
  context: Context,
  facts: RunFacts | null,
  items: RunItems | null,
): Promise<ProbeOverview['best']> {
  const kept = await context.kept(names.sweep);
  if (!kept || !facts || !items) return null;
  const { validation } = unpacked<StoredSweep>(kept);
  const means = meansOf(validation, items.tasks.length);
  if (means.some(Number.isNaN)) return null;
  const at = means.indexOf(Math.max(...means));
  const { positions, hooks } = facts;
  return {
    block: hooks[Math.floor(at / positions.length)]!.block,
    position: positions[at % positions.length]!,
    validation: means[at]!,
  };
}

export async function sweepOf(context: Context, items: RunItems): Promise<ProbeSweep> {
  const [facts, kept] = [await context.kept(names.facts), await context.kept(names.sweep)];
  const { hooks, positions } = facts ? unpacked<RunFacts>(facts) : { hooks: [], positions: [] };
  const size = hooks.length * positions.length * items.tasks.length;
  const empty = () => new Float64Array(size).fill(NaN);
  const { test, validation } = kept ? unpacked<StoredSweep>(kept) : { test: empty(), validation: empty() };
  return {
    family: familiesOf(context.config)[0]!,
    blocks: hooks.map(({ block }) => block),
    positions: [...positions],
    auc: meansOf(test, items.tasks.length),
    validation: meansOf(validation, items.tasks.length),
    byTask: test,
  };
}

/** Means over the last axis of a given size; NaN where one is missing. */
function meansOf(values: Float64Array, tasks: number): Float64Array {
  return Float64Array.from({ length: values.length / tasks }, (_, at) =>
    values.subarray(at * tasks, (at + 1) * tasks).reduce((sum, value) => sum + value / tasks, 0),
  );
}

export async function layersOf(
  context: Context,
  { family, position }: Pick<ProbeLayers, 'family' | 'position'>,
  items: RunItems,
): Promise<ProbeLayers> {
  const stored = await context.kept(names.facts);
  const blocks = stored ? unpacked<RunFacts>(stored).hooks.map(({ block }) => block) : [];
  const count = items.tasks.length;
  const each = () => new Float64Array(blocks.length).fill(NaN);
  const pairs = () => new Float64Array(blocks.length * count * count).fill(NaN);
  const out: ProbeLayers = {
    ...{ family, position, tasks: items.tasks.map(({ name }) => name), blocks },
    ...{ inTask: each(), crossTask: each(), cosineAbsolute: each(), halves: each() },
    ...{ silhouetteByTask: each(), silhouetteByLabel: each(), auc: pairs(), cosine: pairs() },
  };
  for (const [k, block] of blocks.entries()) {
    const name = names.place(family, block, position);
    const kept = context.keptNames.includes(name) ? await context.kept(name) : null;
    if (!kept) continue;
    const { summary, geometry, auc, cosine } = unpacked<ProbeMatrix>(kept);
    out.inTask[k] = summary.inTaskMean;
    out.crossTask[k] = summary.crossTaskMean;
    out.halves[k] = summary.halvesMean;
    out.silhouetteByTask[k] = geometry.silhouetteByTask;
    out.silhouetteByLabel[k] = geometry.silhouetteByLabel;
    out.auc.set(auc.values, k * count * count);
    if (!cosine) continue;
    out.cosine.set(cosine.plain, k * count * count);
    out.cosineAbsolute[k] = offDiagonalMean(cosine.plain, count, Math.abs);
  }
  return out;
}
