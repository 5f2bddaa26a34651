/** @file What a run ends with: the matrices of the reported block by every family, as numbers, files and directions to hand on. */
import { encodeSafetensors } from '../../../native-models';
import type { RunContext } from '../../contract/define';
import type { ProbeDirection, ProbeMatrix, ProbePosition } from '../../contract/probes';
import type { LinearFamily } from '../../probes/families';
import { mixturesOf } from '../../probes/mixtures';
import type { LinearScore } from '../../probes/standardise';
import { scoresOf } from '../../probes/standardise';
import type { TaskRows } from '../../probes/place';
import type { CapturedHook } from './capture';
import { randomLabels } from './controls';
import type { RunItems } from './items';
import { fitAll, matrixOf, type Shared } from './matrices';
import { packed } from '../../disk/packed-json';
import { keptPlace, names } from './stored';

/** The size at which supports are told as numbers. */
const SUPPORT = 50;

interface Reported {
  hook: CapturedHook;
  position: ProbePosition;
  families: readonly LinearFamily[];
  shared: Shared;
  items: RunItems;
  tasks: readonly TaskRows[];
}

/** Writes matrices, directions and numbers; the first family's are the run's numbers. */
export async function report(
  context: RunContext,
  { hook, position, families, shared, items, tasks }: Reported,
): Promise<void> {
  const { block } = hook;
  const all: ProbeMatrix[] = [];
  for (const [k, family] of families.entries()) {
    const probes = fitAll(family, tasks, true);
    const more = k === 0 ? [randomLabels(family, probes, tasks, shared.seed)] : [];
    const matrix = matrixOf({ family, block, position }, probes, tasks, shared, more);
    all.push(matrix);
    await context.keep(names.place(family, block, position), keptPlace(matrix, probes));
    if (k > 0) continue;
    const mixtures = mixturesOf(family, probes, tasks, shared.draws, shared);
    if (mixtures) {
      await context.keep(names.mixtures, packed({ family, block, position, ...mixtures }));
      await context.artifact('mixtures.json', plainJson({ family, block, position, ...mixtures }));
      context.final(
        Object.fromEntries(
          mixtures.tasks.map((name, task) => [`mixture.union.${name}`, mixtures.union.values[task]!]),
        ),
      );
    }
    for (const [task, { score }] of probes.entries()) {
      const { file } = directionOf(tasks[task]!, score, { hook: hook.id, family, position });
      await context.artifact(file.name, file.bytes);
    }
    await context.artifact('auc.csv', matrixCsv(matrix.tasks, matrix.auc.values));
    if (matrix.cosine) await context.artifact('cosine.csv', matrixCsv(matrix.tasks, matrix.cosine.plain));
    const support = matrix.supports.find(({ size }) => size === SUPPORT) ?? matrix.supports.at(-1);
    if (support) await context.artifact('jaccard.csv', matrixCsv(matrix.tasks, support.jaccard));
    context.final(numbersOf(matrix));
  }
  context.final({ block, 'tasks.used': items.tasks.length, 'tasks.refused': items.refused.length });
  await context.artifact('matrices.json', plainJson(all));
}

/** The numbers of a matrix by name; pairs are [trained on, tested on]. */
function numbersOf({
  tasks,
  auc,
  cosine,
  supports,
  controls,
  summary,
  geometry,
}: ProbeMatrix): Record<string, number> {
  const out: Record<string, number> = {};
  const put = (name: string, value: number) => {
    if (Number.isFinite(value)) out[name] = value;
  };
  put('auc.inTaskMean', summary.inTaskMean);
  put('auc.crossTaskMean', summary.crossTaskMean);
  put('auc.crossTaskDistance', summary.crossTaskDistance);
  put('auc.crossTaskDistanceChance', summary.crossTaskDistanceChance);
  put('auc.textOnlyMean', summary.textOnlyMean);
  put('cosine.absoluteMean', summary.cosineMean);
  put('cosine.chance', cosine?.chanceAbsolute ?? NaN);
  put('cosine.halvesMean', summary.halvesMean);
  put('silhouette.task', geometry.silhouetteByTask);
  put('silhouette.label', geometry.silhouetteByLabel);
  const support = supports.find(({ size }) => size === SUPPORT) ?? supports.at(-1);
  for (const [i, a] of tasks.entries())
    for (const [j, b] of tasks.entries()) {
      const at = i * tasks.length + j;
      put(`auc.${a}.${b}`, auc.values[at]!);
      if (i >= j) continue;
      put(`cosine.${a}.${b}`, cosine?.plain[at] ?? NaN);
      put(`jaccard.${a}.${b}`, support?.jaccard[at] ?? NaN);
    }
  for (const { id, values } of controls)
    for (const [k, name] of tasks.entries()) put(`control.${id}.${name}`, values[k]!);
  return out;
}

/** A probe's direction as a unit vector in the hook's own units, with the shift between the classes along it. */
export function directionOf(
  { name, rows, labels, split }: TaskRows,
  { direction, offset }: LinearScore,
  { hook, family, position }: { hook: string; family: string; position: string },
): ProbeDirection {
  const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0)) || 1;
  const values = Float32Array.from(direction, (value) => value / length);
  const along = scoresOf(rows, split.train, { direction, offset: 0 });
  const sums = [0, 0];
  const counts = [0, 0];
  split.train.forEach((item, k) => {
    sums[labels[item]!]! += along[k]! / length;
    counts[labels[item]!]! += 1;
  });
  const gap = sums[1]! / counts[1]! - sums[0]! / counts[0]!;
  const threshold = -offset / length;
  const metadata = {
    ...{ kind: 'probe direction', hook, position, family, task: name },
    ...{ gap: String(gap), threshold: String(threshold) },
  };
  const bytes = encodeSafetensors({ direction: { data: values, shape: [values.length] } }, metadata);
  return {
    ...{ name: `${name} (${family})`, hook, values, gap, threshold },
    file: { name: `direction.${name}.safetensors`, bytes },
  };
}

function matrixCsv(tasks: readonly string[], values: Float64Array): Uint8Array {
  const rows = tasks.map((name, i) => {
    const cells = Array.from(values.subarray(i * tasks.length, (i + 1) * tasks.length), (value) =>
      value.toFixed(6),
    );
    return [name, ...cells].join(',');
  });
  return new TextEncoder().encode(`${[['trained on', ...tasks].join(','), ...rows].join('\n')}\n`);
}

/** Arrays as lists, what is no number as null: for other programs. */
function plainJson(value: unknown): Uint8Array {
  const text = JSON.stringify(
    value,
    (_key, one: unknown) => (ArrayBuffer.isView(one) ? Array.from(one as Float64Array) : one),
    1,
  );
  return new TextEncoder().encode(`${text}\n`);
}
