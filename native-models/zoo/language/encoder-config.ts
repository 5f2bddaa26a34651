/** @file What an encoder of texts or images is built from, read from config.json and the files of sentence-transformers. */
import { MongeError } from '../../error';
import { ConfigReader } from './config-reader';

export const encoderFamilies = ['bert', 'vit'] as const;
export type EncoderFamily = (typeof encoderFamilies)[number];

export interface EncoderConfig {
  family: EncoderFamily;
  width: number;
  layers: number;
  heads: number;
  headWidth: number;
  hidden: number;
  epsilon: number;
  /** A norm before each branch (ViT), or of the sum behind it (BERT). */
  norms: 'before' | 'sum';
  mlp: 'gelu' | 'geluTanh';
  queryKeyValueBias: boolean;
  /** Of texts; null for images. */
  text: { vocabulary: number; context: number; types: number } | null;
  /** Of images, in pixels; null for texts. */
  image: { height: number; width: number; patchHeight: number; patchWidth: number; channels: number } | null;
  /** Classes of a classifier, where the file has one. */
  labels: readonly string[];
}

/** How one vector is made of the states of a text. */
export interface SentencePooling {
  kind: 'mean' | 'cls' | 'max';
  /** Whether it is then divided by its length. */
  normalise: boolean;
}

const most = { width: 2 ** 17, layers: 1024, heads: 4096, hidden: 2 ** 20, size: 2 ** 24, pixels: 2 ** 14 };
const geluKinds = { gelu: 'gelu', gelu_new: 'geluTanh', gelu_pytorch_tanh: 'geluTanh' } as const;

/**
 * The encoder that `config.json` describes: BERT (MiniLM too) or ViT. Absent keys have what transformers 5 gives them.
 * @throws `model-family`, `model-config` as `decoderConfig` does
 */
export function encoderConfig(json: Readonly<Record<string, unknown>>): EncoderConfig {
  const config = new ConfigReader(json);
  const family = json.model_type;
  if (family !== 'bert' && family !== 'vit')
    throw new MongeError({
      code: 'model-family',
      blame: 'input',
      what: 'encoders of this family are not built here',
      where: { key: 'model_type' },
      got: JSON.stringify(family) ?? 'nothing',
      expected: encoderFamilies.join(', '),
      help: 'an ONNX export of the model can be opened instead',
    });
  const width = config.size('hidden_size', most.width, 768);
  const heads = config.size('num_attention_heads', most.heads, 12);
  if (width % heads !== 0) throw config.refused('num_attention_heads', heads, `a divisor of ${width}`);
  const shared = {
    width,
    heads,
    headWidth: width / heads,
    layers: config.size('num_hidden_layers', most.layers, 12),
    hidden: config.size('intermediate_size', most.hidden, 3072),
    epsilon: config.positive('layer_norm_eps', 1e-12),
    mlp: config.choice('hidden_act', geluKinds, 'gelu'),
    labels: labelsOf(json.id2label),
  };
  return family === 'bert'
    ? { family, ...shared, norms: 'sum', queryKeyValueBias: true, text: textOf(config), image: null }
    : {
        family,
        ...shared,
        norms: 'before',
        queryKeyValueBias: config.flag('qkv_bias', true),
        text: null,
        image: imageOf(config),
      };
}

function textOf(config: ConfigReader): EncoderConfig['text'] {
  if (config.flag('is_decoder', false)) throw config.refused('is_decoder', true, 'false: an encoder');
  config.choice('position_embedding_type', { absolute: true }, 'absolute');
  return {
    vocabulary: config.size('vocab_size', most.size, 30522),
    context: config.size('max_position_embeddings', most.size, 512),
    types: config.size('type_vocab_size', most.size, 2),
  };
}

function imageOf(config: ConfigReader): EncoderConfig['image'] {
  const pair = (key: string, otherwise: number): [number, number] => {
    const given = config.json[key];
    if (!Array.isArray(given)) {
      const size = config.size(key, most.pixels, otherwise);
      return [size, size];
    }
    const fits = (size: unknown) =>
      Number.isSafeInteger(size) && Number(size) >= 1 && Number(size) <= most.pixels;
    if (given.length !== 2 || !given.every(fits))
      throw config.refused(key, given, 'one size, or height and width');
    return given as [number, number];
  };
  const [height, width] = pair('image_size', 224);
  const [patchHeight, patchWidth] = pair('patch_size', 16);
  if (height < patchHeight || width < patchWidth)
    throw config.refused('patch_size', config.json.patch_size, 'at most the image');
  return { height, width, patchHeight, patchWidth, channels: config.size('num_channels', 64, 3) };
}

/** Names of classes by their numbers; the two that transformers makes up for a model without classes are none. */
function labelsOf(given: unknown): string[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return [];
  const labels = Object.entries(given)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => String(label));
  return labels.join() === 'LABEL_0,LABEL_1' ? [] : labels;
}

const poolingKeys = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
} as const;

/**
 * The pooling that sentence-transformers' `modules.json` and `1_Pooling/config.json` describe; null where the folder has
 * none. @throws `sentence-modules` for a step that is not built here, or for two poolings at once
 */
export function sentencePooling(modules: unknown, pooling: unknown): SentencePooling | null {
  if (modules === undefined || modules === null) return null;
  const refuse = (file: string, got: unknown, expected: string) =>
    new MongeError({
      code: 'sentence-modules',
      blame: 'input',
      what: 'this way from states to one vector is not built here',
      where: { file },
      got: (JSON.stringify(got) ?? 'nothing').slice(0, 120),
      expected,
    });
  if (!Array.isArray(modules)) throw refuse('modules.json', modules, 'a list of modules');
  const kinds = modules.map((entry: unknown) => {
    const type = typeof entry === 'object' && entry !== null && 'type' in entry ? String(entry.type) : '';
    return type.split('.').at(-1)!;
  });
  const said = kinds.join(', ');
  if (!/^Transformer, Pooling(, Normalize)?$/.test(said))
    throw refuse('modules.json', said, 'Transformer, Pooling and perhaps Normalize');
  const settings =
    typeof pooling === 'object' && pooling !== null ? (pooling as Record<string, unknown>) : {};
  const chosen = Object.entries(settings).filter(
    ([key, value]) => key.startsWith('pooling_mode') && value !== false,
  );
  // Newer files say `pooling_mode: "mean"`.
  const kind =
    chosen.length !== 1
      ? undefined
      : chosen[0]![0] === 'pooling_mode'
        ? Object.values(poolingKeys).find((name) => name === chosen[0]![1])
        : poolingKeys[chosen[0]![0] as keyof typeof poolingKeys];
  if (kind === undefined)
    throw refuse(
      '1_Pooling/config.json',
      chosen.map(([key]) => key),
      `one of ${Object.keys(poolingKeys).join(', ')}`,
    );
  return { kind, normalise: kinds.includes('Normalize') };
}
