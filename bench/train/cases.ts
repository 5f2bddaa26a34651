/** @file What `monge bench train` trains: the zoo at the sizes that bench/reference/train.py writes in PyTorch. */
import { zooCases, type ZooCase } from '../../native-models';

export interface TrainCase {
  title: string;
  /** How many times as fast as PyTorch eager it should be. */
  goal: number;
  make: () => ZooCase;
}

/** By the name of the model in the reference script. */
export const trainCases: Readonly<Record<string, TrainCase>> = {
  mlp: { title: 'MLP 2→3×64→2, batch 256', goal: 2, make: () => zooCase('velocity-mlp') },
  gpt: { title: 'GPT width 128, 4 layers, context 128, batch 16', goal: 1.3, make: () => zooCase('gpt') },
  vit: { title: 'ViT 28×28, patch 4, width 128, 4 layers, batch 32', goal: 1.3, make: () => zooCase('vit') },
  unet: { title: 'U-Net 28×28, 32-64-128 channels, batch 16', goal: 1, make: () => zooCase('u-net') },
  tarflow: {
    title: 'TarFlow-tiny, 16 tokens, 4 blocks, batch 128',
    goal: 1.3,
    make: () => zooCase('tarflow'),
  },
};

function zooCase(name: string): ZooCase {
  return zooCases('bench').find((zoo) => zoo.name === name)!;
}
