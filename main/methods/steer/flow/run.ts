/** @file A run that steers a flow between two classes: its judge, its maps, then images of the same noises at every strength. */
import type { Arrays, CheckpointState, NamedArray, RunContext } from '../../../contract/define';
import { numbersIn } from '../../../contract/schema';
import type { SteerFlowPoint } from '../../../contract/steer';
import type { HookMap, SteeringRecipe } from '../../../contract/steering';
import { matrix, prefixed, under } from '../../../disk/named-arrays';
import { fromPlainJson, packed, plainJson } from '../../../disk/packed-json';
import { encodeSheet } from '../../../images/pixels';
import { randomMapsLike } from '../../../steering/control';
import { decodeSteering } from '../../../steering/files/steering-file';
import type { HookFit } from '../../../steering/fit';
import { Parts as TrainingParts } from '../../../training/parts';
import type { FitFacts } from '../fit/fit';
import { scalesOf, steeringOf } from '../fit/hooks';
import { keptHook, keptSides } from '../fit/stored';
import { writeMaps } from '../fit/written';
import type { SteerConfig } from '../config';
import { files, names } from '../stages';
import { plannedPoints, type PlannedPoint } from '../sweep/sweep';
import { openField, type SteeredField, type Told } from './field';
import { fitFlow } from './fit';
import { factsOfFlow, flowFitSettings, flowRecipe, runFactsOf, type FlowSubject } from './facts';
import { chosenFlowHooks, steeredHook } from './hooks';
import { openJudge, trainJudge, type FlowJudge } from './judge';
import { noisedImages, startPoints } from './noised';
import { openFlow, type FlowInputs } from './opened';
import { partsOf } from './parts';
import {
  flowFiles,
  flowNames,
  keptImages,
  packedArrays,
  imagesAt,
  sourceFirst,
  storedImages,
  unpackedArrays,
  type KeptImages,
} from './stored';
import { flowCsv, flowMetricsOf, flowPoint, generated } from './sweep';

/** What a checkpoint knows. */
interface Done {
  judge: boolean;
  /** Null until all maps are there. */
  fit: FitFacts | null;
  points: SteerFlowPoint[];
}

const UNSTEERED = 'unsteered/';
const COLUMNS = 'columns/';
/** Rows of the sheets of images. */
const SHEET_ROWS = 16;

/**
 * Fits maps between two classes of a flow's images and sweeps their strength. The same bits for the same seed on the CPU, resumed
 * or not.
 * @throws the codes of `openFlow`, `partsOf`, `chosenFlowHooks`, `flowFitSettings` and of the fit
 */
export async function runFlowSteering(
  context: RunContext,
  inputs: FlowInputs,
  config: SteerConfig,
): Promise<'done' | 'stopped'> {
  const run = new FlowSteering(context, config);
  try {
    return (await run.all(inputs)) ? 'done' : 'stopped';
  } finally {
    await run.close();
  }
}

class FlowSteering {
  readonly #done: Done;
  readonly #lambdas: number[];
  readonly #plan: PlannedPoint[];
  #unsteered: KeptImages | null = null;
  #subject!: FlowSubject;
  #field: SteeredField | null = null;
  #judge: FlowJudge | null = null;
  #maps: readonly HookMap[] = [];
  /** Columns of the sheets of images, by the name of what is kept of the point. */
  readonly #columns: Arrays;

  constructor(
    readonly context: RunContext,
    readonly config: SteerConfig,
  ) {
    const stored = context.resume?.json.done;
    this.#done = stored === undefined ? { judge: false, fit: null, points: [] } : fromPlainJson<Done>(stored);
    const unsteered = under(UNSTEERED, context.resume?.arrays ?? {});
    if (unsteered.pixels) this.#unsteered = storedImages(unsteered);
    this.#columns = under(COLUMNS, context.resume?.arrays ?? {});
    const asked = [...numbersIn(config.lambda)!, 0, config.mainLambda];
    this.#lambdas = [...new Set(asked)].sort((a, b) => a - b);
    this.#plan = plannedPoints(this.#lambdas, { ...config, control: 'all' });
  }

  async close(): Promise<void> {
    await this.#field?.close();
    await this.#judge?.close();
  }

  /** False where a stop was asked for: what is done is stored. */
  async all(inputs: FlowInputs): Promise<boolean> {
    const { context, config } = this;
    context.progress({ stage: 'reading the images', step: 0, steps: 1, stepsPerSecond: null });
    const settings = flowFitSettings(config);
    const flow = await openFlow(inputs);
    const parts = partsOf(flow.images, config, context.seed);
    const hooks = chosenFlowHooks(config.hooks, flow.hooks);
    this.#subject = { flow, parts, hooks, settings };
    await this.#keepFacts();
    if (!(await this.#makeJudge())) return false;
    this.#field = await openField(context.compute, flow, hooks);
    if (!(await this.#fit())) return false;
    return this.#sweep();
  }

  async #makeJudge(): Promise<boolean> {
    const { context } = this;
    const { flow, parts } = this.#subject;
    if (!this.#done.judge) {
      const trainings = new TrainingParts(context, () => this.#state());
      const onProgress = (share: number) =>
        context.progress({
          stage: 'training the judge',
          step: Math.round(100 * share),
          steps: 100,
          stepsPerSecond: null,
        });
      const fitted = await trainings.run(
        'judge',
        (inner) => trainJudge(inner, flow.images, parts, context.seed),
        onProgress,
      );
      if (!fitted) {
        await trainings.save();
        return false;
      }
      await context.artifact(flowFiles.judge, packedArrays(fitted));
      this.#done.judge = true;
      await this.#checkpoint();
    }
    const stored = unpackedArrays(await context.readArtifact!(flowFiles.judge), flowFiles.judge);
    this.#judge = await openJudge(context.compute, flow.images, parts, stored);
    const { accuracy } = this.#judge;
    context.final({ 'judge.accuracy': accuracy });
    const facts = factsOfFlow(this.#subject, this.#judge, this.config, this.#lambdas);
    if (!context.resume) context.notice(facts.judge.says, 'news');
    await context.keep(flowNames.facts, packed(facts));
    return true;
  }

  /** Hook by hook; each is kept as it comes. A fit that was stopped begins again. */
  async #fit(): Promise<boolean> {
    const { context, config } = this;
    const { flow, parts, hooks, settings } = this.#subject;
    if (this.#done.fit) {
      this.#maps = decodeSteering(await context.readArtifact!(files.maps)).maps;
      await this.#keepFacts();
      return true;
    }
    const began = context.now();
    const told = (code: number) => (flow.told > 0 ? Int32Array.of(code) : new Int32Array(0));
    const side = (rows: Int32Array, code: number) => ({
      ...noisedImages(flow, rows, config.times, context.seed),
      labels: told(code),
    });
    let kept = Promise.resolve();
    context.progress({ stage: 'fitting', step: 0, steps: hooks.length });
    const fitted = await fitFlow(
      this.#field!,
      { source: side(parts.source, parts.from), target: side(parts.target, parts.to) },
      {
        ...settings,
        seed: context.seed,
        stopRequested: () => context.stopRequested(),
        onFitted: (fit: HookFit, sides, done, steps) => {
          context.progress({ stage: `fitted ${fit.map.hook}`, step: done, steps });
          kept = kept.then(async () => {
            await context.keep(names.sides(done - 1), keptSides(sides));
            await context.keep(names.hook(done - 1), keptHook(fit));
          });
          // Told when all are awaited: nobody could catch it here.
          kept.catch(() => undefined);
        },
      },
    );
    await kept;
    if (!fitted.whole) return false;
    this.#maps = fitted.hooks.map(({ map }) => map);
    const { estimation, targets, notes } = fitted;
    const shares = fitted.hooks.map(({ transported }) => transported.pooled).filter(Number.isFinite);
    const transported = shares.reduce((sum, share) => sum + share / shares.length, 0);
    const seconds = (context.now() - began) / 1000;
    this.#done.fit = { estimation, targets, notes: [...notes], seconds, transported };
    for (const note of notes) context.notice(`${note}.`);
    await writeMaps(context, this.#maps, this.#recipe(), '');
    await this.#keepFacts();
    context.final({ hooks: this.#maps.length, fitSeconds: seconds, transportedShare: transported });
    await this.#checkpoint();
    return true;
  }

  async #sweep(): Promise<boolean> {
    const { context, config } = this;
    const { flow, parts, hooks } = this.#subject;
    const start = startPoints(flow, context.seed, 'steer.flow.start', config.noises);
    const random = randomMapsLike(this.#maps, context.seed);
    const factors = scalesOf(config.scale, hooks.map(steeredHook));
    const told: Told = {
      labels: flow.told > 0 ? Int32Array.of(parts.from) : new Int32Array(0),
      guidance: flow.guidance,
    };
    for (const [index, planned] of this.#plan.entries()) {
      const { arm, lambda } = planned;
      if (this.#done.points.some((point) => point.arm === arm && point.lambda === lambda)) continue;
      const stage = `images at λ = ${lambda}${arm === 'random' ? ', random maps' : ''}`;
      const maps = arm === 'fitted' ? this.#maps : random;
      const steering = steeringOf(maps, lambda, { first: true, factors });
      const made = await generated(
        this.#field!,
        this.#judge!,
        start,
        { steering, told, evaluations: config.evaluations },
        {
          dimension: flow.images.matrix.columns,
          onProgress: (images) =>
            context.progress({
              stage,
              step: index * config.noises + images,
              steps: this.#plan.length * config.noises,
            }),
          stopRequested: () => context.stopRequested(),
        },
      );
      if (!made) return false;
      this.#unsteered ??= made;
      const about = { parts, judge: this.#judge!, classes: flow.images.classes, seed: context.seed };
      const point = flowPoint(planned, made, this.#unsteered, about);
      this.#done.points.push(point);
      await context.keep(flowNames.images(arm, lambda), keptImages(made));
      await context.keep(flowNames.point(arm, lambda), packed(point));
      await context.artifact(files.sweep, flowCsv(this.#done.points, flow.images.names));
      context.final(flowMetricsOf(point));
      this.#columns[flowNames.images(arm, lambda)] = this.#column(made.pixels);
      await this.#checkpoint();
    }
    await this.#sheets();
    this.#headlines();
    return true;
  }

  /** Images of the first noises, those of the source class first. */
  #column(pixels: Uint8Array): NamedArray {
    const rows = sourceFirst(this.#unsteered!.classes, this.#subject.parts.from).slice(0, SHEET_ROWS);
    const size = pixels.length / this.config.noises;
    return matrix(imagesAt(pixels, rows, size), size);
  }

  /** A column a strength. */
  async #sheets(): Promise<void> {
    const { image } = this.#subject.flow.images;
    for (const arm of ['fitted', 'random'] as const) {
      const columns = this.#lambdas.map((lambda) => {
        const column = this.#columns[flowNames.images(lambda === 0 ? 'fitted' : arm, lambda)];
        return column!.data as Uint8Array;
      });
      const rows = Math.min(SHEET_ROWS, this.config.noises);
      await this.context.artifact(flowFiles.sheet(arm), encodeSheet(columns, rows, image));
    }
  }

  #headlines(): void {
    const { mainLambda } = this.config;
    const at = (arm: SteerFlowPoint['arm']) =>
      this.#done.points.find((point) => point.arm === arm && point.lambda === mainLambda);
    const [main, random] = [at('fitted'), at('random')];
    if (!main) return;
    const { target, confidence, nearest } = main;
    this.context.final({
      ...{ classShare: target.value, confidence: confidence.value, nearest: nearest.value },
      ...(random && { 'random.classShare': random.target.value }),
    });
  }

  #recipe(): SteeringRecipe {
    return flowRecipe(this.#subject, this.config, {
      ...{ maps: this.#maps, fit: this.#done.fit, seed: this.context.seed },
    });
  }

  async #keepFacts(): Promise<void> {
    const facts = runFactsOf(this.#subject, {
      ...{ fit: this.#done.fit, lambdas: this.#lambdas, points: this.#plan.length },
      recipe: this.#recipe(),
    });
    await this.context.keep(names.facts, packed(facts));
  }

  #state(): CheckpointState {
    const step = Number(this.#done.judge) + Number(this.#done.fit !== null) + this.#done.points.length;
    const unsteered = this.#unsteered ? prefixed(UNSTEERED, keptImages(this.#unsteered)) : {};
    const arrays = { ...unsteered, ...prefixed(COLUMNS, this.#columns) };
    return { step, json: { done: plainJson(this.#done) }, arrays };
  }

  async #checkpoint(): Promise<void> {
    await this.context.checkpoint(this.#state());
  }
}
