/** @file Configurations of the Llama kind: Llama (SmolLM2 too), Mistral, Qwen 2 and 3, Phi-3, OLMo 2. */
import type { ConfigReader } from './config-reader';
import {
  base,
  everywhere,
  layerTypes,
  llamaDefaults,
  most,
  windowsOf,
  type Defaults,
  type ReadFamily,
} from './family-config';
import { ropeConfig } from './rope-config';

const qwen: Defaults = { ...llamaDefaults, vocabulary: 151936, hidden: 22016, kvHeads: 32, context: 32768 };

/** By `model_type`. */
export const llamaFamilies = {
  llama: (config) => {
    const bias = config.flag('attention_bias', false);
    return {
      ...base('llama', config, llamaDefaults),
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: config.flag('mlp_bias', false) },
    };
  },
  mistral: (config) => {
    const described = base('mistral', config, {
      ...llamaDefaults,
      hidden: 14336,
      kvHeads: 8,
      context: 131072,
    });
    return { ...described, windows: everywhere(config, described.layers, 4096) };
  },
  qwen2: (config) => {
    const described = base('qwen2', config, qwen);
    return {
      ...described,
      windows: qwenWindows(config, described.layers),
      biases: { queryKeyValue: true, attentionOutput: false, mlp: false },
    };
  },
  qwen3: (config) => {
    const described = base('qwen3', config, { ...qwen, headWidth: 128 });
    const bias = config.flag('attention_bias', false);
    return {
      ...described,
      windows: qwenWindows(config, described.layers),
      queryKeyNorm: 'head',
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: false },
    };
  },
  phi3: (config) => {
    const described = base('phi3', config, {
      ...llamaDefaults,
      vocabulary: 32064,
      width: 3072,
      hidden: 8192,
      context: 4096,
      epsilon: 1e-5,
    });
    const { headWidth, context } = described;
    const rope = ropeConfig(config, { headWidth, context, base: 1e4, part: 1, original: 4096 });
    return {
      ...described,
      positions: { kind: 'rotary', layers: described.windows.map(() => rope) },
      windows: everywhere(config, described.layers, null),
    };
  },
  olmo2: (config) => {
    const described = base('olmo2', config, { ...llamaDefaults, vocabulary: 50304, epsilon: 1e-5 });
    const bias = config.flag('attention_bias', false);
    return {
      ...described,
      blockNorms: 'after',
      queryKeyNorm: 'all',
      biases: { queryKeyValue: bias, attentionOutput: bias, mlp: false },
    };
  },
} satisfies Record<string, ReadFamily>;

/** Windows from `max_window_layers` on, and only where they are switched on. */
function qwenWindows(config: ConfigReader, layers: number): (number | null)[] {
  const first = config.json.max_window_layers === 0 ? 0 : config.size('max_window_layers', most.context, 28);
  if (!config.flag('use_sliding_window', false)) return Array.from({ length: layers }, () => null);
  return windowsOf(
    config,
    layerTypes(config, layers, (layer) => layer >= first),
    4096,
  );
}
