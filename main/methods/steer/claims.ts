/** @file What must hold of steering at the smallest scale: the target's words come, with fitted maps and not with random ones. */
import { compare, fiveOfFive, signOrMargin } from '../../experiments/compare';
import { experiment, type Arm } from '../../experiments/experiment';
import { shortNumber } from '../../experiments/words';

const RECIPE = 'Everyday sentences to football';
/** How many times as often the target's words are to come. */
const TIMES = 3;

const arm = (label: string, config: Arm['config']): Arm => ({
  recipe: RECIPE,
  label,
  config: {
    ...{ hooks: 'attn_out', lambda: '0,1', prompt: ['The'], topP: 1, repetitionPenalty: 1, maxTokens: 40 },
    ...{ certify: false, strengthPrompts: 0, ...config },
  },
  data: {
    model: { sampleModel: 'topics-lm' },
    source: { sample: 'everyday' },
    target: { sample: 'football' },
  },
});

const wordsOfTheTargetCome = experiment({
  id: 'S1',
  statement: `At λ = 1 a small decoder speaks of the target at least ${TIMES} times as often as unsteered, and random maps of the same norm do not do it`,
  source: 'arXiv:2410.23054, sections 3 and 4.2; model, texts and the factor are ours',
  metrics: [
    'presence.lambda0',
    'presence.lambda1',
    'random.presence',
    'perplexity.lambda0',
    'perplexity.lambda1',
  ],
  arms: (quick) => [
    arm('Linear-AcT', { method: 'linear-act', copies: quick ? 16 : 64 }),
    arm('Mean-AcT', { method: 'mean-act', copies: quick ? 16 : 64 }),
  ],
  judge(results, { quick }) {
    const rule = quick ? signOrMargin : fiveOfFive;
    const of = (metric: string, factor = 1) =>
      results.values(RECIPE, 'Linear-AcT', metric).map((value) => factor * value);
    return [
      compare(`presence: λ 1 > ${TIMES} × λ 0`, of('presence.lambda1'), of('presence.lambda0', TIMES), rule),
      compare(
        `presence: ${TIMES} × λ 0 > random maps`,
        of('presence.lambda0', TIMES),
        of('random.presence'),
        rule,
      ),
      compare(
        'presence at λ 1: Linear-AcT > Mean-AcT',
        of('presence.lambda1'),
        results.values(RECIPE, 'Mean-AcT', 'presence.lambda1'),
        rule,
        false,
      ),
    ];
  },
  sentence(results) {
    const of = (metric: string, label = 'Linear-AcT') => shortNumber(results.mean(RECIPE, label, metric));
    return `Continuations with a word of football: ${of('presence.lambda0')} unsteered, ${of('presence.lambda1')} at λ = 1 (Mean-AcT ${of('presence.lambda1', 'Mean-AcT')}), ${of('random.presence')} with random maps; perplexity ${of('perplexity.lambda0')} and ${of('perplexity.lambda1')}.`;
  },
});

export const claims = [wordsOfTheTargetCome];
