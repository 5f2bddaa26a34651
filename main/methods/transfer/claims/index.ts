/** @file What must hold of the rules at the scale of this machine, each beside a control that must fail. */
import { compare, signOrMargin, within } from '../../../experiments/compare';
import { experiment, type Arm, type ArmResults } from '../../../experiments/experiment';
import { mean } from '../../../experiments/statistics';
import { shortNumber } from '../../../experiments/words';
import { armsOf, bestRates, curveOf, METRIC, regrets, type Curve } from './rates';

const SOURCE = 'arXiv:2512.22382, table 1; sizes, text and bands are ours';
/** Octaves of drift and nats of regret that a rule which transfers may have up to four times the scale. */
const DRIFT = 0.6;
const REGRET = 0.015;
/** Octaves per doubling that the control must drift by, or the experiment is too easy. */
const CONTROL = 0.7;

const powers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, k) => 2 ** (from + k));
const WIDTHS = (quick: boolean) => (quick ? [256] : [128, 256, 512]);
const widthCurve = (name: string, width: number, config: Arm['config'], quick: boolean): Curve => ({
  recipe: `Width ${width}`,
  name,
  config: { width, ...config },
  // The control's best rate falls with width.
  rates: powers(width > 64 ? -11 : -9, quick ? -5 : -4),
});
/** Trained once for all rules, which agree at the base. */
const base = (quick: boolean) => widthCurve('base', 64, {}, quick);
const completed = (width: number, quick: boolean) => widthCurve('Complete(d)P', width, {}, quick);
const standard = (width: number, quick: boolean) =>
  widthCurve('standard', width, { parameterisation: 'sp' }, quick);

const differences = (left: readonly number[], right: readonly number[]) =>
  left.map((value, at) => value - right[at]!);

const widthTransfers = experiment({
  id: 'W1',
  statement: `Under Complete(d)P the best learning rate stays within ${DRIFT} octaves up to four times the width and costs at most ${REGRET} nats there; under the standard rule it falls`,
  source: SOURCE,
  seeds: { quick: 3, full: 3 },
  metrics: [METRIC],
  arms: (quick) => [
    ...armsOf(base(quick)),
    ...WIDTHS(quick).flatMap((width) => [
      ...armsOf(completed(width, quick)),
      ...armsOf(standard(width, quick)),
    ]),
  ],
  judge(results, { quick }) {
    const start = bestRates(curveOf(results, base(quick)));
    return WIDTHS(quick).flatMap((width) => {
      const rule = curveOf(results, completed(width, quick));
      const control = curveOf(results, standard(width, quick));
      const doublings = Math.log2(width / 64);
      const fall = differences(start, bestRates(control));
      const decides = width <= 256;
      const drift = within(
        `width ${width}: |drift| ≤ ${DRIFT} octaves`,
        differences(bestRates(rule), start),
        DRIFT,
        3,
      );
      const regret = within(`width ${width}: regret ≤ ${REGRET} nats`, regrets(rule, start), REGRET, 3);
      return [
        { ...drift, decides },
        { ...regret, decides },
        compare(
          `width ${width}: the standard rule's best rate falls by ${CONTROL} octaves a doubling`,
          fall,
          fall.map(() => CONTROL * doublings),
          signOrMargin,
          decides,
        ),
      ];
    });
  },
  sentence: (results, _tests, { quick }) =>
    `From width 64 to ${Math.max(...WIDTHS(quick))} the best learning rate moves by ${movedBy(results, quick, completed)} octaves under Complete(d)P and by ${movedBy(results, quick, standard)} under the standard rule (at least, where it lies at the edge of the grid).`,
});

function movedBy(results: ArmResults, quick: boolean, of: (width: number, quick: boolean) => Curve): string {
  const start = bestRates(curveOf(results, base(quick)));
  const [width] = WIDTHS(quick).slice(-1);
  return shortNumber(mean(differences(bestRates(curveOf(results, of(width!, quick))), start)));
}

/** The arms of Kosson et al. (arXiv:2510.19093): does the learning rate transfer, or weight decay, or a long warm-up? */
const decayArms: Record<string, Arm['config']> = {
  'λ × width': {},
  'λ unscaled': { weightDecayRule: 'unscaled' },
  'λ = 0': { weightDecay: 0 },
  'standard, long warm-up': { parameterisation: 'sp', warmup: 0.5 },
};
const decayCurves = (quick: boolean) =>
  Object.entries(decayArms).map(([name, config]) => ({
    base: { ...widthCurve(`base of ${name}`, 64, config, quick), rates: powers(-9, -5) },
    wide: { ...widthCurve(name, 256, config, quick), rates: powers(-11, -5) },
  }));

const whatTransfers = experiment({
  id: 'W2',
  statement:
    'What carries the learning rate over width: scaled, unscaled and no weight decay, and the standard rule with a long warm-up',
  source: 'arXiv:2510.19093; sizes and text are ours',
  gate: false,
  seeds: { quick: 1, full: 3 },
  metrics: [METRIC],
  arms: (quick) => decayCurves(quick).flatMap((pair) => [...armsOf(pair.base), ...armsOf(pair.wide)]),
  judge: (results, { quick }) =>
    decayCurves(quick).map((pair) =>
      within(
        `${pair.wide.name}: |drift| ≤ ${DRIFT} octaves at width 256`,
        differences(bestRates(curveOf(results, pair.wide)), bestRates(curveOf(results, pair.base))),
        DRIFT,
        3,
      ),
    ),
  sentence: (results, _tests, { quick }) =>
    `Drift at width 256, in octaves: ${decayCurves(quick)
      .map((pair) => {
        const moved = differences(
          bestRates(curveOf(results, pair.wide)),
          bestRates(curveOf(results, pair.base)),
        );
        return `${pair.wide.name} ${shortNumber(mean(moved))}`;
      })
      .join(', ')}.`,
});

/** A check of the diagnostics, as it is run by itself. */
function checkClaim(
  id: string,
  statement: string,
  config: Arm['config'],
  rules: readonly [rule: string, control: string],
) {
  const arm: Arm = {
    recipe: 'Coordinate check',
    label: id,
    config: { task: 'coordinates', checkSeeds: 1, batch: 256, baseBatch: 256, learningRate: 0.01, ...config },
    data: { text: { sample: 'sentences' } },
  };
  const [rule, control] = rules;
  const slopes = ['size.residual', 'change.residual', 'size.logits', 'change.logits'];
  return experiment({
    ...{ id, statement, source: SOURCE },
    seeds: { quick: 3, full: 5 },
    metrics: [...slopes.map((of) => `slope.${rule}.${of}`), `slope.${control}.size.residual`],
    arms: () => [arm],
    judge(results) {
      const of = (metric: string) => results.values(arm.recipe, arm.label, metric);
      const bound = control === 'sp' ? 1 : 0.8;
      const stream = of(`slope.${control}.size.residual`);
      return [
        ...slopes.map((name) => within(`|slope| of ${name} ≤ 0.35`, of(`slope.${rule}.${name}`), 0.35, 3)),
        compare(
          `the control's residual stream grows by ${bound} octaves a doubling`,
          stream,
          stream.map(() => bound),
          signOrMargin,
        ),
      ];
    },
    sentence: (results) =>
      `The residual stream goes with the scale to the power ${shortNumber(results.mean(arm.recipe, arm.label, `slope.${rule}.size.residual`))}, the control's to the power ${shortNumber(results.mean(arm.recipe, arm.label, `slope.${control}.size.residual`))}.`,
  });
}

export const claims = [
  checkClaim(
    'C1',
    'Over width, activations and their changes after ten steps are alike at every scale under Complete(d)P, and grow under the standard rule',
    { axis: 'width', scales: '64,128,256', duration: 25_600, baseDuration: 25_600 },
    ['complete-d-p', 'sp'],
  ),
  checkClaim(
    'C2',
    'Over depth, activations and their changes after ten steps are alike at every scale under Complete(d)P, and grow under µP',
    { axis: 'depth', scales: '2,4,8', duration: 25_600, baseDuration: 25_600 },
    ['complete-d-p', 'mup'],
  ),
  widthTransfers,
  whatTransfers,
];
