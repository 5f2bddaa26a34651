/** @file The description of a decoder from Hugging Face's config.json, with every family's own defaults for absent keys. */
import { MongeError } from '../../error';
import { decoderFamilies, type DecoderConfig, type DecoderFamily } from './config';
import { ConfigReader } from './config-reader';
import type { ReadFamily } from './family-config';
import { gemmaFamilies } from './gemma-config';
import { gptFamilies } from './gpt-config';
import { llamaFamilies } from './llama-config';

const families: Record<DecoderFamily, ReadFamily> = { ...llamaFamilies, ...gemmaFamilies, ...gptFamilies };

/**
 * The decoder that `config.json` describes. Keys that are absent have the values that transformers 5 gives them; keys of
 * older files (`rope_theta`, `rope_scaling`, `sliding_window_pattern`) and of newer ones (`rope_parameters`,
 * `layer_types`) are both read.
 * @throws `model-family` for a model_type that is not built here, `model-config` for a value that is absurd, contradicts
 * another, or asks for something that is not built
 */
export function decoderConfig(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const whole = new ConfigReader(json);
  // A model that also takes images has its decoder's description inside.
  const text = whole.inside('text_config');
  const config = text?.has('model_type') ? text : whole;
  const family = config.json.model_type;
  if (!isFamily(family))
    throw new MongeError({
      code: 'model-family',
      blame: 'input',
      what: 'decoders of this family are not built here',
      where: { key: 'model_type' },
      got: JSON.stringify(family) ?? 'nothing',
      expected: decoderFamilies.join(', '),
      help: 'an ONNX export of the model can be opened instead',
    });
  const described = families[family](config);
  if (described.heads % described.kvHeads !== 0)
    throw config.refused(
      'num_key_value_heads',
      described.kvHeads,
      `a divisor of the ${described.heads} heads of queries`,
    );
  return described;
}

function isFamily(value: unknown): value is DecoderFamily {
  return typeof value === 'string' && (decoderFamilies as readonly string[]).includes(value);
}
