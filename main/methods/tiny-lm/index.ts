/** @file The Tiny language model method: a small decoder of Llama's layout, trained on a text in minutes. */
import { toOnnx, type Gpt } from '../../../native-models';
import { defineMethod, type Arrays } from '../../contract/define';
import { programOf } from '../../training/loop';
import { onnxFile } from './checkpoint';
import { claims } from './claims';
import { config, inputs, type TinyConfig } from './config';
import { figures } from './figures';
import { metrics } from './metrics';
import { tinyNetwork, tinyProgram } from './network';
import { queries } from './queries';
import { runTiny } from './run';

/** Steps per run of the program that is shown: enough to see a loop, few enough to profile quickly. */
const SHOWN_STEPS = 4;

export const tinyLm = defineMethod({
  id: 'tiny-lm',
  title: 'Tiny LM',
  summary: 'Trains a small language model of the Llama kind on a text of yours, in minutes.',
  cite: 'arXiv:2302.13971',
  icon: 'message-square-text',
  inputs,
  config,
  run: runTiny,
  queries,
  async exportOnnx({ config: settings, snapshot }) {
    const { arrays } = await snapshot('latest');
    return onnxFile(networkOf(settings, arrays), arrays);
  },
  async exportTraining({ config: settings, snapshot, snapshotSteps }) {
    const network =
      snapshotSteps.length === 0
        ? tinyNetwork(settings, settings.vocabulary)
        : networkOf(settings, (await snapshot('latest')).arrays);
    const program = tinyProgram(network, settings.batchSize);
    return toOnnx(programOf({ program, device: settings.device }, SHOWN_STEPS).graph, { describe: true });
  },
  figures,
  metrics,
  claims,
});

/** The vocabulary may be smaller than asked for; the weights say how large it is. */
function networkOf(settings: TinyConfig, weights: Arrays): Gpt {
  return tinyNetwork(settings, weights['model.embed_tokens.weight']!.shape[0]!);
}
