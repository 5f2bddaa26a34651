/** @file Settings: how long and how the velocity network is trained, and on which device. */
import { fieldsWith } from '../../../contract/schema';
import { TRAINING } from './groups';

const advanced = fieldsWith({ group: TRAINING, advanced: true });
const shown = fieldsWith({ group: TRAINING });

export const trainingFields = {
  steps: shown.integer({
    title: 'Steps',
    help: 'Optimiser steps in all.',
    unit: 'steps',
    default: 4000,
    range: [1, 10_000_000, 'log'],
  }),
  batchSize: shown.integer({
    title: 'Batch size',
    help: 'Pairs per optimiser step.',
    unit: 'pairs',
    default: 512,
    range: [1, 65536, 'log'],
  }),
  learningRate: shown.real({
    title: 'Learning rate',
    help: 'Step length of AdamW at the start; it falls along a cosine to 0 at the last step.',
    default: 2e-3,
    range: [1e-7, 1, 'log'],
  }),
  weightDecay: advanced.real({
    title: 'Weight decay',
    help: 'Decoupled shrinking of the weights in AdamW.',
    default: 0,
    range: [0, 10],
  }),
  emaDecay: advanced.real({
    title: 'Averaging',
    help: 'Decay per step of the running average of the weights; the average is what is shown, measured and exported.',
    default: 0.999,
    range: [0, 0.99999],
  }),
  device: shown.choice({
    title: 'Device',
    help: 'Where the network is trained and run; a device that is missing falls back to the processor with a notice.',
    default: 'auto',
    choices: [
      {
        value: 'auto',
        title: 'Automatic',
        help: 'The processor: networks of this size gain nothing from another device, and results repeat bit for bit.',
      },
      { value: 'cpu', title: 'Processor', help: 'Repeats bit for bit.' },
      { value: 'webgpu', title: 'WebGPU', help: 'The graphics processor.' },
    ],
  }),
};
