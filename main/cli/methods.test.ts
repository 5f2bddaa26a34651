/** @file What `monge methods` says of inputs and settings. */
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { MethodInfo } from '../contract/engine';
import { commandLine, flows } from './testing';

const monge = commandLine(tmpdir());

describe('monge methods', () => {
  it('lists every setting with range, default and help', async () => {
    const { printed } = await monge(['methods', 'flows']);
    expect(printed.join('\n')).toMatch(/steps\s+1…100\s+10\s+Optimiser steps\./);
  });

  it('says when an input is needed', async () => {
    const [target, source] = flows.inputs;
    const inputs: MethodInfo['inputs'] = [
      { ...target!, onlyWhen: { key: 'base', values: ['onnx', 'other'] } },
      source!,
    ];
    const listed = await monge(
      ['methods', 'flows'],
      {},
      { methods: () => Promise.resolve([{ ...flows, inputs }]) },
    );
    expect(listed.printed.join('\n')).toMatch(/target=FILE\s+needed when base=onnx\|other\s+Data\./);
    expect(listed.printed.join('\n')).toMatch(/source=FILE\s+optional\s+Source\./);
  });

  it('says what the settings take that are lists', async () => {
    const about = { title: '', group: '', advanced: false, default: [] };
    const fields: MethodInfo['fields'] = [
      { ...about, key: 'targets', kind: 'columns', help: 'What to predict.' },
      {
        ...about,
        key: 'scores',
        kind: 'choices',
        help: 'How far off.',
        choices: ['box', 'ball', 'long'.repeat(11)].map((value) => ({ value, title: '', help: '' })),
      },
    ];
    const listed = await monge(
      ['methods', 'flows'],
      {},
      { methods: () => Promise.resolve([{ ...flows, fields }]) },
    );
    expect(listed.printed.join('\n')).toMatch(/targets\s+names of columns\s+\[\]/);
    expect(listed.printed.join('\n')).toMatch(
      /scores\s+all, or some of box,ball,\s+\[\]\s+How far off\.\n\s+(long){11}$/,
    );
  });
});
