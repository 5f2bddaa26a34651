/** @file A check as a run: every rule at every scale with every seed is measured, then slopes are judged beside the control's. */
import type { ParameterisationName, TensorKind } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { RunContext } from '../../../contract/define';
import { numbersIn, type Json } from '../../../contract/schema';
import type { Inputs, TransferConfig } from '../config';
import { readText } from '../text';
import { keptCheck, type Check, type CheckPoint } from './kept';
import { measure, type Measured } from './measure';
import { modules } from './observe';
import {
  controlFails,
  controlOf,
  epsilonControlFails,
  judgeActivation,
  judgeGradient,
  slopeOver,
  type Axis,
  type Slope,
} from './verdict';

/** ε of the check in which it decides, about ten times the size of the base's gradients, and its learning rate and steps. */
const DOMINANT = { epsilon: 0.05, learningRate: 0.1, steps: 3 };
const MOST_SCALES = 12;

interface Planned {
  rule: ParameterisationName;
  scale: number;
  seed: number;
}

/** Measures and judges. @throws `check-scales` for fewer than two, and what a training of the settings throws */
export async function runCheck(
  context: RunContext,
  inputs: Inputs,
  config: TransferConfig,
): Promise<'done' | 'stopped'> {
  const text = await readText(inputs, config);
  const axis: Axis = config.axis;
  const scales = scalesOf(config);
  const rules = [
    ...new Set([
      controlOf(axis),
      ...(config.task === 'epsilon' ? ['completep' as const] : []),
      config.parameterisation,
    ]),
  ];
  const plan = rules.flatMap((rule) =>
    scales.flatMap((scale) =>
      Array.from({ length: config.checkSeeds }, (_, seed): Planned => ({
        rule,
        scale,
        seed: context.seed + seed,
      })),
    ),
  );
  const done = (context.resume?.json.measured ?? []) as unknown as Measured[];
  const save = () =>
    context.checkpoint({ step: done.length, json: { measured: done as unknown as Json }, arrays: {} });
  for (let at = done.length; at < plan.length; at++) {
    const { rule, scale, seed } = plan[at]!;
    context.progress({
      stage: `${rule}, ${axis} ${scale}`,
      step: at,
      steps: plan.length,
      stepsPerSecond: null,
    });
    if (context.stopRequested()) {
      await save();
      return 'stopped';
    }
    done.push(await measure(context, text, settingsOf(config, rule, axis, scale), optionsOf(config, seed)));
    await save();
  }
  const check = judged(config, axis, scales, plan, done);
  await context.keep(...keptCheck(check));
  await context.artifact('check.json', new TextEncoder().encode(JSON.stringify(check, null, 1)));
  context.final({
    'check.passes': Number(check.passes),
    'check.controlFails': Number(check.controlFails),
    ...Object.fromEntries(
      check.slopes.flatMap(({ rule, of, quantity, slope }) =>
        slope === null ? [] : [[`slope.${rule}.${quantity}.${of}`, slope]],
      ),
    ),
  });
  return 'done';
}

function scalesOf({ scales, axis }: TransferConfig): number[] {
  const found = [...new Set(numbersIn(scales))].map(Math.round).sort((a, b) => a - b);
  if (found.length >= 2 && found.length <= MOST_SCALES && found[0]! >= 1) return found;
  throw new MongeError({
    code: 'check-scales',
    blame: 'input',
    what: 'a slope needs several scales',
    where: { key: 'scales' },
    got: scales,
    expected: `2 to ${MOST_SCALES} sizes of the ${axis}, such as 64,128,256`,
  });
}

/** The same training at another scale; everything is a ratio to the smallest one. */
function settingsOf(
  config: TransferConfig,
  parameterisation: ParameterisationName,
  axis: Axis,
  scale: number,
): TransferConfig {
  const [base] = scalesOf(config);
  const { epsilon, learningRate } = config.task === 'epsilon' ? DOMINANT : config;
  const sized = axis === 'width' ? { width: scale, baseWidth: base! } : { depth: scale, baseDepth: base! };
  return { ...config, ...sized, parameterisation, epsilon, learningRate };
}

function optionsOf({ task, checkSteps }: TransferConfig, seed: number) {
  if (task === 'gradients') return { seed, steps: 0, gradientsAt: [0] };
  return { seed, steps: task === 'epsilon' ? DOMINANT.steps : checkSteps };
}

function judged(
  config: TransferConfig,
  axis: Axis,
  scales: readonly number[],
  plan: readonly Planned[],
  done: readonly Measured[],
): Check {
  const at = (rule: string, scale: number) =>
    done.filter((_, k) => plan[k]!.rule === rule && plan[k]!.scale === scale);
  const rules = [...new Set(plan.map(({ rule }) => rule))];
  const over = (rule: string, of: (one: Measured) => number) =>
    slopeOver(
      scales,
      scales.map((scale) => at(rule, scale).map(of)),
    );
  const gradients = config.task === 'gradients';
  const slopes: Slope[] = rules.flatMap((rule) => {
    if (gradients) {
      const kinds = Object.keys(at(rule, scales[0]!)[0]!.gradients[0]!) as TensorKind[];
      return kinds.map((kind) =>
        judgeGradient(
          rule,
          axis,
          kind,
          over(rule, (one) => one.gradients[0]![kind]!),
        ),
      );
    }
    return modules.flatMap((name) =>
      (['size', 'change'] as const).map((quantity) =>
        judgeActivation(
          rule,
          name,
          quantity,
          over(rule, (one) => (quantity === 'size' ? one.sizes : one.changes)[name].at(-1)!),
        ),
      ),
    );
  });
  const points: CheckPoint[] = rules.flatMap((rule) =>
    scales.map((scale) => {
      const seeds = at(rule, scale);
      const mean = (of: 'sizes' | 'changes') =>
        Object.fromEntries(
          modules.map((name) => [
            name,
            seeds[0]![of][name].map((_, step) => geometricMean(seeds.map((one) => one[of][name][step]!))),
          ]),
        ) as CheckPoint['sizes'];
      return { rule, scale, sizes: mean('sizes'), changes: mean('changes') };
    }),
  );
  const own = slopes.filter(({ rule }) => rule === config.parameterisation);
  return {
    ...{ task: config.task as Check['task'], axis, scales: [...scales], rules, slopes, points },
    passes: own.every(({ inside }) => inside !== false),
    // Raw gradients have no rule that could be wrong: the standard one goes another way by its start alone.
    controlFails:
      gradients || (config.task === 'epsilon' ? epsilonControlFails(slopes) : controlFails(axis, slopes)),
  };
}

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
