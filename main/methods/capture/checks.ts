/** @file What a capture is held to before it begins: certificates of its hooks, and rows alone against rows in a batch. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { CaptureRequest, CaptureSummary, ExactLevel, LanguageFacts } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { eachRow } from './stretch';

/** Beyond these certifying takes longer than most captures. */
const MOST_HOOKS = 64;
const MOST_PARAMETERS = 400e6;
/** Rows that are captured twice, and how far the two may be apart, relative to a vector's length. */
const ROWS = 4;
const TOLERANCE = 1e-4;

type Hooks = CaptureSummary['hooks'];
type Telling = Pick<RunContext, 'notice' | 'progress' | 'stopRequested'>;

/**
 * The hooks without those whose certificate calls them wrong, and notices of what was found; null where a stop was asked
 * for meanwhile.
 * @throws `hooks-wrong` where none is left
 */
export async function certifiedHooks(
  context: Telling,
  session: LanguageSession,
  hooks: Hooks,
  { parameters }: Pick<LanguageFacts, 'parameters'>,
  level: ExactLevel,
): Promise<Hooks | null> {
  if (hooks.length > MOST_HOOKS || parameters > MOST_PARAMETERS) {
    context.notice(
      hooks.length > MOST_HOOKS
        ? `The hooks were not certified: ${hooks.length} are more than ${MOST_HOOKS}.`
        : `The hooks were not certified: the model has more than ${MOST_PARAMETERS / 1e6} million parameters.`,
    );
    return hooks;
  }
  const stop = new AbortController();
  const only = hooks.map(({ id }) => id);
  let done = 0;
  const mark = () =>
    context.progress({
      ...{ stage: 'certifying the hooks', step: done, steps: only.length },
      stepsPerSecond: null,
    });
  mark();
  const found = await session.work(
    { kind: 'certify', only, level },
    (news) => {
      done += news.length;
      mark();
      if (context.stopRequested()) stop.abort();
    },
    stop.signal,
  );
  if (stop.signal.aborted) return null;
  const chosen = found.filter(({ hook }) => only.includes(hook));
  const wrong = chosen.filter(({ verdict }) => verdict === 'wrong');
  for (const { hook, reason } of wrong)
    context.notice(`${hook} is not captured, its certificate fails: ${reason}`);
  const degraded = chosen.filter(({ verdict }) => verdict === 'degraded').map(({ hook }) => hook);
  if (degraded.length > 0)
    context.notice(`Captured within wider tolerances than the others: ${degraded.join(', ')}.`);
  const left = hooks.filter(({ id }) => !wrong.some(({ hook }) => hook === id));
  if (left.length > 0) return left;
  throw new MongeError({
    code: 'hooks-wrong',
    blame: 'input',
    what: 'every chosen hook fails its certificate, so that nothing true could be captured',
    where: { key: 'hooks' },
    got: wrong[0]!.reason,
    help: 'look at the certificates in the lab, or choose other hooks',
  });
}

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
