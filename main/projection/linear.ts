/** @file The linear projections of stored rows by their arguments: fitted on some rows, shown on the same or on others. */
import { MongeError } from '../../native-models/error';
import type { Compute } from '../contract/compute';
import type { ProjectionArguments, RowMatrix } from '../contract/projection';
import { classMeansMap, directionMap, unitsMap } from './axes';
import type { LinearMap } from './linear-map';
import { fitPca } from './pca';
import { labelsOf, rowsInWords, rowsOfClass, sourceOf, takeRows, type RowStore } from './row-store';

/** From this cosine on a component says the same as the axis, and the next one is taken across it. */
const ALIKE = 0.9;

/** What a fit needs of its surroundings. */
export interface FitPlace {
  store: RowStore;
  compute: Compute;
  /** Keeps fitted components between questions. */
  cached: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

/** A map of two axes with what they are called. */
export interface FittedMap {
  map: LinearMap;
  axes: [string, string];
  explained: [number, number] | null;
  fittedOn: string;
}

/** @throws `projection-argument` for a direction that is not given, and what the fits throw. */
export async function fitLinear(place: FitPlace, asked: ProjectionArguments): Promise<FittedMap> {
  const { store } = place;
  const source = asked.fit.source ?? asked.source;
  const whole = await sourceOf(store, source);
  const chosen = rowsOfClass(store, whole.rows, asked.fit.group);
  const group = asked.fit.group === null ? null : store.labels!.names[asked.fit.group]!;
  const fittedOn = rowsInWords(chosen.length, group, source === asked.source ? null : source);
  const components = async (count: number): Promise<LinearMap> =>
    place.cached(
      `projection.pca:${source}:${asked.fit.group}:${count}`,
      async () => (await fitPca(place.compute, takeRows(whole, chosen), Math.min(count, whole.columns)))!,
    );
  switch (asked.method) {
    case 'pca': {
      const wanted = Math.max(...asked.components) + 1;
      if (wanted > whole.columns) throw tooFewColumns(wanted, whole);
      const map = await components(Math.max(3, wanted));
      const share = (k: number) => (map.totalVariance > 0 ? map.variances[k]! / map.totalVariance : 0);
      const [x, y] = asked.components;
      const axes: [string, string] = [`PC ${x + 1}`, `PC ${y + 1}`];
      return { map: twoOf(map, asked.components), axes, explained: [share(x), share(y)], fittedOn };
    }
    case 'units': {
      const map = unitsMap(whole.columns, asked.units);
      const axes: [string, string] = [`unit ${asked.units[0]}`, `unit ${asked.units[1]}`];
      return { map, axes, explained: null, fittedOn: 'nothing: the values as they are' };
    }
    case 'class-means': {
      const { codes, names } = labelsOf(store);
      const { to, from } = asked.axis;
      const pca = await components(2);
      const matrix = takeRows(whole, chosen);
      const classes = chosen.length === codes.length ? codes : Int32Array.from(chosen, (row) => codes[row]!);
      const first = classMeansMap(matrix, classes, { to, from }, rowOf(pca, 0));
      const map = alike(first, pca) ? classMeansMap(matrix, classes, { to, from }, rowOf(pca, 1)) : first;
      const rest = from === null ? 'rest' : names[from]!;
      return { map, axes: [`${names[to]} − ${rest}`, 'PC across'], explained: null, fittedOn };
    }
    case 'direction': {
      if (!asked.direction) throw missing('direction');
      const pca = await components(2);
      const { vector, name } = asked.direction;
      const first = directionMap(pca.mean, vector, rowOf(pca, 0), pca.rows);
      const map = alike(first, pca) ? directionMap(pca.mean, vector, rowOf(pca, 1), pca.rows) : first;
      return { map, axes: [name, 'PC across'], explained: null, fittedOn };
    }
    default:
      throw missing('method');
  }
}

const rowOf = ({ axes, mean }: LinearMap, k: number): Float64Array =>
  axes.slice(Math.min(k, axes.length / mean.length - 1) * mean.length).subarray(0, mean.length);

function alike(map: LinearMap, pca: LinearMap): boolean {
  const [axis, component] = [rowOf(map, 0), rowOf(pca, 0)];
  return Math.abs(axis.reduce((sum, value, k) => sum + value * component[k]!, 0)) > ALIKE;
}

function twoOf(map: LinearMap, components: readonly [number, number]): LinearMap {
  const columns = map.mean.length;
  const axes = new Float64Array(2 * columns);
  components.forEach((component, k) => axes.set(rowOf(map, component), k * columns));
  return { ...map, axes, variances: Float64Array.from(components, (k) => map.variances[k]!) };
}

function tooFewColumns(wanted: number, { columns }: RowMatrix): MongeError {
  return new MongeError({
    code: 'projection-components',
    blame: 'input',
    what: 'there are not as many components as asked for',
    got: `component ${wanted} of ${columns} columns`,
  });
}

function missing(key: string): MongeError {
  return new MongeError({
    code: 'projection-argument',
    blame: 'input',
    what: 'this projection needs an argument that was not given',
    where: { key },
  });
}
