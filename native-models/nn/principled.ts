/**
 * @file Initial weights for layers without negative weights that keep every pre-activation at mean 0 and variance 1.
 *
 * The aim is that of Hoedt and Klambauer (2023), the rule is worked out here. Averaging with positive weights pulls the
 * units of a layer together until all are the same, so besides mean and variance the correlation of two units must be
 * held. Let z be a layer's activations with mean variance V and mean covariance C of two units. A unit of the next layer
 * whose weights have the sum S and the sum of squares q·S² has variance S²·(C + q·(V − C)), and with another unit the
 * covariance S²·(C + (V − C)/n). A correlation of at most 0.4 fixes q, the concentration of the weights on few units; S
 * and the bias follow from mean and variance.
 *
 * The recursion in closed form is unstable: what is a little too correlated grows with depth. So V, C, means and
 * variances are measured layer by layer on made-up inputs (as in LSUV, Mishkin and Matas 2016).
 */
import { stream } from '../random/stream';
import { leakyValue, rectifiers, type LeakyActivation, type Rectifier } from './convex';

/** The correlation of two units of a layer that is aimed at. */
const CORRELATION = 0.4;
/** The part of a unit's variance that comes from a re-injected input, which is free of correlation. */
const INJECTED = 0.4;
/** Products to spend on measuring; the number of made-up inputs follows, within limits. */
const PRODUCTS = 2 ** 27;
const [FEWEST_ROWS, MOST_ROWS] = [256, 2048];

export interface PrincipledOptions {
  inputs: number;
  /** Root mean square of an input coordinate. */
  inputDeviation: number;
  /** All layers in order; the first takes the inputs and has weights of any sign, each other one takes its predecessor. */
  layers: readonly { name: string; fanOut: number; injected: boolean }[];
  activation: LeakyActivation;
  rectifier: Rectifier;
  bias: boolean;
}

/** A matrix in row-major order. */
interface Matrix {
  data: Float64Array;
  columns: number;
}

/**
 * Initial values by parameter name: `layer.weight` as free parameters behind the rectifier, `layer.input.weight` and
 * `layer.bias`. Each weight draws from a stream of its own name. Without biases the mean square is brought to 1 instead
 * of mean and variance.
 */
export function principledStart(options: PrincipledOptions, seed: number): Record<string, Float32Array> {
  const { inputs, inputDeviation, layers, activation, rectifier, bias } = options;
  const rows = rowsFor(options);
  const draws = (name: string, count: number) =>
    Float64Array.from(stream(seed, `initialise/${name}`).normal(new Float32Array(count)));
  const x = draws('probe', rows * inputs).map((value) => inputDeviation * value);
  const input: Matrix = { data: x, columns: inputs };
  const result: Record<string, Float32Array> = {};
  let state = input;
  layers.forEach(({ name, fanOut, injected }, index) => {
    const fanIn = state.columns;
    const weight = draws(`${name}.weight`, fanIn * fanOut);
    if (index > 0) concentrate(weight, fanOut, concentrationFor(state, injected));
    let sums = product(state, weight, fanOut);
    scaleColumns(sums, [weight], injected ? 1 - INJECTED : 1, bias);
    let again: Float64Array | undefined;
    if (injected) {
      again = draws(`${name}.input.weight`, inputs * fanOut);
      const part = product(input, again, fanOut);
      scaleColumns(part, [again], INJECTED, bias);
      sums = { data: sums.data.map((value, at) => value + part.data[at]!), columns: fanOut };
      // The two parts are correlated in one unit or the other.
      scaleColumns(sums, [weight, again], 1, bias);
      result[`${name}.input.weight`] = Float32Array.from(again);
    }
    const free = index === 0 ? weight : weight.map(rectifiers[rectifier].inverse);
    result[`${name}.weight`] = Float32Array.from(free);
    if (bias) {
      const means = columnMeans(sums);
      result[`${name}.bias`] = Float32Array.from(means, (mean) => -mean);
      sums.data.forEach((value, at) => (sums.data[at] = value - means[at % fanOut]!));
    }
    state = { data: sums.data.map((value) => leakyValue(activation, value)), columns: fanOut };
  });
  return result;
}

function rowsFor({ inputs, layers }: PrincipledOptions): number {
  let fanIn = inputs;
  let perRow = 0;
  for (const { fanOut, injected } of layers) {
    perRow += (fanIn + (injected ? inputs : 0)) * fanOut;
    fanIn = fanOut;
  }
  return Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.floor(PRODUCTS / perRow)));
}

/** The sum of squared shares q at which the next layer's units have the wanted correlation. */
function concentrationFor(state: Matrix, injected: boolean): number {
  const { data, columns } = state;
  const rows = data.length / columns;
  const means = columnMeans(state);
  let variance = 0;
  let ofMean = 0;
  for (let row = 0; row < rows; row++) {
    let total = 0;
    for (let column = 0; column < columns; column++) {
      const value = data[row * columns + column]! - means[column]!;
      variance += value * value;
      total += value;
    }
    ofMean += (total / columns) ** 2;
  }
  variance /= data.length;
  ofMean /= rows;
  // `ofMean` is C + (V − C)/n, the covariance of two evenly mixed units.
  const common = columns === 1 ? 0 : Math.max(0, (ofMean - variance / columns) / (1 - 1 / columns));
  const share = injected ? 1 - INJECTED : 1;
  const wanted = ((share / CORRELATION) * ofMean - common) / Math.max(variance - common, 1e-12);
  return Math.min(Math.max(wanted, 1 / columns), 0.95);
}

/** Turns normal draws [fanIn, fanOut] into positive shares: columns of sum 1 whose squares sum to q, log-normal in shape. */
function concentrate(draws: Float64Array, fanOut: number, q: number): void {
  const fanIn = draws.length / fanOut;
  for (let column = 0; column < fanOut; column++) {
    const own = Float64Array.from({ length: fanIn }, (_, row) => draws[row * fanOut + column]!);
    const largest = Math.max(...own);
    const sums = (spread: number): { total: number; squares: number } => {
      let [total, squares] = [0, 0];
      for (const draw of own) {
        const power = Math.exp(spread * (draw - largest));
        total += power;
        squares += power * power;
      }
      return { total, squares };
    };
    // At the largest spread nearly all of the weight is on one unit, and the others still are numbers above 0.
    let [low, high] = [0, 8];
    for (let round = 0; round < 20; round++) {
      const middle = (low + high) / 2;
      const { total, squares } = sums(middle);
      if (squares < q * total * total) low = middle;
      else high = middle;
    }
    const { total } = sums(low);
    own.forEach((draw, row) => {
      draws[row * fanOut + column] = Math.exp(low * (draw - largest)) / total;
    });
  }
}

/** Scales sums and the weights behind them, column by column, to the given variance, or mean square without centring. */
function scaleColumns(
  sums: Matrix,
  weights: readonly Float64Array[],
  wanted: number,
  centred: boolean,
): void {
  const { data, columns } = sums;
  const means = columnMeans(sums);
  const squares = new Float64Array(columns);
  for (let at = 0; at < data.length; at++)
    squares[at % columns]! += (data[at]! - (centred ? means[at % columns]! : 0)) ** 2;
  // A unit that does not move (all weights 0) stays as it is.
  const scales = squares.map((square) =>
    square > 0 ? Math.sqrt((wanted * data.length) / columns / square) : 1,
  );
  for (const list of [data, ...weights])
    for (let at = 0; at < list.length; at++) list[at]! *= scales[at % columns]!;
}

function columnMeans({ data, columns }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at++) means[at % columns]! += data[at]!;
  return means.map((sum) => (sum * columns) / data.length);
}

function product(left: Matrix, right: Float64Array, columns: number): Matrix {
  const rows = left.data.length / left.columns;
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let inner = 0; inner < left.columns; inner++) {
      const value = left.data[row * left.columns + inner]!;
      for (let column = 0; column < columns; column++)
        data[row * columns + column]! += value * right[inner * columns + column]!;
    }
  return { data, columns };
}
