/** @file A capture from texts to matrices: size first, checks, then stretch after stretch into files that grow. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { CaptureRequest, CaptureSummary } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { abortable } from '../../inference/for-methods/abortable';
import { checkFits, megabytes } from '../../inference/for-methods/fits-on-disk';
import { passingHooks } from '../../inference/for-methods/passing-hooks';
import { checkBatches } from './checks';
import { poolingOf, type CaptureConfig, type Inputs } from './config';
import { finishMatrix, writeRows, type MatrixFormat } from './matrix-files';
import { estimatedBytes, stretchesOf } from './plan';
import { StretchRows } from './stretch';
import { keptCapture, ROWS_FILE } from './stored';
import { textRows, type TextRow } from './texts';

/** What a checkpoint knows: all that was written before these places is right. */
interface Done {
  /** Stretches. */
  stretches: number;
  /** Rows of the matrices. */
  matrixRows: number;
  /** Bytes of the file of rows. */
  lineBytes: number;
  tokens: number;
  cut: number;
  seconds: number;
}

const NOTHING: Done = { stretches: 0, matrixRows: 0, lineBytes: 0, tokens: 0, cut: 0, seconds: 0 };

/**
 * @throws `hooks-pattern`, `hooks-wrong`, `capture-too-large`, `capture-batch-differs`, `text-empty`, `text-too-short`,
 *   `level-unavailable`, and the codes of opening the model
 */
export async function runCapture(
  context: RunContext,
  inputs: Inputs,
  config: CaptureConfig,
): Promise<'done' | 'stopped'> {
  context.progress({ stage: 'opening the model', step: 0, steps: 1, stepsPerSecond: null });
  const rows = await textRows(inputs.data, config);
  const session = await inputs.model.language({ threads: context.compute.threads });
  const chosen = await prepare(context, session, rows, config);
  if (!chosen) return 'stopped';
  const { request, hooks } = chosen;
  const formats: MatrixFormat[] = config.format === 'both' ? ['npy', 'safetensors'] : [config.format];
  const width = hooks.reduce((sum, hook) => sum + hook.width, 0);
  let done = (context.resume?.json.done as unknown as Done | undefined) ?? NOTHING;
  const stretches = stretchesOf(rows, width, config);
  for (const stretch of stretches.slice(done.stretches)) {
    const began = context.now();
    const found = await captureStretch(context, session, rows, { ...request, ...stretch });
    if (!found) return 'stopped';
    const { gathered, cut } = found;
    await Promise.all(
      hooks.map((hook) => writeRows(context, hook, formats, done.matrixRows, gathered.matrix(hook.id))),
    );
    const lines = linesOf(rows.slice(stretch.from, stretch.to), gathered.tokens);
    await context.artifactPart(ROWS_FILE, done.lineBytes, lines);
    done = {
      stretches: done.stretches + 1,
      matrixRows: done.matrixRows + gathered.matrixRows,
      lineBytes: done.lineBytes + lines.length,
      tokens: done.tokens + gathered.tokens.reduce((sum, count) => sum + count, 0),
      cut: done.cut + cut,
      seconds: done.seconds + (context.now() - began) / 1000,
    };
    context.metric('rowsPerSecond', stretch.to, stretch.to / done.seconds);
    await context.checkpoint({ step: stretch.to, json: { hooks, done: { ...done } }, arrays: {} });
  }
  for (const hook of hooks) await finishMatrix(context, hook, formats, done.matrixRows);
  context.artifactDone(ROWS_FILE);
  await context.keep(
    ...keptCapture({
      hooks,
      rows: rows.length,
      matrixRows: done.matrixRows,
      format: formats[0]!,
      perToken: config.pool === 'none',
      first: config.firstToken,
    }),
  );
  if (done.cut > 0)
    context.notice(`${done.cut.toLocaleString('en')} texts were longer than may be read, and were cut.`);
  context.final({
    'captured.hooks': hooks.length,
    'captured.rows': done.matrixRows,
    'captured.tokens': done.tokens,
    'captured.cut': done.cut,
    'captured.megabytes': (done.matrixRows * width * 4 * formats.length) / 1e6,
    rowsPerSecond: done.seconds > 0 ? rows.length / done.seconds : 0,
  });
  return 'done';
}

interface Chosen {
  request: CaptureRequest;
  hooks: CaptureSummary['hooks'];
}

/** Which hooks are captured; sizes and checks before the first row. Null where a stop was asked for meanwhile. */
async function prepare(
  context: RunContext,
  session: LanguageSession,
  rows: readonly TextRow[],
  config: CaptureConfig,
): Promise<Chosen | null> {
  const request: CaptureRequest = {
    kind: 'capture',
    hooks: config.hooks,
    pooling: poolingOf(config),
    first: config.firstToken,
    level: config.level,
    batch: config.batch,
    maxTokens: config.maxTokens,
    texts: [],
    from: 0,
  };
  const kept = context.resume?.json.hooks as unknown as CaptureSummary['hooks'] | undefined;
  // What was checked before the first session is the same model: its hash is.
  if (kept) return { request: { ...request, hooks: kept.map(({ id }) => id) }, hooks: kept };
  const facts = await session.ask({ kind: 'facts' });
  const level = facts.levels.find(({ id }) => id === config.level);
  if (level && !level.available)
    throw new MongeError({
      code: 'level-unavailable',
      blame: 'input',
      what: level.says,
      where: { key: 'level' },
      got: config.level,
      expected: facts.levels
        .filter(({ available }) => available)
        .map(({ id }) => id)
        .join(', '),
    });
  const { hooks: asked } = await session.work(request, () => undefined);
  const width = asked.reduce((sum, hook) => sum + hook.width, 0);
  const bytes = estimatedBytes(rows, width, config);
  checkFits(bytes, await context.freeBytes(), {
    key: 'hooks',
    help: 'capture fewer hooks, pool the tokens, or take fewer texts',
  });
  context.notice(
    `${config.pool === 'none' ? 'About ' : ''}${megabytes(bytes)}: ${asked.length} hooks of ${rows.length.toLocaleString('en')} texts, in ${config.level}.`,
    'news',
  );
  const hooks = config.certify
    ? await passingHooks(context, session, asked, { level: config.level, done: 'captured' })
    : asked;
  if (!hooks) return null;
  const certified = { ...request, hooks: hooks.map(({ id }) => id) };
  context.progress({ stage: 'comparing rows alone and in a batch', step: 0, steps: 1, stepsPerSecond: null });
  await checkBatches(session, { ...certified, texts: rows.map(({ text }) => text) });
  return { request: certified, hooks };
}

/** Null where a stop was asked for. */
async function captureStretch(
  context: RunContext,
  session: LanguageSession,
  rows: readonly TextRow[],
  { from, to, ...request }: CaptureRequest & { to: number },
): Promise<{ gathered: StretchRows; cut: number } | null> {
  const gathered = new StretchRows(from, to, request);
  const texts = rows.slice(from, to).map(({ text }) => text);
  const mark = () => context.progress({ stage: 'capturing', step: from + gathered.rows, steps: rows.length });
  mark();
  const summary = await abortable(context, (heard, signal) =>
    session.work(
      { ...request, texts, from },
      (batch) =>
        heard(() => {
          gathered.add(batch);
          mark();
        }),
      signal,
    ),
  );
  return summary?.whole ? { gathered, cut: summary.cut } : null;
}

function linesOf(rows: readonly TextRow[], tokens: Int32Array): Uint8Array {
  const lines = rows.map(
    ({ id, text, label }, at) => `${JSON.stringify({ id, text, label, tokens: tokens[at] })}\n`,
  );
  return new TextEncoder().encode(lines.join(''));
}
