/** @file The rows of one stretch, put together in the order of the data from batches that come longest first. */
import { MongeError } from '../../../native-models/error';
import type { CaptureBatch, CaptureRequest, Pooling } from '../../contract/language';

type Reading = Pick<CaptureRequest, 'pooling' | 'first'>;

/** The vector, or where nothing is pooled the vectors, of every hook and row of a batch. */
export function eachRow(
  { rows, tokens, values }: CaptureBatch,
  { pooling, first }: Reading,
  tell: (hook: string, row: number, values: Float32Array) => void,
): void {
  const vectors = tokens.map((count) => (pooling.kind === 'none' ? keptOf(count, first) : 1));
  const all = vectors.reduce((sum, count) => sum + count, 0);
  for (const [hook, matrix] of Object.entries(values)) {
    const width = all === 0 ? 0 : matrix.length / all;
    let at = 0;
    rows.forEach((row, r) => {
      const end = at + vectors[r]! * width;
      tell(hook, row, matrix.subarray(at, end));
      at = end;
    });
  }
}

function keptOf(tokens: number, first: boolean): number {
  return tokens - (first ? 0 : 1);
}

/** Gathers the batches of rows `from` to `to`. */
export class StretchRows {
  /** By hook, the values of each row. */
  readonly #values = new Map<string, Float32Array[]>();
  readonly #tokens: Int32Array;
  #rows = 0;

  constructor(
    readonly from: number,
    readonly to: number,
    readonly reading: Reading,
  ) {
    this.#tokens = new Int32Array(to - from);
  }

  /** Rows that are there. */
  get rows(): number {
    return this.#rows;
  }

  /** Tokens of each row. */
  get tokens(): Int32Array {
    return this.#tokens;
  }

  /** @throws `text-too-short` where a text has no token that the pooling could take */
  add(batch: CaptureBatch): void {
    const { from, reading } = this;
    batch.rows.forEach((row, r) => {
      checkLength(row, batch.tokens[r]!, reading);
      this.#tokens[row - from] = batch.tokens[r]!;
    });
    eachRow(batch, reading, (hook, row, values) => {
      let rows = this.#values.get(hook);
      if (!rows) this.#values.set(hook, (rows = new Array<Float32Array>(this.to - from)));
      rows[row - from] = values;
    });
    this.#rows += batch.rows.length;
  }

  /** All values of a hook, row by row. */
  matrix(hook: string): Float32Array {
    const parts = this.#values.get(hook) ?? [];
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Rows that this stretch has in the matrices. */
  get matrixRows(): number {
    const { pooling, first } = this.reading;
    if (pooling.kind !== 'none') return this.to - this.from;
    return this.#tokens.reduce((sum, tokens) => sum + keptOf(tokens, first), 0);
  }
}

/** A weighted mean of no token would be zeros that look like a state. */
function checkLength(row: number, tokens: number, { pooling, first }: Reading): void {
  const needed = neededTokens(pooling);
  const kept = keptOf(tokens, first);
  if (kept >= needed) return;
  throw new MongeError({
    code: 'text-too-short',
    blame: 'input',
    what: 'a text has fewer tokens than the pooling asks for',
    where: { row: row + 1 },
    got: `${tokens} token${tokens === 1 ? '' : 's'}`,
    expected: `at least ${needed + tokens - kept}`,
    help: first
      ? 'leave the text out, or pool otherwise'
      : 'let the first token count, or leave the text out',
  });
}

function neededTokens(pooling: Pooling): number {
  if (pooling.kind === 'none') return 0;
  if (pooling.kind === 'each') return Math.max(0, ...pooling.of.map(neededTokens));
  if (pooling.kind !== 'position') return 1;
  return pooling.position >= 0 ? pooling.position + 1 : -pooling.position;
}
