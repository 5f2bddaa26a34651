/** @file Linear probe: how well one linear map of the features tells the classes of a labelled table apart. */
import * as v from 'valibot';
import { adamw, crossEntropy, float32, int32, linear } from '../../../native-models';
import { linearParameters, module, stream } from '../../../native-models';
import { defineMethod, type Arrays } from '../../../main/contract/define';
import { input } from '../../../main/contract/inputs';
import type { InputsOf } from '../../../main/contract/opened';
import { queryFor, type StoredRun } from '../../../main/contract/query';
import { object, section } from '../../../main/contract/schema';
import { gatherRows } from '../../../main/numerics/gather';
import { encodeSplit } from '../../../main/tables/encode';
import { prepareTable } from '../../../main/tables/prepare';
import { splitRows } from '../../../main/tables/split';
import { loopMetrics, trainLoop } from '../../../main/training/loop';

const BATCH = 64;
const MOST = { trainRows: 1e6, calibrationRows: 1e6, testRows: 1e5 };
const [probe] = section('Probe');

const config = object({
  label: probe('Label: The column of classes.').columns(['last:1']),
  steps: probe('Steps: Updates of the map.').integer(500, [1, 1e6, 'log']),
  learningRate: probe('Learning rate: Size of an update.').real(0.01, [1e-6, 1, 'log']),
});
const inputs = {
  table: input('Table: Features and a column of classes.', {
    kind: 'dataset',
    optional: false,
    needs: 'table',
  }),
};

type Config = ReturnType<typeof config.parse>;
type Given = InputsOf<typeof inputs>;
type Prepared = Awaited<ReturnType<typeof prepare>>;

/** The rows to learn from and to test on: the same ones whenever a run is opened. */
async function prepare(run: Pick<StoredRun<Config, Given>, 'inputs' | 'config' | 'seed'>) {
  const { label } = run.config;
  const table = await prepareTable(run.inputs.table, {
    targets: label,
    features: [],
    predictions: [],
    base: '',
  });
  const rows = splitRows(table.rows, { splits: '70/5/5/20', order: 'random', ...MOST }, run.seed, 0);
  return { ...encodeSplit(table, rows).split, classes: table.classes!.length, width: table.names.length };
}

/** [true class][predicted class] counts of the test rows; the prediction has the largest score x·W + b. */
function confusionOf({ test, classes, width }: Prepared, arrays: Arrays): number[][] {
  const [weight, bias] = [arrays['probe.weight']!.data, arrays['probe.bias']!.data];
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < test.count; row++) {
    const x = test.x.subarray(row * width, (row + 1) * width);
    const scores = Array.from(bias, (one, k) =>
      x.reduce((sum, xj, j) => sum + xj * weight[j * classes + k]!, one),
    );
    counts[test.y[row]!]![scores.indexOf(Math.max(...scores))]! += 1;
  }
  return counts;
}

export const linearProbe = defineMethod({
  id: 'linear-probe',
  title: 'Probe',
  summary: 'Tells the classes of a labelled table apart by one linear map of its features.',
  cite: 'arXiv:1610.01644',
  icon: 'ruler',
  inputs,
  config,
  prepare,
  async run(context, given, settings) {
    const { seed, device } = context;
    const prepared = await prepare({ inputs: given, config: settings, seed });
    const { train, test, classes, width } = prepared;
    const network = module(linearParameters('probe', width, classes));
    const trained = await trainLoop(context, {
      ...{ label: 'probe', device, steps: settings.steps, snapshots: true },
      program: {
        ...{ name: 'probe', parameters: network.parameters, optimiser: adamw() },
        stream: { x: float32(BATCH, width), y: int32(BATCH) },
        loss: (parameters, { x, y }) => crossEntropy(linear(parameters, 'probe', x!), y!),
      },
      start: () => network.initialise(seed),
      fill(step, { x, y }) {
        const rows = stream(seed, 'probe.batch', step).integers(new Int32Array(BATCH), train.count);
        x!.set(gatherRows(train.x, width, rows));
        y!.set(gatherRows(train.y, 1, rows));
      },
      learningRate: () => settings.learningRate,
    });
    if (!trained) return 'stopped';
    const right = confusionOf(prepared, trained.parameters).reduce((sum, row, k) => sum + row[k]!, 0);
    context.final({ accuracy: right / test.count, chance: 1 / classes });
    return 'done';
  },
  queries: {
    confusion: queryFor<Config, Prepared, Given>()({
      args: v.strictObject({ step: v.number() }),
      run: async ({ prepared, snapshot }, { step }) =>
        confusionOf(await prepared(), (await snapshot(step)).arrays),
    }),
  },
  metrics: {
    accuracy: {
      ...{ title: 'accuracy', better: 'higher', headline: true },
      reference: { word: 'chance', metric: 'chance' },
    },
    chance: { title: 'chance level', listed: false },
    loss: { title: 'cross-entropy', unit: 'nats', better: 'lower' },
    ...loopMetrics,
  },
  claims: [],
});
