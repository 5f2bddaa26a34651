/** @file Captures hooks over many texts, pooled in the graph, batch by batch; nothing but one vector a text leaves it. */
import { GraphBuilder, type HookPoint, type ModelProto } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { Session } from '../../contract/compute';
import type { CaptureBatch, CaptureRequest, CaptureSummary, TokenPooling } from '../../contract/language';
import { flatStates, keptTokens, pooled, tokenWeights } from '../../models/pooling';
import { withAppended } from '../../models/surgery';
import { selectHooks } from '../hooks';
import type { Insides } from '../insides/insides';
import { tokenFeeds } from '../insides/runs';
import type { KeptSession } from './kept-session';

/**
 * Runs the texts, the longest first, so that too little memory shows at once, in batches of alike length.
 * @throws `hooks-pattern`, `hook-unpooled` for attention patterns, `text-empty` naming the row, the codes of the session
 */
export async function captureBatches(
  { insides, captures }: { insides: Insides; captures: KeptSession },
  request: CaptureRequest,
  tell: (batch: CaptureBatch) => void,
  signal: AbortSignal,
): Promise<CaptureSummary> {
  const hooks = chosenHooks(request.hooks, insides.hooks);
  refusePatterns(hooks);
  const summary = {
    hooks: hooks.map((hook) => ({ id: hook.id, width: widthOf(hook) })),
    cut: 0,
    whole: true,
  };
  if (request.texts.length === 0) return summary;
  const most = Math.min(request.maxTokens || Infinity, insides.context);
  const rows: { row: number; ids: number[] }[] = [];
  for (const [at, text] of request.texts.entries()) {
    const tokens = await insides.tokens(text).catch((thrown: unknown) => {
      throw atRow(thrown, request.from + at);
    });
    if (tokens.length > most) summary.cut += 1;
    rows.push({ row: request.from + at, ids: tokens.slice(0, most).map(({ id }) => id) });
  }
  rows.sort((a, b) => b.ids.length - a.ids.length || a.row - b.row);
  const runs = await insides.runs(request.level);
  const open = () => {
    const { model } = runs.model.graph(hooks.map(({ id }) => id));
    return runs.model.open(pooledModel(model, hooks, request), 'extended');
  };
  const { pooling, first, level } = request;
  const key = JSON.stringify([hooks.map(({ id }) => id), pooling, first, level]);
  return captures.use(key, open, async (session) => {
    for (let start = 0; start < rows.length; start += request.batch) {
      if (signal.aborted) return { ...summary, whole: false };
      tell(await runBatch(session, rows.slice(start, start + request.batch), hooks, request));
    }
    return summary;
  });
}

function chosenHooks(asked: CaptureRequest['hooks'], hooks: readonly HookPoint[]): HookPoint[] {
  return typeof asked === 'string' ? selectHooks(asked, hooks) : hooks.filter(({ id }) => asked.includes(id));
}

/** The graph with one pooled output per hook instead of its tokens. */
function pooledModel(
  model: ModelProto,
  hooks: readonly HookPoint[],
  { pooling, first }: CaptureRequest,
): ModelProto {
  if (pooling.kind === 'none') return model;
  const graph = new GraphBuilder('monge/pool');
  const weightsOf = (one: TokenPooling) => tokenWeights(graph, 'attention_mask', one, { first });
  const poolings = pooling.kind === 'each' ? pooling.of : null;
  const every = poolings && graph.node('Concat', poolings.map(weightsOf), { axis: 1 });
  const by =
    pooling.kind === 'max'
      ? { kept: keptTokens(graph, 'attention_mask', { first }) }
      : pooling.kind !== 'each' && { weights: weightsOf(pooling) };
  for (const hook of hooks) {
    const states = flatStates(graph, hook.value, hook.shape);
    const shape = ['batch', ...(poolings ? [poolings.length] : []), widthOf(hook)];
    const value = by
      ? pooled(graph, states, by, outputOf(hook))
      : graph.node('MatMul', [every!, states], {}, { name: outputOf(hook) });
    graph.output(value, 'float32', shape);
  }
  const changed = withAppended(model, graph);
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  return {
    ...changed,
    graph: { ...changed.graph, output: changed.graph!.output!.filter(({ name }) => wanted.has(name)) },
  };
}

async function runBatch(
  session: Session,
  rows: readonly { row: number; ids: number[] }[],
  hooks: readonly HookPoint[],
  { pooling, first }: CaptureRequest,
): Promise<CaptureBatch> {
  const longest = rows[0]!.ids.length;
  const padded = rows.map(({ ids }) => [...ids, ...Array<number>(longest - ids.length).fill(0)]);
  const mask = rows.map(({ ids }) => Array.from({ length: longest }, (_, t) => Number(t < ids.length)));
  const answer = await session.run(tokenFeeds(padded, mask));
  const values = hooks.map((hook) => {
    if (pooling.kind !== 'none') return [hook.id, answer[outputOf(hook)]!.data as Float32Array] as const;
    const width = widthOf(hook);
    const all = answer[hook.value]!.data as Float32Array;
    const parts = rows.map(({ ids }, r) =>
      all.subarray((r * longest + (first ? 0 : 1)) * width, (r * longest + ids.length) * width),
    );
    return [hook.id, joined(parts)] as const;
  });
  return {
    rows: rows.map(({ row }) => row),
    values: Object.fromEntries(values),
    tokens: rows.map(({ ids }) => ids.length),
  };
}

function outputOf({ value }: HookPoint): string {
  return `${value}.pooled`;
}

function widthOf({ shape }: HookPoint): number {
  return shape.reduce<number>((product, size) => product * Number(size), 1);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refusePatterns(hooks: readonly HookPoint[]): void {
  const pattern = hooks.find(({ role }) => role === 'pattern');
  if (!pattern) return;
  throw new MongeError({
    code: 'hook-unpooled',
    blame: 'input',
    what: 'attention patterns have another size for every text and make no matrix',
    where: { key: 'hooks' },
    got: pattern.id,
    help: 'look at them in the attention view, or capture attn_out',
  });
}

/** The error with the number of the text that it is about. */
function atRow(thrown: unknown, row: number): unknown {
  if (!(thrown instanceof MongeError) || thrown.detail.code !== 'text-empty') return thrown;
  return new MongeError(
    { ...thrown.detail, where: { ...thrown.detail.where, row: row + 1 } },
    { cause: thrown },
  );
}
