/** @file Scores that are tensor programs: the same program scores calibration rows, draws regions and is exported. */
import { float32, toOnnx, trace, type Graph } from '../../../../native-models';
import type { Compute, Device, HostTensor, Session } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import type { Candidates, OpenScore, Part, Prediction, ScoreDefinition, TableShape } from '../types';

/** Rows of one run where the score does not say: enough to keep two cores busy, little enough for the cache. */
const ROWS_PER_RUN = 4096;
/** Programs of a level-dependent score that are kept open. */
const MOST_LEVELS = 4;

/** Whether an array of a prediction belongs to one of the parts. */
export function belongsTo(name: string, parts: readonly Part[]): boolean {
  return parts.some((part) => name === part || name.startsWith(`${part}.`));
}

type ProgramDefinition = Pick<ScoreDefinition, 'id' | 'needs' | 'perLevel' | 'rowsPerRun'> &
  Required<Pick<ScoreDefinition, 'build'>>;

/**
 * The program of a score: inputs are the parts of a prediction by name and `y` [rows, d], the output is `score` [rows].
 * With `shared` the prediction has one row, which all candidates are measured against.
 */
function scoreGraph(
  definition: ProgramDefinition,
  arrays: Arrays,
  prediction: Prediction,
  { shape, shared, alpha }: { shape: TableShape; shared: boolean; alpha: number },
): Graph {
  const used = Object.entries(prediction).filter(([name]) => belongsTo(name, definition.needs));
  const types = Object.fromEntries(
    used.map(([name, array]) => [name, float32(shared ? 1 : 'rows', ...array.shape.slice(1))]),
  );
  return trace(`score_${definition.id}`, { ...types, y: float32('rows', shape.d) }, ({ y, ...parts }) => ({
    score: definition.build(arrays, parts, y!, shape, alpha),
  }));
}

/** Opens a score that is a program. Sessions open when first needed, one per kind of question. */
export function openProgramScore(
  compute: Compute,
  definition: ProgramDefinition,
  shape: TableShape,
  arrays: Arrays,
  device: Device = 'auto',
): OpenScore {
  const sessions = new Map<string, Promise<Session>>();

  const sessionFor = async (prediction: Prediction, shared: boolean, alpha: number): Promise<Session> => {
    const key = `${shared} ${definition.perLevel ? alpha : ''}`;
    const found = sessions.get(key);
    if (found) return found;
    const graph = scoreGraph(definition, arrays, prediction, { shape, shared, alpha });
    const opened = compute.open(toOnnx(graph), { device, label: `score ${definition.id}` });
    sessions.set(key, opened);
    if (sessions.size > 2 * MOST_LEVELS) {
      const [oldest] = sessions;
      sessions.delete(oldest![0]);
      await (await oldest![1]).close();
    }
    return opened;
  };

  return {
    async evaluate({ count, y, prediction }: Candidates, alpha): Promise<Float64Array> {
      const scores = new Float64Array(count);
      const shared = isShared(prediction, count);
      const session = await sessionFor(prediction, shared, alpha);
      const size = definition.rowsPerRun ?? ROWS_PER_RUN;
      for (let first = 0; first < count; first += size) {
        const rows = Math.min(size, count - first);
        const feeds: Record<string, HostTensor> = {
          y: floats(y.slice(first * shape.d, (first + rows) * shape.d), [rows, shape.d]),
        };
        for (const [name, array] of Object.entries(prediction))
          if (session.inputNames.includes(name))
            feeds[name] = shared ? floats(array.data, array.shape) : rowsOf(array, first, rows);
        const { score } = await session.run(feeds);
        scores.set(score!.data as Float32Array, first);
      }
      return scores;
    },
    async close() {
      for (const session of sessions.values()) await (await session).close();
      sessions.clear();
    },
  };
}

/** Whether all candidates are measured against one row of the prediction. */
export function isShared(prediction: Prediction, count: number): boolean {
  const [any] = Object.values(prediction);
  return any !== undefined && any.shape[0] === 1 && count !== 1;
}

/** Rows `first` … of an array as a tensor. */
function rowsOf({ data, shape }: Prediction[string], first: number, rows: number): HostTensor {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  return floats(data.slice(first * width, (first + rows) * width), [rows, ...shape.slice(1)]);
}

function floats(data: Prediction[string]['data'], dims: readonly number[]): HostTensor {
  return { type: 'float32', data, dims };
}
