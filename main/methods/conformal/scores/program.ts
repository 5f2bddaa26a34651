/** @file Scores that are tensor programs: the same program scores calibration rows, draws regions and is exported. */
import { float32, toOnnx, trace } from '../../../../native-models';
import { floats } from '../../../compute/run-rows';
import type { Compute, HostTensor, Session } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import { titled } from '../../../contract/schema';
import { slicePrediction } from '../predicted';
import type { Candidates, OpenScore, Part, Prediction, ScoreDefinition, TableShape } from '../types';
import { SCORE_WORDS, type ScoreId, type ScoreWords } from './catalogue';

/** Rows of one run where the score does not say: enough to keep two cores busy, little enough for the cache. */
const ROWS_PER_RUN = 4096;
/** Programs of a level-dependent score that are kept open. */
const MOST_LEVELS = 4;

type Words = ScoreWords<ScoreId> & Pick<ScoreDefinition, 'guarantee' | 'needs'>;
type Programmed = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** What a score that is a program says of itself; left out, it is a usual one, and learns nothing. */
interface ProgramScore
  extends Partial<Omit<ScoreDefinition, 'id' | 'open' | 'build'>>, Pick<Programmed, 'build'> {
  /** Rows of one run, where each needs much memory. */
  rowsPerRun?: number | ((arrays: Arrays) => number);
  /** The closed formula of the volume, where there is one, with what was learned. */
  logVolume?: (shape: TableShape, arrays: Arrays) => NonNullable<OpenScore['logVolume']>;
}

/** The words of the catalogue, and what most scores are: exact, from the mean alone. */
export function usualScore(id: ScoreId): Words {
  return { id, ...titled(SCORE_WORDS[id]), source: 'section 2.1', guarantee: 'exact', needs: ['mean'] };
}

/** A score that is a program, and opened as one. */
export function programScore(
  id: ScoreId,
  { rowsPerRun = ROWS_PER_RUN, logVolume, ...declared }: ProgramScore,
): Programmed {
  const score = { ...usualScore(id), fit: async () => ({ arrays: {} }), ...declared };
  return {
    ...score,
    async open(compute, shape, arrays) {
      const size = typeof rowsPerRun === 'number' ? rowsPerRun : rowsPerRun(arrays);
      return {
        ...openProgram(compute, score, shape, arrays, size),
        ...(logVolume && { logVolume: logVolume(shape, arrays) }),
      };
    },
  };
}

/** The arrays or tensors of a prediction that belong to some of its parts. */
export function ofParts<T>(
  prediction: Readonly<Record<string, T>>,
  parts: readonly Part[],
): Record<string, T> {
  const belongs = (name: string) => parts.some((part) => name === part || name.startsWith(`${part}.`));
  return Object.fromEntries(Object.entries(prediction).filter(([name]) => belongs(name)));
}

/**
 * Sessions of the program of a score, open when first needed, one per kind of question. Inputs are the parts of a prediction by
 * name and `y` [rows, d], the output is `score` [rows]; where it is `shared` the prediction has one row, which all candidates are
 * measured against.
 */
function openProgram(
  compute: Compute,
  score: Pick<Programmed, 'id' | 'needs' | 'perLevel' | 'build'>,
  shape: TableShape,
  arrays: Arrays,
  rowsPerRun: number,
): OpenScore {
  const sessions = new Map<string, Promise<Session>>();

  const sessionFor = async (prediction: Prediction, shared: boolean, alpha: number): Promise<Session> => {
    const key = `${shared} ${score.perLevel ? alpha : ''}`;
    const found = sessions.get(key);
    if (found) return found;
    const types = Object.entries(ofParts(prediction, score.needs)).map(
      ([name, array]) => [name, float32(shared ? 1 : 'rows', ...array.shape.slice(1))] as const,
    );
    const inputs = { ...Object.fromEntries(types), y: float32('rows', shape.d) };
    const graph = trace(`score_${score.id}`, inputs, ({ y, ...parts }) => ({
      score: score.build(arrays, parts, y!, shape, alpha),
    }));
    const opened = compute.open(toOnnx(graph), { device: 'auto', label: `score ${score.id}` });
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
      for (let first = 0; first < count; first += rowsPerRun) {
        const end = Math.min(count, first + rowsPerRun);
        const feeds: Record<string, HostTensor> = {
          y: floats(y.slice(first * shape.d, end * shape.d), [end - first, shape.d]),
        };
        const own = shared ? prediction : slicePrediction(prediction, first, end);
        for (const [name, { data, shape: dims }] of Object.entries(own))
          if (session.inputNames.includes(name)) feeds[name] = floats(data as Float32Array, dims);
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
