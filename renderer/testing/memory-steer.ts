/** @file What the engine in memory answers about a run of Steer: four hooks of sixteen units, a sweep, a strength, a detection. */
import type {
  HookMap,
  SteerDetect,
  SteeringUnitView,
  SteerOverview,
  SteerPoint,
  SteerStrength,
  SteerTexts,
  SteerUnits,
} from '../../main/rpc/contract';
import type { Replies } from './memory-engine';

export interface MadeUpSteer {
  fitted?: number;
  offensive?: boolean;
  /** Texts of the source. */
  given?: number;
  scales?: boolean;
  strength?: Partial<SteerStrength> | null;
  detect?: Partial<SteerDetect> | null;
}

const hooks = ['norm_attn_in:0', 'norm_mlp_in:0', 'norm_attn_in:1', 'norm_mlp_in:1'];
const width = 16;

export function memoryMaps(count: number, scales = true): HookMap[] {
  return hooks
    .filter((id) => id !== 'norm_mlp_in:1')
    .slice(0, count)
    .map((hook) => ({
      hook,
      w: new Float32Array(width).fill(scales ? 0.8 : 1),
      beta: new Float32Array(width).fill(0.5),
      lo: new Float32Array(width).fill(-1e6),
      hi: new Float32Array(width).fill(1e6),
      units: new Uint8Array(width).fill(1),
      form: scales ? 'interpolate' : 'add',
    }));
}

export function steerOverview({
  fitted = 3,
  offensive = false,
  given = 512,
}: MadeUpSteer = {}): SteerOverview {
  const side = (name: string, texts: number) => ({
    ...{ name, given: texts, fitted: Math.min(128, texts), held: Math.floor(texts / 3) },
    warning: texts < 64 ? `${texts} texts: w ± 0.18 by chance` : '',
  });
  let order = 0;
  return {
    ...{ subject: 'texts', model: 'tiny', method: 'linear-act', estimation: 'causal', targets: 'steered' },
    source: side('everyday.jsonl', given),
    target: side('football.jsonl', 512),
    hooks: hooks.map((id) => {
      const [role = '', layer] = id.split(':');
      const leftOut = id === 'norm_mlp_in:1';
      const state = leftOut ? 'left-out' : order++ < fitted ? 'fitted' : 'waiting';
      const known = state === 'fitted';
      return {
        ...{ id, role, layer: Number(layer), state, reason: leftOut ? 'the hook is dead' : '' },
        ...{ before: known ? 1 + order / 10 : NaN, after: known ? 0.2 : NaN, units: width, width },
        ...{
          transportedTokens: known ? 0.87 : NaN,
          transportedPooled: known ? 1 : NaN,
          slope: 0.5,
          shift: 1,
        },
      };
    }),
    ...{ fitted, prompts: ['Once upon a time'], copies: 4, lambdas: [0, 0.5, 1], mainLambda: 0.8 },
    ...{ swept: 4, points: 4, imported: null, offensive, notes: [], fitSeconds: 2 },
    sampling: { temperature: 1, topP: 0.9, repetitionPenalty: 1, maxTokens: 4 },
    stages: { strength: true, detect: true },
  };
}

const banded = (value: number, room = 0.05) => ({ value, low: value - room, high: value + room });

export function steerPoint(arm: SteerPoint['arm'], lambda: number): SteerPoint {
  const gain = arm === 'fitted' ? lambda : 0;
  return {
    ...{ arm, lambda, presence: banded(0.05 + 0.4 * gain), judged: banded(0.1 + 0.5 * gain) },
    ...{ perplexity: banded(13 + 2 * gain, 1), perplexityData: { value: NaN, low: NaN, high: NaN } },
    ...{ selfBleu: 0.3, distinct: [0.6, 0.8], transported: 1, texts: 4 },
  };
}

/** Units of a hook; the one of number 5 is furthest apart. */
export function steerUnits(hook: string): SteerUnits {
  const of = (value: (unit: number) => number) =>
    Float64Array.from({ length: width }, (_, unit) => value(unit));
  return {
    hook,
    before: of((unit) => (unit === 5 ? 2 : 1 - unit / 20)),
    after: of(() => 0.1),
    score: of((unit) => 0.01 * unit),
    auroc: of((unit) => (unit === 9 ? 0.02 : 0.6)),
    slope: of(() => 0.2),
    shift: of((unit) => unit / 10),
    steered: new Uint8Array(width).fill(1),
  };
}

export function steerUnitView(hook: string, unit: number): SteeringUnitView {
  const values = Float32Array.from({ length: 8 }, (_, k) => k / 4);
  const edges = Float64Array.from({ length: 5 }, (_, k) => k - 1);
  const line = { w: 0.8, beta: 0.9 };
  return {
    ...{ hook, unit, edges, source: Uint32Array.of(4, 2, 1, 1), target: Uint32Array.of(0, 2, 4, 2) },
    ...{
      pushed: Uint32Array.of(0, 3, 4, 1),
      pairs: { source: values, target: values.map((x) => 0.8 * x + 0.9) },
    },
    ...{ map: line, lines: { linear: line, mean: { w: 1, beta: 0.8 }, gaussian: line } },
    exact: { from: Float64Array.of(0, 2), to: Float64Array.of(0.9, 2.5) },
    ...{ support: { lo: -1e6, hi: 1e6 }, distances: { before: 0.95, after: 0.2 }, score: 0.01, auroc: 0.8 },
    band: {
      ...{ at: Float64Array.of(0, 2), low: Float64Array.of(-0.2, 1.8), high: Float64Array.of(0.2, 2.2) },
      ...{ level: 0.95, inside: false },
    },
  };
}

export function steerStrength(change: Partial<SteerStrength> = {}): SteerStrength {
  const lambdas = Float64Array.of(0, 0.5, 1);
  return {
    ...{ level: 0.9, prompts: 256, safe: 0.86, lambdas, effects: [], says: 'For prompts like these.' },
    ...{ violated: Float64Array.of(0, 0.02, 0.2), bound: Float64Array.of(0.01, 0.05, 0.3), ...change },
  };
}

export function steerDetect(change: Partial<SteerDetect> = {}): SteerDetect {
  const gains = {
    gain: Float64Array.of(0, 0.2, -0.1),
    gainLow: Float64Array.of(-0.1, 0.1, -0.2),
    gainHigh: Float64Array.of(0.1, 0.3, 0),
  };
  return {
    ...{ blocks: [0, 1, 2], hook: 'norm_attn_in', cosine: Float64Array.of(0.1, 0.6, -0.05), chance: 0.1 },
    ...{ chanceHigh: 0.2, auc: Float64Array.of(0.7, 0.9, 0.8), cosineMeans: Float64Array.of(0.2, 0.5, 0) },
    ...{ aucMeans: Float64Array.of(0.7, 0.8, 0.8), ...gains, missing: Uint8Array.of(0, 0, 1), lambda: 1 },
    ...{ judged: gains.gain, judgedLow: gains.gainLow, judgedHigh: gains.gainHigh, continuations: 12 },
    ...{ correlation: 0.25, correlationJudged: 0.5, readBest: 1, steeredBest: 1, ...change },
  };
}

function steerTexts(arm: SteerPoint['arm'], lambda: number): SteerTexts {
  const text = lambda > 0 && arm === 'fitted' ? ' the players won the cup' : ' the soup needs salt';
  const at = text.indexOf('players');
  return {
    ...{ arm, lambda },
    texts: [3, 1, 2].map((seed) => ({
      ...{ prompt: 'Once upon a time', seed, text, hits: at < 0 ? [] : [[at, at + 7] as [number, number]] },
      ...{ judged: at < 0 ? 0.1 : 0.9, perplexity: 10 + seed },
    })),
  };
}

export function steerAnswers(made: MadeUpSteer = {}): Replies<'steer'> {
  const lambdas = [0, 0.5, 1];
  return {
    overview: () => steerOverview(made),
    maps: () => ({
      maps: memoryMaps(made.fitted ?? 3, made.scales ?? true),
      first: true,
      recipe: null as never,
    }),
    units: ({ hook }) => steerUnits(hook),
    unit: ({ hook, unit }) => steerUnitView(hook, unit),
    layers: () => {
      const bins = 4;
      const values = Float64Array.from({ length: 3 * bins }, (_, k) => k);
      const own = hooks.filter((id) => id !== 'norm_mlp_in:1');
      return {
        hooks: own,
        bins,
        before: values,
        after: values.map((one) => one / 2),
        slope: values,
        shift: values,
      };
    },
    sweep: () => ({
      points: [...lambdas.map((lambda) => steerPoint('fitted', lambda)), steerPoint('random', 1)],
      ...{
        lexicon: ['player*', 'cup'],
        judge: { says: 'logistic regression', auc: 0.97 },
        neutral: 'held-out',
      },
    }),
    texts: ({ arm = 'fitted', lambda }) => steerTexts(arm, lambda),
    strength: () => (made.strength === null ? null : steerStrength(made.strength)),
    detect: () => (made.detect === null ? null : steerDetect(made.detect)),
    file: ({ format }) => ({ name: `tiny.${format}`, bytes: Uint8Array.of(1, 2), notes: [] }),
  };
}
