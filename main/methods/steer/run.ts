/** @file A run: texts, hooks, maps, the sweep, then what is learned from it; each stage is stored before the next begins. */
import type { RunContext } from '../../contract/define';
import type { LanguageFacts } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { numbersIn } from '../../contract/schema';
import type { HookMap, SteeringRecipe } from '../../contract/steering';
import { fromPlainJson, packed, plainJson } from '../../disk/packed-json';
import { productVersion } from '../../disk/paths';
import { passingHooks } from '../../inference/for-methods/passing-hooks';
import { decodeSteering } from '../../steering/files/steering-file';
import type { Inputs, SteerConfig } from './config';
import { detect } from './detect';
import { noSide, sideOf, type RunFacts } from './facts';
import { fitMaps, fitSettings, type FitFacts } from './fit/fit';
import { chosenHooks, scalesOf, steered, steeringOf } from './fit/hooks';
import { importedMaps } from './fit/imported';
import { recipeOf, writeMaps } from './fit/written';
import { runFlowSteering } from './flow/run';
import { keptHook, unfitted } from './fit/stored';
import { files, names, type Judges, type RunTexts, type Stage, type SteeredHook } from './stages';
import { strength } from './strength';
import { triedPrompts } from './sweep/continuations';
import { headlines, noSweep, plannedPoints, sweep, type SweepState } from './sweep/sweep';
import { makeJudges } from './texts/judges';
import { givenNeutral, readTexts } from './texts/texts';

/** What a checkpoint knows. */
interface Done {
  /** Null until they are certified. */
  hooks: SteeredHook[] | null;
  leftOut: RunFacts['leftOut'];
  /** Null until all maps are there. */
  fit: FitFacts | null;
  sweep: SweepState;
  /** Stages after the sweep, by number. */
  stages: number;
  memory: Record<string, unknown>;
}

const NOTHING: Done = { hooks: null, leftOut: [], fit: null, sweep: noSweep, stages: 0, memory: {} };

/** What is learned from the sweep, in this order. */
const later: readonly Stage[] = [strength, detect];

/**
 * @throws `side-missing`, `texts-too-few`, `sides-equal`, `label-unknown`, `lexicon-missing`, `hook-not-steered`, `maps-format`, and
 *   the codes of reading texts and hooks, of opening the model, of the fit and of the continuations; of a flow those of
 *   `runFlowSteering`
 */
export async function runSteer(
  context: RunContext,
  inputs: Inputs,
  config: SteerConfig,
): Promise<'done' | 'stopped'> {
  if (config.subject === 'flow') return runFlowSteering(context, inputs, config);
  const run = new SteerRun(context, inputs, config);
  return (await run.all()) ? 'done' : 'stopped';
}

class SteerRun {
  readonly #done: Done;
  readonly #lambdas: number[];
  #texts: RunTexts | null = null;
  #neutral: RunTexts['neutral'] = { texts: [], says: 'none' };
  #judges!: Judges;
  #model!: LanguageFacts;
  #sha256 = '';
  #hooks: SteeredHook[] = [];
  #factors: ReadonlyMap<string, number> = new Map();
  #maps: HookMap[] = [];
  #recipe: SteeringRecipe | null = null;

  constructor(
    readonly context: RunContext,
    readonly inputs: Inputs,
    readonly config: SteerConfig,
  ) {
    const stored = context.resume?.json.done;
    this.#done = stored === undefined ? structuredClone(NOTHING) : fromPlainJson<Done>(stored);
    const asked = [...numbersIn(config.lambda)!, 0, config.mainLambda];
    this.#lambdas = [...new Set(asked)].sort((a, b) => a - b);
  }

  /** False where a stop was asked for: what is done is stored. */
  async all(): Promise<boolean> {
    const { context, inputs, config } = this;
    context.progress({ stage: 'reading the texts', step: 0, steps: 1, stepsPerSecond: null });
    this.#texts = await readTexts(inputs, config, context.seed);
    this.#neutral = this.#texts?.neutral ?? (await this.#givenNeutral());
    this.#judges = makeJudges(this.#texts, config);
    // What is known already is not forgotten while the run goes on.
    if (!this.#done.hooks) await this.#keepFacts();
    if (context.stopRequested()) return false;
    context.progress({ stage: 'opening the model', step: 0, steps: 1, stepsPerSecond: null });
    const session = await inputs.model!.language({ threads: context.compute.threads });
    this.#sha256 = session.sha256;
    this.#model = await session.ask({ kind: 'facts' });
    if (!(await this.#tryPrompts(session))) return false;
    if (!context.resume) this.#tell();
    const ready = inputs.maps ? await this.#import() : await this.#fit(session);
    if (!ready) return false;
    this.#finalFacts();
    if (this.#model.kind !== 'decoder') {
      context.notice('There is no sweep: this model says no words.');
      return true;
    }
    return this.#sweepAndLearn(session);
  }

  async #givenNeutral(): Promise<RunTexts['neutral']> {
    const { neutral } = this.inputs;
    const { neutralTexts } = this.config;
    if (!neutral || neutralTexts === 0) return { texts: [], says: 'none' };
    return givenNeutral(neutral, neutralTexts, this.context.seed);
  }

  /** What no text can be written from is told before a person waits for maps. */
  async #tryPrompts(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    if (this.#model.kind !== 'decoder' || context.resume) return true;
    return triedPrompts(context, session, config);
  }

  /** What a person should know before they wait. */
  #tell(): void {
    const { context } = this;
    const texts = this.#texts;
    for (const note of texts?.notes ?? []) context.notice(note, 'news');
    for (const side of texts ? [texts.source, texts.target] : []) {
      const { warning, name } = sideOf(side, this.config.method);
      if (warning !== '') context.notice(`${name}: ${warning}.`);
    }
    const { words, says, auc } = this.#judges;
    if (this.config.lexicon.length === 0)
      context.notice(
        words.length > 0
          ? `Words of the lexicon: ${words.join(', ')}.`
          : 'No word tells the target from the source, so that presence is not counted; name words in the lexicon.',
        words.length > 0 ? 'news' : 'warning',
      );
    const told = Number.isFinite(auc) ? `, AUC ${auc.toFixed(2)}` : '';
    context.notice(`Judge: ${says}${told}.`, 'news');
  }

  /** Maps that were made elsewhere, as the run's own. */
  async #import(): Promise<boolean> {
    const { context, inputs, config } = this;
    const all = this.#model.hooks.map(steered);
    const widths = new Map(all.map(({ id, width }) => [id, width]));
    const { maps, recipe, notes } = await importedMaps(inputs.maps!, { sha256: this.#sha256, widths });
    const byHook = new Map(maps.map((map) => [map.hook, map]));
    this.#hooks = all.filter(({ id }) => byHook.has(id));
    this.#factors = scalesOf(config.scale, this.#hooks);
    this.#maps = this.#hooks.map(({ id }) => byHook.get(id)!);
    if (!context.resume) for (const note of notes) context.notice(note);
    const settings = fitSettings(config);
    const { estimation, targets } = recipe ?? settings;
    this.#done.fit = { estimation, targets, notes, seconds: NaN, transported: NaN };
    this.#recipe = recipe ? { ...recipe, hooks: this.#maps.map(({ hook }) => hook) } : this.#ownRecipe();
    for (const [at, map] of this.#maps.entries()) await context.keep(names.hook(at), keptHook(unfitted(map)));
    await writeMaps(context, this.#maps, this.#recipe, this.#model.family);
    await this.#keepFacts();
    return true;
  }

  /** Hooks are chosen and certified, then fitted; partial maps are written where a stop was asked for. */
  async #fit(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    if (!this.#done.hooks && !(await this.#chooseHooks(session))) return false;
    this.#hooks = this.#done.hooks!;
    this.#factors = scalesOf(config.scale, this.#hooks);
    if (this.#done.fit) {
      const bytes = await context.readArtifact!(files.maps);
      this.#maps = decodeSteering(bytes).maps;
      this.#recipe = this.#ownRecipe();
      return true;
    }
    this.#recipe = this.#ownRecipe();
    await this.#keepFacts();
    const { hooks, facts } = await fitMaps(context, session, {
      ...{ config, hooks: this.#hooks, texts: this.#texts! },
    });
    this.#maps = hooks.map(({ map }) => map);
    this.#done.fit = facts;
    this.#recipe = this.#ownRecipe();
    if (hooks.length > 0) await writeMaps(context, this.#maps, this.#recipe, this.#model.family);
    if (!facts) return false;
    for (const note of facts.notes) context.notice(note);
    for (const warning of new Set(hooks.flatMap((one) => one.warnings))) context.notice(`${warning}.`);
    await this.#keepFacts();
    await this.#checkpoint();
    return true;
  }

  async #chooseHooks(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    const asked = chosenHooks(config, this.#model);
    const { level } = config;
    const passing = config.certify
      ? await passingHooks(context, session, asked, { level, done: 'steered' })
      : asked;
    if (!passing) return false;
    this.#done.hooks = passing;
    this.#done.leftOut = asked
      .filter(({ id }) => !passing.some((hook) => hook.id === id))
      .map(({ id, role, layer }) => ({ id, role, layer, reason: 'its certificate fails' }));
    await this.#checkpoint();
    return true;
  }

  #ownRecipe(): SteeringRecipe {
    const { config, context } = this;
    return recipeOf(config, {
      ...{ maps: this.#maps, fit: this.#done.fit, texts: this.#texts, seed: context.seed },
      ...{ name: this.inputs.model!.name, sha256: this.#sha256, program: `monge ${productVersion}` },
    });
  }

  async #sweepAndLearn(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    const done = this.#done;
    const { first } = this.#recipe!;
    const at = {
      ...{ context, session, config, texts: this.#texts, neutral: this.#neutral.texts, judges: this.#judges },
      ...{ hooks: this.#hooks, maps: this.#maps, lambdas: this.#lambdas, memory: done.memory },
      steering: (lambda: number, maps: readonly HookMap[] = this.#maps) =>
        steeringOf(maps, lambda, { first, factors: this.#factors }),
      point: (arm: 'fitted' | 'random', lambda: number) =>
        done.sweep.points.find((point) => point.arm === arm && point.lambda === lambda) ?? null,
      checkpoint: () => this.#checkpoint(),
    };
    if (!(await sweep(at, done.sweep))) return false;
    context.final(headlines(done.sweep.points, config.mainLambda));
    for (const [number, stage] of later.entries()) {
      if (number < done.stages) continue;
      if (!(await stage(at))) return false;
      done.stages = number + 1;
      await this.#checkpoint();
    }
    return true;
  }

  #finalFacts(): void {
    const { seconds, transported } = this.#done.fit!;
    const numbers = {
      ...{ hooks: this.#maps.length, fitSeconds: seconds, transportedShare: transported },
      'judge.auc': this.#judges.auc,
    };
    const known = Object.entries(numbers).filter(([, value]) => Number.isFinite(value));
    this.context.final(Object.fromEntries(known));
  }

  async #keepFacts(): Promise<void> {
    const { config, inputs } = this;
    const texts = this.#texts;
    const { words, says, auc } = this.#judges;
    const facts: RunFacts = {
      model: inputs.model!.name,
      source: texts ? sideOf(texts.source, config.method) : noSide,
      target: texts ? sideOf(texts.target, config.method) : noSide,
      offensive: texts?.offensive ?? config.offensive === 'yes',
      notes: [...(texts?.notes ?? []), ...(this.#done.fit?.notes ?? [])],
      ...{ hooks: this.#hooks, leftOut: this.#done.leftOut, fit: this.#done.fit, recipe: this.#recipe },
      imported: inputs.maps?.name ?? null,
      lambdas: this.#lambdas,
      points: plannedPoints(this.#lambdas, config).length,
      lexicon: [...words],
      judge: { says, auc },
      neutral: this.#neutral.says,
      family: this.#model?.family ?? '',
    };
    await this.context.keep(names.facts, packed(facts));
  }

  async #checkpoint(): Promise<void> {
    const { points, lines } = this.#done.sweep;
    const step = points.length * this.config.prompt.length * this.config.copies + lines + this.#done.stages;
    await this.context.checkpoint({ step, json: { done: plainJson(this.#done) }, arrays: {} });
  }
}
