/** @file Hooks that certify themselves: no false alarm on any family, and every planted fault is caught. */
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelProto, WeightSource } from '../../../native-models';
import { languageFixtures, loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { interleaved } from '../../../native-models/testing/llama-gguf';
import { certify } from './certify';
import { certified as run, failing, TinySubjects, verdictOn as verdict, type Planted } from './testing';

const subjects = new TinySubjects();
const { ids } = subjects;
afterAll(() => subjects.close());

/** A family's tiny model. */
const subjectOf = (name: string, planted?: Planted) => subjects.of(loadLanguageFixture(name), planted);

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
