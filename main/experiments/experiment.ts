/** @file Makes a claim from arms and comparisons: every arm is trained once per seed, then the comparisons are judged. */
import type { Claim, ClaimContext, ClaimScale, ClaimTraining } from '../contract/claim';
import { deviation, mean } from './statistics';
import type { ClaimArm, ClaimNumbers, ClaimOutcome, ClaimTest, ClaimVerdict } from '../contract/claims';

/** An arm: a training without its seed. */
export type Arm = Omit<ClaimTraining, 'seed'>;

export interface Experiment {
  id: string;
  statement: string;
  source: string;
  /** False where the numbers are only reported. */
  gate?: false;
  needs?: Claim['needs'];
  /** Default: 3 quick and 5 in full. */
  seeds?: Claim['seeds'];
  arms(quick: boolean): readonly Arm[];
  /** Final metrics to keep per arm, in the order of the table. */
  metrics: readonly string[];
  /** The comparisons, in order. */
  judge(results: ArmResults, scale: ClaimScale): ClaimTest[];
  /** The result in one sentence with its numbers; the verdict is said beside it. */
  sentence(results: ArmResults, tests: readonly ClaimTest[], scale: ClaimScale): string;
}

/** Final metrics by arm and seed. */
export class ArmResults {
  constructor(
    private readonly arms: readonly Arm[],
    private readonly metrics: readonly (readonly Readonly<Record<string, number>>[])[],
  ) {}

  /** The labels of a recipe's arms, in order. */
  labels(recipe: string): string[] {
    return this.arms.filter((arm) => arm.recipe === recipe).map((arm) => arm.label);
  }

  /**
   * One metric of one arm in the order of the seeds; NaN where a run did not report it, which no comparison survives.
   * Throws `RangeError` for an arm that the experiment does not have.
   */
  values(recipe: string, label: string, metric: string): number[] {
    const at = this.arms.findIndex((arm) => arm.recipe === recipe && arm.label === label);
    if (at < 0) throw new RangeError(`the experiment has no arm "${label}" of "${recipe}"`);
    return this.metrics[at]!.map((final) => final[metric] ?? NaN);
  }

  mean(recipe: string, label: string, metric: string): number {
    return mean(this.values(recipe, label, metric));
  }
}

/** The claim that trains every arm for every seed and judges the comparisons. */
export function experiment(definition: Experiment): Claim {
  const { id, statement, source, gate = true, needs, seeds = { quick: 3, full: 5 } } = definition;
  return {
    id,
    statement,
    source,
    gate,
    ...(needs ? { needs } : {}),
    seeds,
    trainings: (scale) =>
      // Seed by seed, so that a stopped experiment has whole pairs.
      scale.seeds.flatMap((seed) => definition.arms(scale.quick).map((arm) => ({ ...arm, seed }))),
    run: (context) => runExperiment(definition, gate, context),
  };
}

async function runExperiment(
  definition: Experiment,
  gate: boolean,
  context: ClaimContext,
): Promise<ClaimOutcome> {
  const arms = definition.arms(context.quick);
  const runs: string[][] = arms.map(() => []);
  const metrics: Readonly<Record<string, number>>[][] = arms.map(() => []);
  for (const seed of context.seeds)
    for (const [k, arm] of arms.entries()) {
      const trained = await context.train({ ...arm, seed });
      runs[k]!.push(trained.run);
      metrics[k]!.push(trained.metrics);
    }
  const results = new ArmResults(arms, metrics);
  const tests = definition.judge(results, context);
  return {
    verdict: verdictOf(gate, tests),
    sentence: definition.sentence(results, tests, context),
    seeds: [...context.seeds],
    arms: arms.map(({ recipe, label, config }, k): ClaimArm => {
      const numbers = definition.metrics.map((metric) => numbersOf(metric, metrics[k]!));
      return { recipe, label, config: { ...config }, runs: runs[k]!, numbers };
    }),
    tests,
  };
}

/** A gate fails by one deciding test; where seeds are too few for a rule nothing is decided, only reported. */
function verdictOf(gate: boolean, tests: readonly ClaimTest[]): ClaimVerdict {
  const deciding = tests.filter((test) => test.decides);
  if (!gate || deciding.length === 0) return 'reported';
  if (deciding.some((test) => test.holds === false)) return 'fails';
  return deciding.some((test) => test.holds === null) ? 'reported' : 'holds';
}

function numbersOf(metric: string, finals: readonly Readonly<Record<string, number>>[]): ClaimNumbers {
  const values = finals.map((final) => {
    const value = final[metric];
    return value !== undefined && Number.isFinite(value) ? value : null;
  });
  const present = values.filter((value) => value !== null);
  return {
    metric,
    values,
    mean: present.length > 0 ? mean(present) : null,
    deviation: deviation(present),
  };
}
