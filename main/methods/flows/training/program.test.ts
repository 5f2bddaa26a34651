/** @file The training program of a run as the model view shows it: one Loop whose body holds the network and its gradient. */
import { expect, it } from 'vitest';
import { toModel } from '../../../../native-models';
import { graphsOf } from '../../../models/open-models';
import { structureOf } from '../../../models/structure';
import { flows } from '..';
import type { FlowsConfig } from '../config';
import { programOf } from '../../../training/loop';
import { flowProgram } from './train';

it('is one Loop with the layers, their gradients and the optimiser inside', () => {
  const config = flows.config.parse({}) as unknown as FlowsConfig;
  const structure = structureOf(
    toModel(programOf({ program: flowProgram(config, { dimension: 3 }), device: 'cpu' }, 4).graph, {
      describe: true,
    }),
  );
  const { mainBody } = graphsOf(structure);
  expect(mainBody).not.toBeNull();
  const inside = structure.graphs[mainBody!]!.nodes.map((index) => structure.nodes[index]!.scope[0]);
  expect(inside).toEqual(expect.arrayContaining(['layer1', 'output', 'gradient', 'adamw']));
});
