/** @file Exported graphs opened as language models: what transformers computes, found by structure, in caches too, and certified. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeModel,
  encodeModel,
  GraphBuilder,
  type TensorProto,
  type ValueInfoProto,
} from '../../../native-models';
import { numberToHalf } from '../../../native-models/io/halves';
import { tensorArray } from '../../../native-models/onnx/tensor-data';
import { expectClose } from '../../../native-models/testing/expect-close';
import { loadLanguageFixture, loadTensorFixture } from '../../../native-models/testing/language-fixture';
import type { HookCertificate } from '../../contract/language';
import { modelBytes, node, value } from '../../models/testing';
import type { Subject } from '../certify/subject';
import { certified } from '../certify/testing';
import { attentionOf } from '../insides/attention';
import { certifyOpened } from '../service/certified';
import { openLanguage, type OpenedLanguage } from '../service/opened';
import { ExportFolders } from './testing';

const folders = new ExportFolders();
let place: { threads: number; cacheFolder: string };
const opened: OpenedLanguage[] = [];
beforeAll(async () => {
  place = { threads: 1, cacheFolder: await folders.root };
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await folders.close();
});

async function open(...made: Parameters<ExportFolders['of']>): Promise<OpenedLanguage> {
  const one = await openLanguage(await folders.of(...made), place);
  opened.push(one);
  return one;
}

function certify(model: OpenedLanguage): Promise<HookCertificate[]> {
  return certifyOpened(model, { kind: 'certify' }, () => undefined, new AbortController().signal);
}

const failing = (certificates: readonly HookCertificate[]) =>
  certificates.filter(({ verdict }) => verdict !== 'passes').map(({ hook, reason }) => `${hook}: ${reason}`);

const decoders = [
  'decoders/llama.script',
  'decoders/gpt2.export',
  'decoders/qwen3.fused',
  'roles/llama.export',
];

describe.each(decoders)('%s', (name) => {
  const { texts, config } = loadLanguageFixture(name.split('/')[1]!.split('.')[0]!);
  const [{ ids, logits, states, final }] = texts as [(typeof texts)[0]];

  it('has the residual states and logits of transformers', async () => {
    const model = await open(name);
    const runs = await model.insides.runs('fp32');
    const { layers } = model.facts;
    expect(model.facts).toMatchObject({ kind: 'decoder', family: config.model_type, vocabulary: 64 });
    const wanted = ['embed', ...Array.from({ length: layers }, (_, layer) => `resid_post:${layer}`)];
    // GPT-2 adds its positions to the embedding before the first block.
    const hooks = wanted.map((id) => (id === 'embed' && config.model_type === 'gpt2' ? 'resid_pre:0' : id));
    const found = await runs.run({ ids: [ids], hooks: [...hooks, 'norm_final', 'logits'] });
    const [, tokens, width] = found[hooks[0]!]!.dims as [number, number, number];
    hooks.forEach((hook, row) => {
      const expected = states.subarray(row * tokens * width, (row + 1) * tokens * width);
      expectClose(found[hook]!.data as Float32Array, expected, { atol: 1e-4, rtol: 1e-4 });
    });
    expectClose(found.norm_final!.data as Float32Array, final, { atol: 1e-4, rtol: 1e-4 });
    expectClose(found.logits!.data as Float32Array, logits, { atol: 1e-4, rtol: 1e-4 });
  });

  it('decodes token by token what it says at once', async () => {
    const model = await open(name);
    const words = await model.decoder('fp32');
    const { logProbabilities } = await words.score(ids);
    const width = 64;
    for (let k = 1; k < ids.length; k += 1) {
      const row = logits.subarray((k - 1) * width, k * width);
      const all = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
      expect(logProbabilities[k]).toBeCloseTo(row[ids[k]!]! - all, 4);
    }
    const settings = {
      ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 },
      ...{ maxTokens: 3, stop: [], stopAtEnd: false },
    };
    const short = ids.slice(0, 4);
    const [alone] = await words.generate([{ prompt: ids }], settings);
    const [beside] = await words.generate([{ prompt: ids }, { prompt: short }], settings);
    expect(beside).toEqual(alone);
    const row = logits.subarray((ids.length - 1) * width, ids.length * width);
    expect(alone!.ids[0]).toBe(row.indexOf(Math.max(...row)));
    expect(words.record!.graph).toBe('imported');
    if (name.startsWith('roles')) expect(words.record!.plainBecause).toMatch(/keeps no cache/);
    else expect(words.record!.plainBecause).toBeNull();
  });

  it('is certified in every hook', async () => {
    const certificates = await certify(await open(name));
    expect(failing(certificates)).toEqual([]);
    const checks = certificates.find(({ hook }) => hook === 'logits')!.checks.map((one) => one.name);
    expect(checks.includes('cache')).toBe(!name.startsWith('roles'));
    expect(checks).toEqual(expect.arrayContaining(['identity', 'padding', 'recomputed', 'perturbation']));
  });
});

describe('a fused decoder of 4-bit weights', () => {
  it('is exact where it is looked into, and rounds activations only in chat', async () => {
    const model = await open('decoders/qwen3.q4');
    const file = new URL('../../models/testing/exports/decoders/qwen3.q4.json', import.meta.url);
    const { ids, logits } = JSON.parse(await readFile(file, 'utf8')) as { ids: number[]; logits: number[][] };
    const runs = await model.insides.runs('fp32');
    const found = await runs.run({ ids: [ids], hooks: ['logits'] });
    expectClose(found.logits!.data as Float32Array, Float32Array.from(logits.flat()), {
      atol: 1e-4,
      rtol: 1e-4,
    });
    expect(failing(await certify(model))).toEqual([]);
    const rounded = (await model.decoder('4-bit-4')).record;
    expect(rounded).toMatchObject({ roundedActivations: true });
    expect((await model.decoder('fp32')).record).toMatchObject({ roundedActivations: false });
  });

  it('says why a pattern cannot be seen', async () => {
    const { absent, hooks } = (await open('decoders/qwen3.fused')).facts;
    expect(absent!.map(({ id }) => id)).toEqual(['pattern:0', 'pattern:1']);
    expect(absent![0]!.reason).toBe('the pattern stays inside GroupQueryAttention');
    expect(hooks.map(({ id }) => id)).toContain('resid_post:1');
    const { insides } = await open('decoders/qwen3.fused');
    const asked = { kind: 'attention', text: 'the sea', layer: 0, level: 'fp32', cells: 8 } as const;
    await expect(attentionOf(insides, asked)).rejects.toThrow(/the pattern stays inside GroupQueryAttention/);
  });
});

describe('a decoder of half precision', () => {
  it('is computed in float32 on the weights as they are', async () => {
    const { ids, logits } = loadLanguageFixture('llama').texts[0]!;
    const model = await open('decoders/llama.script', { changed: inHalves });
    expect(model.facts.weights[0]).toMatchObject({ type: 'float16' });
    expect(model.facts.levels[0]!.says).toContain('half precision');
    const runs = await model.insides.runs('fp32');
    const found = await runs.run({ ids: [ids], hooks: ['logits'] });
    // Its sines and cosines were rounded when it was exported.
    expectClose(found.logits!.data as Float32Array, logits, { atol: 2e-2, rtol: 2e-2 });
    expect(failing(await certify(model))).toEqual([]);
    const { logProbabilities } = await (await model.decoder('fp32')).score(ids);
    expect(logProbabilities.slice(1).every((value) => Number.isFinite(value))).toBe(true);
  });
});

/** An export in float16: weights, casts and declared types. */
function inHalves(bytes: Uint8Array): Uint8Array {
  const float = 1;
  const half = 10;
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const tensor = (one: TensorProto): TensorProto => {
    if (one.dataType !== float) return one;
    const { data, shape } = tensorArray(one);
    // Converters cut what would be infinite.
    const cut = (value: number) => Math.max(-65504, Math.min(65504, value));
    const bits = Uint16Array.from(data as Float32Array, (value) => numberToHalf(cut(value)));
    return { name: one.name, dims: [...shape], dataType: half, rawData: new Uint8Array(bits.buffer) };
  };
  const declared = (one: ValueInfoProto): ValueInfoProto =>
    one.type!.tensorType!.elemType === float
      ? { ...one, type: { tensorType: { ...one.type!.tensorType, elemType: half } } }
      : one;
  const node = graph.node!.map((one) => ({
    ...one,
    attribute: (one.attribute ?? []).map((each) =>
      each.t
        ? { ...each, t: tensor(each.t) }
        : each.name === 'to' && each.i === float
          ? { ...each, i: half }
          : each,
    ),
  }));
  return encodeModel({
    ...model,
    graph: {
      ...graph,
      node,
      initializer: graph.initializer!.map(tensor),
      input: graph.input!.map(declared),
      output: graph.output!.map(declared),
    },
  });
}

describe('an encoder', () => {
  it.each(['roles/bert.script', 'roles/bert.fused'])('%s has the states of transformers', async (name) => {
    const model = await open(name);
    expect(model.facts).toMatchObject({ kind: 'encoder', family: 'bert' });
    const { expected } = loadTensorFixture('bert');
    const ids = Array.from(expected['text.0']!.data as BigInt64Array, Number);
    const runs = await model.insides.runs('fp32');
    const last = `resid_post:${model.facts.layers - 1}`;
    const found = await runs.run({ ids: [ids], hooks: [last] });
    const states = expected['states.0']!.data as Float32Array;
    const size = found[last]!.data.length;
    const wanted = states.subarray(states.length - size);
    expectClose(found[last]!.data as Float32Array, wanted, { atol: 1e-4, rtol: 1e-4 });
    expect(failing(await certify(model))).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('is found where a cache belongs to another layer', async () => {
    const swapped = (bytes: Uint8Array) => {
      const model = decodeModel(bytes);
      const turn = (name: string) =>
        name.startsWith('present.') ? name.replace(/\d/, (layer) => String(1 - Number(layer))) : name;
      const node = model.graph!.node!.map((one) => ({ ...one, output: one.output!.map(turn) }));
      const input = (name: string) =>
        model.graph!.output!.some((one) => one.name === name) ? turn(name) : name;
      const read = node.map((one) => ({ ...one, input: (one.input ?? []).map(input) }));
      return encodeModel({ ...model, graph: { ...model.graph, node: read } });
    };
    const certificates = await certify(await open('decoders/llama.script', { changed: swapped }));
    const { verdict, reason } = certificates.find(({ hook }) => hook === 'logits')!;
    expect(verdict).toBe('wrong');
    expect(reason).toMatch(/^Decoded token by token with caches against all at once/);
  });

  it('is found where padding is not masked', async () => {
    const blind = (bytes: Uint8Array) => {
      const model = decodeModel(bytes);
      const mask = new GraphBuilder('blind');
      const zeros = mask.node('Mul', ['input_ids', mask.constant('int64', [0])]);
      mask.node('Add', [zeros, mask.constant('int64', [1])], {}, { name: 'ones' });
      const read = model.graph!.node!.map((one) => ({
        ...one,
        input: (one.input ?? []).map((name) => (name === 'attention_mask' ? 'ones' : name)),
      }));
      const initializer = [...model.graph!.initializer!, ...mask.initializers];
      return encodeModel({
        ...model,
        graph: { ...model.graph, node: [...mask.nodes, ...read], initializer },
      });
    };
    const certificates = await certify(await open('roles/bert.script', { changed: blind }));
    expect(failing(certificates)).toEqual([
      expect.stringMatching(/^resid_post:1: The text with padding on the right, as it is run here,/),
    ]);
  });

  it('is found where a hook is a value that nothing reads', async () => {
    const model = await open('decoders/llama.script');
    const { insides, body } = model;
    const runs = await insides.runs('fp32');
    const place = insides.hooks.find(({ id }) => id === 'mlp_out:0')!;
    const dead = 'dead';
    const subject: Subject = {
      ...{ hooks: insides.hooks.map((hook) => (hook === place ? { ...hook, value: dead } : hook)) },
      ...{ observed: 'logits', ids: [1, 2, 3, 4], padding: 0 },
      graph: (outputs) => {
        const built = runs.model.graph(outputs).model;
        const copy = { opType: 'Identity', name: dead, input: [place.value], output: [dead] };
        const output = built.graph!.output!.map((one) =>
          one.name === place.value ? { ...one, name: dead } : one,
        );
        return { ...built, graph: { ...built.graph, node: [...built.graph!.node!, copy], output } };
      },
      open: (graph, level) => runs.model.open(graph, level),
      ...body.witnesses('fp32', [1, 2, 3, 4]),
    };
    const certificates = await certified(subject);
    expect(failing(certificates)).toEqual([expect.stringContaining('mlp_out:0: Moved by a thousandth')]);
  });

  it('is told by code: merged decoders, unknown inputs', async () => {
    const branch = (name: string) => ({
      name,
      node: [node('Constant', name, [], [name])],
      output: [value(name, 'batch', 'tokens', 4)],
    });
    const merged = modelBytes({
      name: 'merged',
      input: [
        { ...value('input_ids', 'batch', 'tokens'), type: { tensorType: { elemType: 7 } } },
        { name: 'use_cache_branch', type: { tensorType: { elemType: 9, shape: { dim: [] } } } },
      ],
      output: [value('logits', 'batch', 'tokens', 4)],
      node: [
        node(
          'If',
          'both',
          ['use_cache_branch'],
          ['logits'],
          [
            { name: 'then_branch', type: 5, g: branch('a') },
            { name: 'else_branch', type: 5, g: branch('b') },
          ],
        ),
      ],
    });
    await expect(open('decoders/llama.script', { changed: () => merged })).rejects.toThrow(
      expect.objectContaining({ code: 'model-merged' }),
    );
    const renamed = (bytes: Uint8Array) => {
      const model = decodeModel(bytes);
      const input = [...model.graph!.input!, value('encoder_hidden_states', 'batch', 'tokens', 4)];
      return encodeModel({ ...model, graph: { ...model.graph, input } });
    };
    await expect(open('decoders/llama.script', { changed: renamed })).rejects.toThrow(
      expect.objectContaining({ code: 'model-inputs' }),
    );
  });
});

describe('what lies beside the graph', () => {
  it('is read in the folder of the model where the graph lies below it', async () => {
    const { facts } = await open('decoders/llama.script', { below: 'onnx' });
    expect(facts).toMatchObject({ family: 'llama', context: 64, notices: [] });
    expect(facts.tokenizer).toEqual({ kind: 'byte-level-bpe', missing: null });
  });

  it('may be missing: texts are ids then', async () => {
    const model = await open('decoders/gpt2.export', { config: false, tokenizer: false });
    expect(model.facts.notices!.map(({ code }) => code)).toEqual(['tokenizer-missing']);
    expect((await model.insides.tokens('5 12, 7')).map(({ id }) => id)).toEqual([5, 12, 7]);
    await expect(model.insides.tokens('5 words')).rejects.toThrow(
      expect.objectContaining({ code: 'tokenizer-missing' }),
    );
  });
});
