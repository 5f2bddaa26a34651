/** @file An imported ONNX graph as a language model of the service: roles by structure, tokens by what lies beside it. */
import type { SteeringPlan } from '../../../native-models';
import { errorDetail, MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import type { NumericLevel } from '../../contract/language';
import type { Steering } from '../../contract/steering';
import { withSeparateSums } from '../../models/token-graph';
import { textsOf, type ModelTexts } from '../../models/onnx-folder';
import { endTokens } from '../end-tokens';
import { generate } from '../generation';
import type { Insides } from '../insides/insides';
import { tokenFeeds } from '../insides/runs';
import { score } from '../scoring';
import { tokenByToken, type LanguageBody, type Words } from '../service/body';
import { openTokenizer } from '../tokenizer/open';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { Decoding, NumericRecord } from '../decoding';
import { SteerableDecoders } from '../steering/decoders';
import { withSteering } from '../steering/inserted';
import { importedDecoding, WITHOUT_CACHE } from './decoding';
import { importedFacts, type ReadBeside } from './facts';
import { readImportedGraph, type ImportedGraph } from './graph';
import { idsTokenizer } from './ids-tokenizer';
import { importedInsides } from './insides';
import { probe, type Probed } from './probe';

/** Decoders that are kept open, each with the weights of its file. */
const KEPT = 1;
/** Tokens that are read of a model that does not say how many it was made for. */
const USUAL_CONTEXT = 2048;

/**
 * Opens an .onnx file, or a folder with one as exporters write it, and runs it once on a few tokens. Without a tokenizer its
 * texts are ids.
 * @throws the codes of `readImportedGraph`, `probe` and `textsOf`
 */
export async function openImportedBody(path: string, compute: Compute): Promise<LanguageBody> {
  const graph = await readImportedGraph(path, compute);
  const texts = await textsOf(graph.file);
  const probed = await probe(graph);
  const beside = readBeside(texts, graph, probed);
  const config = texts.config ?? {};
  const context = numberOf(config, ['max_position_embeddings', 'n_positions', 'n_ctx']) ?? USUAL_CONTEXT;
  const pattern = probed.hooks.find(({ role }) => role === 'pattern');
  const heads = pattern
    ? Number(pattern.shape[0])
    : (numberOf(config, ['num_attention_heads', 'n_head']) ?? 0);
  const kind: 'decoder' | 'encoder' = probed.causal && probed.vocabulary > 0 ? 'decoder' : 'encoder';
  const sizes = { kind, context, heads, layers: graph.roles.layers };
  const insides = importedInsides(graph, probed, sizes, beside.tokenizer);
  const facts = importedFacts(graph, probed, insides, texts, beside);
  return {
    path,
    checkpoint: null,
    facts,
    insides,
    tokenizer: beside.tokenizer,
    words: async (level) => {
      const known = facts.levels.find(({ id }) => id === level);
      if (!known?.available) throw levelMissing(level, known?.says ?? '');
      return wordsOf(graph, probed, { level, context, beside, config });
    },
    witnesses: (_, ids) => ({
      reference: () => again(insides, graph, ids),
      referenceSays:
        'captured against computed again: with all optimisations, as the sum of its parts, or from the last state',
      ...(kind === 'decoder' && graph.given.cache
        ? { cached: () => tokenByToken(decodingOf(graph, probed, 'fp32'), ids) }
        : {}),
      tolerance: 1e-4,
      padsLeft: padsLeft(graph),
    }),
    close: () => insides.close(),
  };
}

function readBeside(texts: ModelTexts, { file }: ImportedGraph, { vocabulary }: Probed): ReadBeside {
  const most = vocabulary || (numberOf(texts.config ?? {}, ['vocab_size']) ?? 2 ** 20);
  let missing = 'no tokenizer.json lies beside the model';
  try {
    if (texts.tokenizer) return { tokenizer: openTokenizer(texts.tokenizer), missing: null };
  } catch (thrown) {
    const { what, where, got } = errorDetail(thrown);
    missing = [what, where?.key, got].filter(Boolean).join('; ');
  }
  return { tokenizer: idsTokenizer(most, file), missing };
}

/** Positions have to be counted from the mask, and fused attention takes only its sum. */
function padsLeft({ given, exact }: ImportedGraph): boolean {
  const counts = given.inputs.some(({ kind }) => kind === 'positions');
  const sums = exact.graph!.node!.some(({ opType }) => opType === 'GroupQueryAttention');
  return counts && !sums;
}

async function decodingOf(
  graph: ImportedGraph,
  { vocabulary, hooks }: Probed,
  level: NumericLevel,
  steering: SteeringPlan | null = null,
) {
  const { exported, exact, given, rounded } = graph;
  const rounds = level === '4-bit-4' && rounded > 0;
  const plain = rounds ? exported : exact;
  // Sums that fused nodes keep to themselves are among the hooks.
  const model = steering ? withSteering(withSeparateSums(plain), steering, hooks) : plain;
  const session = await graph.open(model, 'all');
  return importedDecoding(session, {
    ...{ given, vocabulary, steering },
    record: {
      ...{ level, graph: 'imported', roundedActivations: rounds, requantised: false, rescored: false },
      plainBecause: given.cache ? null : WITHOUT_CACHE,
    },
  });
}

async function wordsOf(
  graph: ImportedGraph,
  probed: Probed,
  {
    level,
    context,
    beside,
    config,
  }: {
    level: NumericLevel;
    context: number;
    beside: ReadBeside;
    config: Readonly<Record<string, unknown>>;
  },
): Promise<Words> {
  const decoders = new SteerableDecoders(
    ({ steering }) => decodingOf(graph, probed, level, steering),
    KEPT,
    () => probed.hooks,
  );
  const form = { loop: false, rescored: false };
  let record: NumericRecord | null = null;
  const use = <T>(steering: Steering | null, then: (decoding: Decoding) => Promise<T>): Promise<T> =>
    decoders.use(form, steering, (decoding) => {
      record = decoding.record;
      return then(decoding);
    });
  await use(null, async () => undefined);
  const tokenizer: Tokenizer = beside.tokenizer;
  const endIds = endTokens(tokenizer, config);
  return {
    get record() {
      return record;
    },
    generate: (requests, settings, onToken, stopRequested, steering = null) =>
      use(steering, (decoding) =>
        generate({ decoding, tokenizer, context, endIds }, requests, settings, onToken, stopRequested),
      ),
    score: (text, stopRequested, steering = null) =>
      use(steering, (decoding) =>
        score(decoding, typeof text === 'string' ? tokenizer.ids(text) : text, context, stopRequested),
      ),
    compare: (steering, then) => decoders.compare(form, steering, then),
    compareAt: (steering, lambdas, then) => decoders.compareAt(form, steering, lambdas, then),
    close: () => decoders.close(),
  };
}

/** Every hook computed in another way than it is captured. */
async function again(
  insides: Insides,
  graph: ImportedGraph,
  ids: readonly number[],
): Promise<Map<string, Float32Array>> {
  const { hooks } = insides;
  const { model } = await insides.runs('fp32');
  const built = model.graph(hooks.map(({ id }) => id));
  const session = await model.open(built.model, 'all');
  const found = new Map<string, Float32Array>();
  try {
    const values = await session.run(tokenFeeds([ids]));
    for (const { id, value } of hooks) found.set(id, values[value]!.data as Float32Array);
  } finally {
    await session.close();
  }
  const sum = (to: string, parts: readonly string[]) => {
    const terms = parts.map((id) => found.get(id));
    const target = found.get(to);
    if (!target || terms.some((term) => term?.length !== target.length)) return;
    found.set(
      to,
      target.map((_, k) => terms.reduce((total, term) => total + term![k]!, 0)),
    );
  };
  // Where norms belong to sums, a state is more than the sum of its parts.
  for (let layer = 0; layer < graph.roles.layers; layer += 1) {
    if (!found.has(`norm_attn_in:${layer}`)) continue;
    sum(`resid_post:${layer}`, [`resid_mid:${layer}`, `mlp_out:${layer}`]);
    sum(`resid_mid:${layer}`, [`resid_pre:${layer}`, `attn_out:${layer}`]);
  }
  const head = await insides.head('fp32');
  const last = found.get(`resid_post:${graph.roles.layers - 1}`);
  if (head && last) found.set('logits', await head.logits(last, ids.length, 'norm'));
  return found;
}

function numberOf(config: Readonly<Record<string, unknown>>, keys: readonly string[]): number | null {
  for (const key of keys) {
    const value = config[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return null;
}

function levelMissing(level: string, says: string): MongeError {
  return new MongeError({
    code: 'level-unavailable',
    blame: 'input',
    what: says || 'this model has no such level',
    where: { key: 'level' },
    got: level,
    expected: 'fp32',
  });
}
