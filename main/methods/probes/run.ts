/** @file A run of probes: items, activations, controls, then place after place; each stage is stored before the next begins. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { ProbePosition } from '../../contract/probes';
import { gradedAnswers } from './answers';
import { tasksAt, type ReadPart } from './activations';
import {
  capturedBytes,
  captureStretch,
  checkRoom,
  chosenHooks,
  stretchEnd,
  writeHeads,
  type CapturedHook,
} from './capture';
import { megabytes } from '../../inference/for-methods/fits-on-disk';
import { passingHooks } from '../../inference/for-methods/passing-hooks';
import { familiesOf, positionsOf, removedOf, type Inputs, type ProbesConfig } from './config';
import { lengthControl, modelControls, textOnly } from './controls';
import {
  chosenItems,
  ITEMS_FILE,
  itemsOf,
  namedItems,
  readTables,
  usedFamilies,
  type RunItem,
  type RunItems,
} from './items';
import { leakNotice, leaksOf, twinsOf } from './leaks';
import { runDraws, type Shared } from './matrices';
import { fitPlaces, type PlacesDone } from './places';
import { randomWeightsTasks } from './random-weights';
import { packed, packJson, unpackJson } from '../../disk/packed-json';
import { names, type RunFacts, type StoredControls } from './stored';
import { fitPerceptrons, keptPerceptrons } from './perceptron';
import { report } from './report';
import { reportedHook } from './reported';
import type { TableItem, TaskTable } from './table';

const CONTROLS_FILE = 'controls.json';

/** What a checkpoint knows. */
interface Done extends PlacesDone {
  /** Items that were answered, by task; empty once all are. */
  answered: RunItem[][];
  items: boolean;
  /** Null until they are certified. */
  hooks: CapturedHook[] | null;
  /** Rows whose activations are written. */
  captured: number;
  controls: boolean;
  /** Rows whose activations with random weights are written. */
  randomCaptured: number;
}

const NOTHING: Done = {
  ...{ answered: [], items: false, hooks: null, captured: 0, controls: false, places: [] },
  ...{ randomCaptured: 0, sweep: { test: [], validation: [] } },
};

/**
 * @throws `task-missing`, `task-twice`, `tasks-refused`, `hooks-double`, `capture-too-large`, `text-too-short`, `context-exceeded`, `block-unknown`, and
 *   the codes of reading tasks and of opening the model
 */
export async function runProbes(
  context: RunContext,
  inputs: Inputs,
  config: ProbesConfig,
): Promise<'done' | 'stopped'> {
  const run = new ProbesRun(context, inputs, config);
  return (await run.all()) ? 'done' : 'stopped';
}

class ProbesRun {
  #done: Done;
  #items: RunItems = { tasks: [], refused: [] };
  #hooks: CapturedHook[] = [];
  readonly #positions: ProbePosition[];

  constructor(
    readonly context: RunContext,
    readonly inputs: Inputs,
    readonly config: ProbesConfig,
  ) {
    this.#done = (context.resume?.json.done as unknown as Done | undefined) ?? structuredClone(NOTHING);
    this.#positions = positionsOf(config);
  }

  /** False where a stop was asked for: what is done is stored. */
  async all(): Promise<boolean> {
    const { context, inputs } = this;
    context.progress({ stage: 'opening the model', step: 0, steps: 1, stepsPerSecond: null });
    const session = await inputs.model.language({ threads: context.compute.threads });
    if (!(await this.#makeItems(session))) return false;
    if (!(await this.#chooseHooks(session))) return false;
    if (!(await this.#capture(session))) return false;
    await context.keep(names.facts, packed(this.#facts()));
    if (!(await this.#controls(session))) return false;
    return this.#places();
  }

  #facts(): RunFacts {
    return {
      hooks: this.#hooks,
      positions: this.#positions,
      families: usedFamilies(this.config, this.#items),
    };
  }

  async #checkpoint(): Promise<void> {
    const { captured, places } = this.#done;
    await this.context.checkpoint({
      step: captured + places.length,
      json: { done: structuredClone(this.#done) as never },
      arrays: {},
    });
  }

  async #makeItems(session: LanguageSession): Promise<boolean> {
    const { context, config, inputs } = this;
    if (this.#done.items) {
      this.#items = unpackJson<RunItems>(await this.#read(ITEMS_FILE));
      return true;
    }
    const tables = await readTables(inputs, config);
    const repeated = repeatedFiles(inputs.tasks, tables);
    for (const [one, same] of repeated)
      context.notice(`${one} and ${same} are the same file: what one learns is what the other is tested on.`);
    const found: { table: TaskTable; items: RunItem[] }[] = [];
    for (const [k, table] of tables.entries()) {
      const chosen = chosenItems(table, config, context.seed);
      const items = config.mode === 'answer' ? await this.#answer(session, k, chosen) : chosen.map(statement);
      if (!items) return false;
      found.push({ table, items });
    }
    this.#items = itemsOf(found, config, context.seed);
    for (const { name, reason } of this.#items.refused) context.notice(`${name} is left out: ${reason}.`);
    for (const pair of twinsOf(this.#items))
      if (!repeated.some((same) => same.join() === pair.join()))
        context.notice(
          `${pair.join(' and ')} share most of their texts: what one learns is what the other is tested on.`,
        );
    const leaks = leakNotice(leaksOf(this.#items));
    if (leaks) context.notice(leaks);
    if (usedFamilies(config, this.#items).length < familiesOf(config).length)
      context.notice(
        'Contrast-consistent search is left out: no task has statements with what contradicts them.',
      );
    await context.artifact(ITEMS_FILE, packJson(this.#items));
    this.#done = { ...this.#done, items: true, answered: [] };
    return true;
  }

  async #answer(
    session: LanguageSession,
    task: number,
    items: readonly TableItem[],
  ): Promise<RunItem[] | null> {
    const known = this.#done.answered[task] ?? [];
    return gradedAnswers(this.context, session, items, this.config, known, async (done) => {
      this.#done.answered[task] = done;
      await this.#checkpoint();
    });
  }

  /** What was checked before the first session is the same model: its hash is. */
  async #chooseHooks(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    if (!this.#done.hooks) {
      const asked = await chosenHooks(session, config);
      this.#checkBlock(asked);
      this.#done.hooks = config.certify
        ? await passingHooks(context, session, asked, { level: config.level, done: 'probed' })
        : asked;
      if (this.#done.hooks) this.#checkBlock(this.#done.hooks);
    }
    if (this.#done.hooks) this.#hooks = this.#done.hooks;
    return this.#done.hooks !== null;
  }

  #checkBlock(hooks: readonly CapturedHook[]): void {
    const { block } = this.config;
    if (block < 0 || hooks.some((hook) => hook.block === block)) return;
    throw new MongeError({
      code: 'block-unknown',
      blame: 'input',
      what: 'the matrix of a block is asked for that is not among the hooks',
      where: { key: 'block' },
      got: String(block),
      expected: hooks.map((hook) => hook.block).join(', '),
    });
  }

  async #capture(session: LanguageSession): Promise<boolean> {
    const { context, config } = this;
    const all = namedItems(this.#items);
    if (this.#done.captured === 0) {
      const bytes = capturedBytes(all.length, this.#hooks, this.#positions.length);
      checkRoom(bytes, await context.freeBytes());
      context.notice(
        `${megabytes(bytes)} of activations: ${all.length.toLocaleString('en')} items, ${this.#hooks.length} blocks, ${this.#positions.join(', ')}.`,
        'news',
      );
      await writeHeads(context, this.#hooks, this.#positions, all.length);
    }
    while (this.#done.captured < all.length) {
      const from = this.#done.captured;
      context.progress({ stage: 'capturing', step: from, steps: all.length });
      const to = stretchEnd(from, all.length, this.#hooks, this.#positions.length);
      const about = { from, to, hooks: this.#hooks, positions: this.#positions, config };
      const tokens = await captureStretch(context, session, all, about);
      if (!tokens) return false;
      this.#done.captured = to;
      await this.#checkpoint();
    }
    return true;
  }

  async #controls(session: LanguageSession): Promise<boolean> {
    if (this.#done.controls) return true;
    const { context, config } = this;
    const draws = runDraws(this.#items, config, context.seed);
    const found = [textOnly(this.#items, draws)];
    const { kind } = await session.ask({ kind: 'facts' });
    if (config.controls && kind !== 'decoder')
      context.notice('Log-probability and confidence are no controls here: this model says no words.');
    else if (config.controls) {
      const told = await modelControls(context, session, this.#items, config, draws);
      if (!told) return false;
      found.push(...told);
    }
    found.push(lengthControl(this.#items, draws));
    const stored: StoredControls = {
      controls: found.map(({ control }) => control),
      scores: found.map(({ control: { id }, scores }) => ({ id, scores })),
    };
    await context.keep(names.controls, packed(stored));
    await context.artifact(CONTROLS_FILE, packJson(stored));
    this.#done.controls = true;
    await this.#checkpoint();
    return true;
  }

  async #places(): Promise<boolean> {
    const { context, config } = this;
    const { controls, scores } = unpackJson<StoredControls>(await this.#read(CONTROLS_FILE));
    const shared: Shared = {
      draws: runDraws(this.#items, config, context.seed),
      ...{ controls, controlScores: scores, scores: config.scores, seed: context.seed },
    };
    const whole = await fitPlaces({
      ...{
        context,
        config,
        shared,
        families: usedFamilies(config, this.#items),
        hooks: this.#hooks,
        positions: this.#positions,
        done: this.#done,
      },
      checkpoint: () => this.#checkpoint(),
      tasksAt: (hook, position) => this.#tasksAt(hook, position),
    });
    return whole && this.#report(shared);
  }

  async #report(shared: Shared): Promise<boolean> {
    const { context, config } = this;
    const { position } = config;
    const hook = this.#reportedHook();
    context.progress({ stage: 'reporting', step: 0, steps: 1, stepsPerSecond: null });
    const tasks = await this.#tasksAt(hook, position);
    const { block } = hook;
    const random = config.randomWeights ? await this.#randomWeights(hook) : 'missing';
    if (!random) return false;
    if (config.perceptron) {
      const { compute, seed } = context;
      const surroundings = {
        ...{ compute, seed, now: () => context.now(), stopRequested: () => context.stopRequested() },
      };
      const ceiling = await fitPerceptrons(surroundings, { block, position }, tasks, shared);
      if (!ceiling) return false;
      await context.keep(names.place('mlp', block, position), keptPerceptrons(ceiling));
      context.final({ 'auc.mlpMean': ceiling.matrix.summary.inTaskMean });
    }
    await report(context, {
      ...{ hook, position, shared, tasks, items: this.#items, families: usedFamilies(config, this.#items) },
      random: random === 'missing' ? null : random,
    });
    return true;
  }

  async #randomWeights(hook: CapturedHook) {
    const { context, inputs, config } = this;
    const found = await randomWeightsTasks({
      ...{ context, inputs, config, hook, items: this.#items, position: config.position },
      read: (name, range) => this.#readPart(name, range),
      captured: this.#done.randomCaptured,
      told: async (captured) => {
        this.#done.randomCaptured = captured;
        await this.#checkpoint();
      },
    });
    if (found === 'missing')
      context.notice('Random weights are no control here: the weights of an exported graph are fixed.');
    return found;
  }

  #tasksAt(hook: CapturedHook, position: ProbePosition) {
    const read: ReadPart = (name, range) => this.#readPart(name, range);
    return tasksAt(read, this.#items, hook, position, removedOf(this.config));
  }

  async #readPart(name: string, { at, bytes }: { at: number; bytes: number }): Promise<Uint8Array> {
    return (await this.#read(name)).subarray(at, at + bytes);
  }

  /** The block of the settings, or the best one by the mean of the tasks' own validation AUCs. */
  #reportedHook(): CapturedHook {
    const { config } = this;
    return reportedHook(this.#hooks, config.block, this.#done.sweep.validation, {
      position: this.#positions.indexOf(config.position),
      positions: this.#positions.length,
      tasks: this.#items.tasks.length,
    });
  }

  async #read(name: string): Promise<Uint8Array> {
    return this.context.readArtifact!(name);
  }
}

function statement({ row, text, label, group }: TableItem): RunItem {
  return { row, text, prompt: 0, end: text.length, label: label!, group };
}

/** Names of tasks whose files are equal. */
function repeatedFiles(files: Inputs['tasks'], tables: readonly TaskTable[]): [name: string, same: string][] {
  return files.flatMap(({ info: { sha256 } }, k): [string, string][] => {
    const first = files.findIndex(({ info }) => info.sha256 === sha256);
    return first < k ? [[tables[first]!.name, tables[k]!.name]] : [];
  });
}
