/** @file What a capture is held to before it begins: rows alone against rows in a batch. */
import { MongeError } from '../../../native-models/error';
import type { CaptureRequest } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { eachRow } from './stretch';

/** Rows that are captured twice, and how far the two may be apart, relative to a vector's length. */
const ROWS = 4;
const TOLERANCE = 1e-4;

/**
 * Captures the first rows one by one and all together: padding and neighbours must not show.
 * @throws `capture-batch-differs`, and the codes of the capture
 */
export async function checkBatches(session: LanguageSession, request: CaptureRequest): Promise<void> {
  const texts = request.texts.slice(0, ROWS);
  const capture = async (batch: number) => {
    const vectors = new Map<string, Float32Array>();
    await session.work({ ...request, texts, batch }, (news) =>
      eachRow(news, request, (hook, row, values) => vectors.set(`${hook} ${row}`, values)),
    );
    return vectors;
  };
  const alone = await capture(1);
  const together = await capture(ROWS);
  for (const [key, values] of alone) {
    const apart = distance(values, together.get(key)!);
    if (apart <= TOLERANCE) continue;
    const [hook, row] = key.split(' ');
    throw new MongeError({
      code: 'capture-batch-differs',
      blame: 'machine',
      what: 'a text captured alone differs from the same text in a batch, so neither can be trusted',
      where: { row: Number(row) + 1, key: hook! },
      got: `a relative distance of ${apart.toExponential(1)}`,
      expected: `at most ${TOLERANCE}`,
      help: 'capture with batch=1, and report the model',
    });
  }
}

function distance(a: Float32Array, b: Float32Array): number {
  let [apart, size] = [0, 0];
  for (let k = 0; k < a.length; k += 1) {
    apart += (a[k]! - b[k]!) ** 2;
    size += a[k]! ** 2;
  }
  return a.length === b.length ? Math.sqrt(apart / Math.max(size, 1e-30)) : Infinity;
}
