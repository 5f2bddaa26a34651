/** @file Hooks that certify themselves: no false alarm on any family, and every planted fault is caught. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decoderConfig,
  decoderGraph,
  decoderReference,
  encodeModel,
  type ModelProto,
  type WeightSource,
} from '../../../native-models';
import { languageFixtures, loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { openCompute } from '../../compute/session';
import type { HookCertificate } from '../../contract/language';
import { writeWeights } from '../../models/weight-file';
import { certify, type Subject } from './certify';

const compute = openCompute({ threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'monge-certify-'));
afterAll(async () => {
  await compute.close();
  rmSync(folder, { recursive: true });
});

const ids = [5, 12, 7, 33, 20, 8, 41, 3];

/** A family's tiny model; `faulty` is what its graph is built from in place of the checkpoint. */
async function subjectOf(
  name: string,
  {
    faulty,
    changed = (model) => model,
    cached,
  }: { faulty?: WeightSource; changed?: (model: ModelProto) => ModelProto; cached?: Subject['cached'] } = {},
): Promise<Subject> {
  const { config: json, source } = loadLanguageFixture(name);
  const config = decoderConfig(json);
  const location = `${name}-${String(faulty !== undefined)}.weights`;
  const build = (outputs: readonly string[]) =>
    decoderGraph(config, faulty ?? source, { outputs: outputs.filter((id) => id !== 'logits'), location });
  const whole = build([]);
  await writeWeights(join(folder, location), whole.weights);
  return {
    ...{ hooks: whole.hooks, observed: 'logits', ids, padding: 0, tolerance: 1e-4, cached },
    graph: (outputs) => changed(build(outputs).model),
    open: (model, graphLevel) => compute.open(encodeModel(model), { folder, graphLevel, label: name }),
    reference: () => decoderReference(config, source, ids),
  };
}

const run = (subject: Subject) => certify(subject, () => undefined, new AbortController().signal);
const failing = (certificates: readonly HookCertificate[]) =>
  certificates.filter(({ verdict }) => verdict !== 'passes').map(({ hook, reason }) => `${hook}: ${reason}`);
const verdict = (certificates: readonly HookCertificate[], hook: string) =>
  certificates.find((one) => one.hook === hook)!.verdict;

describe('a certificate', () => {
  it.each(languageFixtures)('passes every hook of %s', async (name) => {
    const subject = await subjectOf(name);
    const certificates = await run(subject);
    expect(certificates.map(({ hook }) => hook)).toEqual(subject.hooks.map(({ id }) => id));
    expect(failing(certificates)).toEqual([]);
  });

  it('is told hook by hook, and those not reached when it is stopped are left out', async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const certificates = await certify(
      await subjectOf('llama'),
      ([certificate]) => {
        told.push(certificate!.hook);
        if (told.length === 3) stop.abort();
      },
      stop.signal,
    );
    expect(told).toEqual(['embed', 'resid_pre:0', 'norm_attn_in:0']);
    expect(certificates).toHaveLength(3);
  });
});

describe('a planted fault', () => {
  it('of rows of queries in the order of GGUF is caught at the block, not before it', async () => {
    const { source } = loadLanguageFixture('llama');
    const faulty = withValues(source, 'model.layers.1.self_attn.q_proj.weight', (values) =>
      interleaved(values, 4, source.shape('model.layers.1.self_attn.q_proj.weight')[1]!),
    );
    const certificates = await run(await subjectOf('llama', { faulty }));
    expect(verdict(certificates, 'q:1')).toBe('wrong');
    expect(verdict(certificates, 'pattern:1')).toBe('wrong');
    expect(verdict(certificates, 'k:1')).toBe('passes');
    expect(verdict(certificates, 'resid_post:0')).toBe('passes');
  });

  it('of a hook that nothing reads any more is caught as dead', async () => {
    const certificates = await run(
      await subjectOf('llama', { changed: (model) => withDead(model, 'blocks.0.mlp_gate') }),
    );
    expect(verdict(certificates, 'mlp_gate:0')).toBe('wrong');
    expect(certificates.find(({ hook }) => hook === 'mlp_gate:0')!.reason).toMatch(/the hook is dead/);
    expect(verdict(certificates, 'mlp_act:0')).toBe('passes');
  });

  it('of padding that is taken for text is caught', async () => {
    const certificates = await run(await subjectOf('llama', { changed: withoutMask }));
    const logits = certificates.find(({ hook }) => hook === 'logits')!;
    expect(logits.verdict).toBe('wrong');
    expect(logits.checks.find(({ name }) => name === 'padding')!.ok).toBe(false);
  });

  it('of a cache that lost a token is caught', async () => {
    const cached = async () => {
      const { logits } = loadLanguageFixture('llama').texts[0]!;
      return logits.slice(0, ids.length * 64);
    };
    const certificates = await run(await subjectOf('llama', { cached }));
    expect(verdict(certificates, 'logits')).toBe('wrong');
  });

  it('of reference logits that are another model’s is caught', async () => {
    const given = new Float32Array(ids.length * 64).fill(1);
    const certificates = await run({ ...(await subjectOf('llama')), given });
    expect(
      certificates.find(({ hook }) => hook === 'logits')!.checks.find(({ name }) => name === 'reference')!.ok,
    ).toBe(false);
  });

  it('of a gain that is off by a thousandth is a loss of precision, not wrong', async () => {
    const { source } = loadLanguageFixture('llama');
    const faulty = withValues(source, 'model.norm.weight', (values) => values.map((value) => value * 1.001));
    const certificates = await run(await subjectOf('llama', { faulty }));
    expect(verdict(certificates, 'norm_final')).toBe('degraded');
    expect(verdict(certificates, 'resid_post:1')).toBe('passes');
  });
});

/** The checkpoint with one tensor changed. */
function withValues(
  source: WeightSource,
  name: string,
  change: (values: Float32Array) => Float32Array,
): WeightSource {
  return {
    ...source,
    float32: async (asked) => {
      const values = await source.float32(asked);
      return asked === name ? change(values) : values;
    },
  };
}

/** Rows of every head in the order of pairs (0, half), (1, half + 1) …, as llama.cpp's converter lays them. */
function interleaved(values: Float32Array, heads: number, inputs: number): Float32Array {
  const width = values.length / inputs / heads;
  const result = new Float32Array(values.length);
  for (let head = 0; head < heads; head += 1)
    for (let row = 0; row < width; row += 1) {
      const from = head * width + (row % 2) * (width / 2) + Math.floor(row / 2);
      result.set(values.subarray(from * inputs, (from + 1) * inputs), (head * width + row) * inputs);
    }
  return result;
}

/** A second node makes the value again, and everything reads that one. */
function withDead(model: ModelProto, value: string): ModelProto {
  const nodes = model.graph!.node!.flatMap((node) => {
    const input = node.input!.map((name) => (name === value ? `${value}.again` : name));
    if (!node.output!.includes(value)) return [{ ...node, input }];
    return [
      node,
      { ...node, name: `${node.name}.again`, output: node.output!.map((name) => `${name}.again`) },
    ];
  });
  return { ...model, graph: { ...model.graph, node: nodes } };
}

/** Every token counts, whatever the mask says. */
function withoutMask(model: ModelProto): ModelProto {
  const ones = { opType: 'Sub', name: 'ones', input: ['attention_mask', 'attention_mask'], output: ['none'] };
  const not = { opType: 'Exp', name: 'all', input: ['none.float'], output: ['all.float'] };
  const cast = (name: string, from: string, to: string, type: number) => ({
    ...{ opType: 'Cast', name, input: [from], output: [to] },
    attribute: [{ name: 'to', i: type, type: 2 }],
  });
  const nodes = model.graph!.node!.map((node) => ({
    ...node,
    input: node.input!.map((name) => (name === 'attention_mask' ? 'all.int' : name)),
  }));
  const made = [ones, cast('a', 'none', 'none.float', 1), not, cast('b', 'all.float', 'all.int', 7)];
  return { ...model, graph: { ...model.graph, node: [...made, ...nodes] } };
}
