/**
 * @file How a configuration says that positions turn queries and keys, in the keys of every age: `rope_theta` and
 * `rope_scaling`, or `rope_parameters`, which Gemma 3 has once for its layers with a window and once for the others.
 */
import type { RotaryConfig } from './config';
import type { ConfigReader } from './config-reader';

const longest = 2 ** 31;

export interface RopeDefaults {
  headWidth: number;
  context: number;
  base: number;
  /** The part of a head's units that turn. */
  part: number;
  /** What a scaling of Phi-3 calls the first context; for others the context itself. */
  original?: number;
}

/**
 * One description of turning. `baseKey` and `partKey` are the family's own keys outside `rope_parameters`.
 * @throws `model-config` for kinds that are not known, and for values that contradict each other
 */
export function ropeConfig(
  config: ConfigReader,
  defaults: RopeDefaults,
  { baseKey = 'rope_theta', partKey = 'partial_rotary_factor', nested = '', scaled = true } = {},
): RotaryConfig {
  const parameters = config.inside('rope_parameters');
  const own = (nested === '' ? parameters : (parameters?.inside(nested) ?? flat(parameters))) ?? null;
  const old = scaled ? config.inside('rope_scaling') : null;
  const scaling = old ?? own;
  const base = own?.has('rope_theta')
    ? own.positive('rope_theta')
    : old?.has('rope_theta')
      ? old.positive('rope_theta')
      : config.positive(baseKey, defaults.base);
  const part = own?.has('partial_rotary_factor')
    ? own.positive('partial_rotary_factor')
    : config.positive(partKey, defaults.part);
  if (part > 1) throw config.refused(partKey, part, 'a part of at most 1');
  const width = Math.floor(defaults.headWidth * part);
  if (width < 2 || width % 2 === 1)
    throw config.refused(partKey, part, `an even number of the ${defaults.headWidth} units of a head`);
  return {
    width,
    base,
    scaling: scaling ? scalingOf(config, scaling, width, defaults) : null,
  };
}

/** Parameters that are not told apart by layer hold for all of them. */
function flat(parameters: ConfigReader | null): ConfigReader | null {
  const nestedKeys = ['full_attention', 'sliding_attention'];
  return parameters && nestedKeys.some((key) => parameters.has(key)) ? null : parameters;
}

function scalingOf(
  config: ConfigReader,
  scaling: ConfigReader,
  width: number,
  defaults: RopeDefaults,
): RotaryConfig['scaling'] {
  const key = scaling.has('rope_type') ? 'rope_type' : 'type';
  const kinds = {
    default: 'default',
    linear: 'linear',
    llama3: 'llama3',
    yarn: 'yarn',
    longrope: 'longrope',
  };
  // Phi-3's first files called its own scaling su, later ones yarn.
  const phi: Record<string, string> =
    defaults.original === undefined ? {} : { su: 'longrope', yarn: 'longrope' };
  const kind = scaling.choice<string>(key, { ...kinds, ...phi }, 'default');
  const original = () => {
    const first = 'original_max_position_embeddings';
    // A key outside goes before the one inside, as Phi-3's files have it.
    const outside = config.has(first) || defaults.original !== undefined;
    if (outside) return config.size(first, longest, defaults.original);
    return scaling.size(first, longest, defaults.context);
  };
  switch (kind) {
    case 'linear':
      return { kind, factor: scaling.positive('factor') };
    case 'llama3': {
      const low = scaling.positive('low_freq_factor');
      const high = scaling.positive('high_freq_factor');
      if (high <= low) throw scaling.refused('high_freq_factor', high, `more than low_freq_factor, ${low}`);
      return { kind, factor: scaling.positive('factor'), low, high, original: original() };
    }
    case 'yarn': {
      const first = original();
      const factor = scaling.positive('factor', defaults.context / first);
      return {
        kind,
        factor,
        original: first,
        attention: scaling.positive('attention_factor', yarnAttention(scaling, factor)),
        fast: scaling.positive('beta_fast', 32),
        slow: scaling.positive('beta_slow', 1),
        whole: scaling.flag('truncate', true),
      };
    }
    case 'longrope': {
      const first = original();
      const factor = scaling.positive('factor', defaults.context / first);
      // Eq. of LongRoPE's authors: √(1 + ln factor / ln original).
      const attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(first));
      return {
        kind,
        short: scaling.positives('short_factor', width / 2),
        long: scaling.positives('long_factor', width / 2),
        original: first,
        attention: scaling.positive('attention_factor', attention),
      };
    }
    default:
      return null;
  }
}

/** 0.1·m·ln factor + 1 of YaRN (arXiv:2309.00071, eq. 22), or the quotient of two such where a file has both. */
function yarnAttention(scaling: ConfigReader, factor: number): number {
  const scale = (multiplier: number) => (factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1);
  if (!scaling.has('mscale') || !scaling.has('mscale_all_dim')) return scale(1);
  return scale(scaling.positive('mscale')) / scale(scaling.positive('mscale_all_dim'));
}
