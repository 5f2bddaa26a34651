/** @file A run's maps as a file to take away, at the strength that is asked for, or folded into a model of its own. */
import { basename } from 'node:path';
import type { SteerFile } from '../../../contract/steer';
import type { Steering } from '../../../contract/steering';
import { steeredOnnx } from '../../../inference/for-methods/steered-onnx';
import { encodeControlVector } from '../../../steering/files/control-vector';
import { recipeText } from '../../../steering/files/recipe';
import { encodeSteering } from '../../../steering/files/steering-file';
import { scalesOf, steeringOf } from '../fit/hooks';
import { files } from '../stages';
import { steeredFlow } from './flow';
import { factsOf, fittedOf, recipeFor, type SteerContext } from './stored';

/** @throws `steer-unfinished`, and the codes of `encodeControlVector` where a control vector cannot say what the maps do */
export async function fileOf(
  context: SteerContext,
  { format, lambda }: { format: 'maps' | 'recipe' | 'control-vector'; lambda: number },
): Promise<SteerFile> {
  const facts = await factsOf(context);
  const fitted = await fittedOf(context);
  const steering = await steeringAt(context, lambda);
  const recipe = { ...recipeFor(facts, fitted), lambda: steering.lambda };
  const notes =
    fitted.length < facts.hooks.length ? [`${fitted.length} of ${facts.hooks.length} hooks are fitted.`] : [];
  switch (format) {
    case 'maps':
      return { name: files.maps, bytes: encodeSteering({ maps: [...steering.maps], recipe }), notes };
    case 'recipe':
      return { name: files.recipe, bytes: new TextEncoder().encode(recipeText(recipe)), notes };
    case 'control-vector':
      return { name: files.controlVector, bytes: encodeControlVector(steering, facts.family), notes };
  }
}

/** The model with the maps in it at the main strength. @throws `steer-unfinished`, and the codes of `steeredOnnx` */
export async function exportedModel(context: SteerContext): Promise<Uint8Array> {
  const steering = await steeringAt(context, context.config.mainLambda);
  if (context.config.subject === 'flow') return steeredFlow(context, steering);
  const { path } = context.inputs.model!;
  return steeredOnnx(path, steering, basename(path));
}

async function steeringAt(context: SteerContext, lambda: number): Promise<Steering> {
  const facts = await factsOf(context);
  const fitted = await fittedOf(context);
  const { first } = recipeFor(facts, fitted);
  const maps = fitted.map((one) => one.fitted.map);
  return steeringOf(maps, lambda, { first, factors: scalesOf(context.config.scale, facts.hooks) });
}
