/** @file The maps as files: with their recipe, the recipe alone, and a control vector of llama.cpp where they only add. */
import { MongeError } from '../../../../native-models/error';
import type { RunContext } from '../../../contract/define';
import type { HookMap, SteeringRecipe } from '../../../contract/steering';
import { encodeControlVector } from '../../../steering/files/control-vector';
import { recipeText } from '../../../steering/files/recipe';
import { encodeSteering } from '../../../steering/files/steering-file';
import type { SteerConfig } from '../config';
import { files, type RunTexts } from '../stages';
import { fitSettings, type FitFacts } from './fit';

/** Stands where a hash is not known: of maps that came without their texts. */
export const NO_HASH = '0'.repeat(64);

interface RecipeParts {
  maps: readonly HookMap[];
  fit: FitFacts | null;
  texts: RunTexts | null;
  seed: number;
  name: string;
  sha256: string;
  program: string;
}

export function recipeOf(
  config: SteerConfig,
  { maps, fit, texts, seed, name, sha256, program }: RecipeParts,
): SteeringRecipe {
  const settings = fitSettings(config);
  const n = Math.min(texts?.source.fit.length ?? 0, texts?.target.fit.length ?? 0);
  return {
    ...{ version: 1, program, ...settings },
    model: { name, sha256: sha256 || NO_HASH, level: config.level },
    estimation: fit?.estimation ?? settings.estimation,
    targets: fit?.targets ?? settings.targets,
    n: { source: n, target: n },
    dataSha256: { source: texts?.source.sha256 ?? NO_HASH, target: texts?.target.sha256 ?? NO_HASH },
    seed,
    lambda: config.mainLambda,
    hooks: maps.map(({ hook }) => hook),
  };
}

/** Of directions that came without a recipe: they are added as CAA adds its own, and nothing is known of their texts. */
export function addedRecipe(recipe: SteeringRecipe): SteeringRecipe {
  return {
    ...{
      ...recipe,
      method: 'caa',
      pooling: 'last',
      support: 'q_all',
      estimation: 'simultaneous',
      targets: 'clean',
    },
    n: { source: 0, target: 0 },
    dataSha256: { source: NO_HASH, target: NO_HASH },
  };
}

/** Writes maps and recipe, and a control vector at the recipe's strength where one can hold them. */
export async function writeMaps(
  context: Pick<RunContext, 'artifact'>,
  maps: readonly HookMap[],
  recipe: SteeringRecipe,
  family: string,
): Promise<void> {
  await context.artifact(files.maps, encodeSteering({ maps: [...maps], recipe }));
  await context.artifact(files.recipe, new TextEncoder().encode(recipeText(recipe)));
  const vector = controlVectorOf(maps, recipe, recipe.lambda, family);
  if (vector) await context.artifact(files.controlVector, vector);
}

/** Null where a control vector cannot say what the maps do. */
function controlVectorOf(
  maps: readonly HookMap[],
  { first }: Pick<SteeringRecipe, 'first'>,
  lambda: SteeringRecipe['lambda'],
  family: string,
): Uint8Array | null {
  try {
    return encodeControlVector({ maps, lambda, first }, family);
  } catch (thrown) {
    if (thrown instanceof MongeError && thrown.code.startsWith('control-vector-')) return null;
    throw thrown;
  }
}
