/** @file What LinEAS differentiates is the model: its values are the graph's, its gradients those of central differences. */
import { afterAll, describe, expect, it } from 'vitest';
import {
  evaluate,
  stream,
  type Graph,
  type HookPoint,
  type HostArray,
  type TensorType,
} from '../../../../native-models';
import { codeOf } from '../../../../native-models/testing/code-of';
import { expectClose } from '../../../../native-models/testing/expect-close';
import { languageFixtures } from '../../../../native-models/testing/language-fixture';
import { centralDifferences } from '../../../../native-models/testing/op-cases';
import type { HostTensor } from '../../../contract/compute';
import { makeMap } from '../../../steering/map';
import { selectHooks } from '../../hooks';
import { drawnMaps } from '../testing';
import { strengthFeeds } from '../strength';
import { measured, sortedRows } from './batches';
import { cutAtMaps } from './cut';
import { paddedFeeds, pooledGraph, pooledName, pooledValues } from './forward';
import { unitsOf } from '../fit/segment-model';
import { lineasProgram, targetInput, type LineasHook } from './program';
import { requireRoom } from './room';
import { drawnTexts, TinyHooked, weightsOf } from './testing';

const tiny = new TinyHooked();
afterAll(() => tiny.close());

/** Every text has a place of its own among padding. */
const TEXTS = drawnTexts('texts', 4, { longest: 5 });
const TARGET = drawnTexts('target', 4, { low: 30 });

function chosen(hooks: readonly HookPoint[], first: boolean): HookPoint[] {
  const has = (role: string) => hooks.some((hook) => hook.role === role);
  const roles = first ? ['norm_attn_in', 'norm_mlp_in', 'attn_out', 'mlp_act'] : ['q', 'v', 'resid_post'];
  return selectHooks(roles.filter(has).join(), hooks);
}

/** A model cut at drawn maps, with all that its program is fed. */
async function setUp(name: string, first: boolean) {
  const model = await tiny.open(name);
  const graph = pooledGraph(model, chosen(model.graph([]).hooks, first), { first, at: 'after' });
  const ids = graph.hooks.map(({ id }) => id);
  const cut = cutAtMaps(graph.model, graph.plan, ids.map(pooledName));
  const session = await tiny.open(name).then((opened) => opened.open(graph.model, 'basic'));
  const maps = drawnMaps(graph.hooks, { left: 1e9 });
  const feeds = strengthFeeds({ maps, lambda: 1, first }, graph.plan);
  const values = await pooledValues(session, graph, TEXTS, { feeds, batch: 8 });
  const target = await pooledValues(session, graph, TARGET, { feeds, batch: 8 });
  await session.close();
  const before = await model.open(cut.before, 'basic');
  const between = await before.run(
    Object.fromEntries(Object.entries(paddedFeeds(TEXTS)).filter(([key]) => before.inputNames.includes(key))),
  );
  await before.close();
  const hooks = graph.hooks.map(({ id }) =>
    measured(id, { source: values.get(id)!, target: target.get(id)! }),
  );
  return { graph, cut, maps, values, target, between, hooks };
}

const numbers = ({ data, dims }: HostTensor): HostArray => ({
  data: Array.from(data, Number),
  shape: [...dims],
});
const typesOf = (between: Record<string, HostTensor>) =>
  Object.fromEntries(
    Object.entries(between).map(([key, { type, dims }]): [string, TensorType] => [
      key,
      { dtype: type as TensorType['dtype'], shape: [...dims] },
    ]),
  );

/** The program's inputs at parameters [2, units] by hook, with a rate of 1 and nothing else that moves them. */
async function programOf(name: string, first: boolean) {
  const { graph, cut, maps, values, target, between, hooks } = await setUp(name, first);
  const program = lineasProgram(cut, {
    ...{ hooks, batch: TEXTS.length, optimiser: 'sgd', between: typesOf(between) },
    pooled: Object.fromEntries(hooks.map(({ id }) => [id, pooledName(id)])),
  });
  const given: Record<string, HostArray> = { ...(await weightsOf(name)) };
  for (const [key, tensor] of Object.entries(between)) {
    const { data, shape } = numbers(tensor);
    given[key] = { data, shape: [1, ...shape] };
  }
  const rows = Int32Array.from(TEXTS.keys());
  for (const { id, units } of hooks) {
    const data = sortedRows(target.get(id)!, rows);
    given[targetInput(id)] = { data, shape: [1, rows.length, units] };
    given[`parameters/${id}`] = {
      data: parameterOf(
        hooks.find((hook) => hook.id === id)!,
        maps,
      ),
      shape: [2, units],
    };
  }
  for (const [key, { shape }] of Object.entries({ ...program.hyper, ...program.schedule })) {
    const size = shape.reduce<number>((product, dim) => product * Number(dim), 1);
    const data = Array<number>(size).fill(key.startsWith('learningRate') ? 1 : 0);
    given[key] = { data, shape: shape.map(Number) };
  }
  given.step = { data: [0], shape: [] };
  return { program, given, graph, values, target, hooks };
}

function parameterOf(
  { id, units, mean, scale }: LineasHook,
  maps: ReturnType<typeof drawnMaps>,
): Float64Array {
  const map = makeMap(maps.find(({ hook }) => hook === id)!);
  return Float64Array.from({ length: 2 * units }, (_, at) => {
    const unit = at % units;
    const slope = map.w[unit]! - 1;
    return at < units ? slope : (map.beta[unit]! + slope * mean[unit]!) / scale;
  });
}

const models = [...languageFixtures, 'bert'] as const;
const cases = models.map((name, at) => ({ name, first: at % 2 === 0 }));

describe.each(cases)('$name with first tokens $first', ({ name, first }) => {
  it('has the loss of the graph’s own values, and the gradient of central differences', async () => {
    const { program, given, values, target, hooks } = await programOf(name, first);
    const found = evaluate(program.graph, given);
    const rows = Int32Array.from(TEXTS.keys());
    const expected = hooks.reduce((sum, { id, scale }) => {
      const [z, v] = [sortedRows(values.get(id)!, rows), sortedRows(target.get(id)!, rows)];
      return sum + z.reduce((all, value, at) => all + (value - v[at]!) ** 2, 0) / (rows.length * scale ** 2);
    }, 0);
    expectClose(found.loss!.data, [expected], { rtol: 1e-4 });
    // Some units of the first and of the last hook: behind the first lies the whole model.
    for (const { id, units } of [hooks[0]!, hooks.at(-1)!]) {
      const key = `parameters/${id}`;
      const at = given[key]!.data;
      const slopes = Float64Array.from(at, (value, k) => value - found[`next.${key}`]!.data[k]!);
      const places = stream(1, id)
        .permutation(2 * units)
        .slice(0, 2);
      const measuredSlopes = centralDifferences(
        Float64Array.from(places, (place) => at[place]!),
        (moved) => {
          const data = Float64Array.from(at);
          places.forEach((place, k) => (data[place] = moved[k]!));
          return evaluate(program.graph, { ...given, [key]: { ...given[key]!, data } }).loss!.data[0]!;
        },
      );
      const scale = Math.max(...slopes.map(Math.abs));
      expectClose(
        Float64Array.from(places, (place) => slopes[place]!),
        measuredSlopes,
        { rtol: 1e-4, atol: 1e-6 * scale },
      );
    }
  });
});

it('has products for what flows through the weights and none for the weights themselves', async () => {
  const { program, given } = await programOf('llama', true);
  const { body } = program.graph.nodes.find(({ op }) => op.name === 'Loop')!.attributes;
  const shapes = new Set(
    Object.entries(program.fixed)
      .filter(([, { shape }]) => shape.length === 2)
      .flatMap(([, { shape }]) => [shape.join(), [...shape].reverse().join()]),
  );
  const products = (body as Graph).nodes.filter(({ op }) => op.name === 'Gemm');
  expect(products.length).toBeGreaterThan(10);
  expect(products.filter(({ outputs }) => shapes.has(outputs[0]!.shape.join()))).toEqual([]);
  // Weights twice, and what a step keeps.
  const weights = Object.values(program.fixed).reduce(
    (sum, { shape }) => sum + 8 * Number(shape[0]) * Number(shape[1] ?? 1),
    0,
  );
  expect(requireRoom(program)).toBeGreaterThan(weights);
  expect(codeOf(() => requireRoom(program, weights))).toBe('lineas-memory');
  expect(Object.keys(given)).toEqual(expect.arrayContaining(Object.keys(program.fixed)));
});

it('says which operator it cannot differentiate', async () => {
  const model = await tiny.open('llama');
  const graph = pooledGraph(model, chosen(model.graph([]).hooks, true), { first: true, at: 'after' });
  const changed = {
    ...graph.model,
    graph: {
      ...graph.model.graph,
      node: graph.model.graph!.node!.map((node) =>
        node.opType === 'Softmax' ? { ...node, opType: 'Hardmax' } : node,
      ),
    },
  };
  const cut = cutAtMaps(
    changed,
    graph.plan,
    graph.hooks.map(({ id }) => pooledName(id)),
  );
  const { between, hooks } = await setUp('llama', true);
  const code = codeOf(() =>
    lineasProgram(cut, {
      ...{ hooks, batch: TEXTS.length, optimiser: 'sgd', between: typesOf(between) },
      pooled: Object.fromEntries(hooks.map(({ id }) => [id, pooledName(id)])),
    }),
  );
  expect(code).toBe('operator-unlifted');
  expect(unitsOf(graph.hooks[0]!)).toBeGreaterThan(8);
});
