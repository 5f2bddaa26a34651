/** @file A run of probes: items, activations, controls, then place after place; each stage is stored before the next begins. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { ProbePosition } from '../../contract/probes';
import { gradedAnswers } from './answers';
import { tasksAt } from './activations';
import { captureStretch, checkFits, chosenHooks, stretchEnd, writeHeads, type CapturedHook } from './capture';
import { passingHooks } from '../../inference/for-methods/passing-hooks';
import { familiesOf, positionsOf, removedOf, type Inputs, type ProbesConfig } from './config';
import { lengthControl, modelControls, textOnly } from './controls';
import { chosenItems, ITEMS_FILE, itemsOf, readTables, type RunItem, type RunItems } from './items';
import { matrixOf, fitAll, ownAucs, runDraws, type Shared } from './matrices';
import { packed, packJson, unpackJson } from '../../disk/packed-json';
import { keptPlace, names, type RunFacts, type StoredControls } from './stored';
import { perceptronMatrix } from './perceptron';
import { report } from './report';
import { reportedHook } from './reported';
import type { TableItem, TaskTable } from './table';

const CONTROLS_FILE = 'controls.json';

/** What a checkpoint knows. */
interface Done {
  /** Items that were answered, by task; empty once all are. */
  answered: RunItem[][];
  items: boolean;
  /** Null until they are certified. */
  hooks: CapturedHook[] | null;
  /** Rows whose activations are written. */
  captured: number;
  controls: boolean;
  /** Places that are swept or whose matrices are kept. */
  places: string[];
  sweep: { test: number[]; validation: number[] };
}

const NOTHING: Done = {
  ...{ answered: [], items: false, hooks: null, captured: 0, controls: false, places: [] },
  sweep: { test: [], validation: [] },
};

/**
 * @throws `task-missing`, `task-twice`, `tasks-refused`, `hooks-double`, `capture-too-large`, `text-too-short`, `block-unknown`, and
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
    return { hooks: this.#hooks, positions: this.#positions, families: familiesOf(this.config) };
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
    const found: { table: TaskTable; items: RunItem[] }[] = [];
    for (const [k, table] of tables.entries()) {
      const chosen = chosenItems(table, config, context.seed);
      const items = config.mode === 'answer' ? await this.#answer(session, k, chosen) : chosen.map(statement);
      if (!items) return false;
      found.push({ table, items });
    }
    this.#items = itemsOf(found, config, context.seed);
    for (const { name, reason } of this.#items.refused) context.notice(`${name} is left out: ${reason}.`);
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
    const all = this.#items.tasks.flatMap(({ items }) => items);
    if (this.#done.captured === 0) {
      const size = checkFits(all.length, this.#hooks, this.#positions.length, await context.freeBytes());
      context.notice(
        `${size} of activations: ${all.length.toLocaleString('en')} items, ${this.#hooks.length} blocks, ${this.#positions.join(', ')}.`,
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
    const found: StoredControls = [textOnly(this.#items, draws)];
    const { kind } = await session.ask({ kind: 'facts' });
    if (config.controls && kind !== 'decoder')
      context.notice('Log-probability and confidence are no controls here: this model says no words.');
    else if (config.controls) {
      const told = await modelControls(context, session, this.#items, config, draws);
      if (!told) return false;
      found.push(...told);
    }
    found.push(lengthControl(this.#items, draws));
    await context.keep(names.controls, packed(found));
    await context.artifact(CONTROLS_FILE, packJson(found));
    this.#done.controls = true;
    await this.#checkpoint();
    return true;
  }

  /** Matrices of the main position in every block, then the other positions, then the other families. */
  async #places(): Promise<boolean> {
    const { context, config } = this;
    const shared: Shared = {
      draws: runDraws(this.#items, config, context.seed),
      controls: unpackJson<StoredControls>(await this.#read(CONTROLS_FILE)),
      scores: config.scores,
      seed: context.seed,
    };
    const [main, ...others] = familiesOf(config);
    const work = [
      ...this.#hooks.map((hook) => ({ hook, family: main!, position: config.position, whole: true })),
      ...this.#positions
        .filter((position) => position !== config.position)
        .flatMap((position) => this.#hooks.map((hook) => ({ hook, family: main!, position, whole: false }))),
      ...others.flatMap((family) =>
        this.#hooks.map((hook) => ({ hook, family, position: config.position, whole: true })),
      ),
    ];
    const size = this.#hooks.length * this.#positions.length * this.#items.tasks.length;
    const { sweep } = this.#done;
    for (const part of [sweep.test, sweep.validation]) while (part.length < size) part.push(-1);
    for (const [step, { hook, family, position, whole }] of work.entries()) {
      const name = names.place(family, hook.block, position);
      if (this.#done.places.includes(name)) continue;
      context.progress({
        stage: `fitting ${family}, block ${hook.block}, ${position}`,
        step,
        steps: work.length,
        stepsPerSecond: null,
      });
      if (context.stopRequested()) return false;
      const tasks = await this.#tasksAt(hook, position);
      const probes = fitAll(family, tasks, false);
      if (family === main)
        await this.#sweep(
          hook,
          position,
          ownAucs(probes, tasks, 'validation'),
          ownAucs(probes, tasks, 'test'),
        );
      if (whole) {
        const matrix = matrixOf({ family, block: hook.block, position }, probes, tasks, shared);
        await context.keep(name, keptPlace(matrix, probes));
        if (family === main) {
          context.metric('auc.inTaskMean', hook.block, matrix.summary.inTaskMean);
          if (tasks.length > 1) context.metric('auc.crossTaskMean', hook.block, matrix.summary.crossTaskMean);
        }
      }
      this.#done.places.push(name);
      await this.#checkpoint();
    }
    const hook = this.#reportedHook();
    context.progress({ stage: 'reporting', step: work.length - 1, steps: work.length, stepsPerSecond: null });
    const reported = await this.#tasksAt(hook, config.position);
    const { block } = hook;
    if (config.perceptron) {
      const place = { block, position: config.position };
      const { compute, seed } = context;
      const surroundings = {
        ...{ compute, seed, now: () => context.now(), stopRequested: () => context.stopRequested() },
      };
      const ceiling = await perceptronMatrix(surroundings, place, reported, shared);
      if (!ceiling) return false;
      await context.keep(names.place('mlp', block, config.position), packed(ceiling));
      context.final({ 'auc.mlpMean': ceiling.summary.inTaskMean });
    }
    await report(context, {
      hook,
      position: config.position,
      families: familiesOf(config),
      shared,
      items: this.#items,
      tasks: reported,
    });
    return true;
  }

  #tasksAt(hook: CapturedHook, position: ProbePosition) {
    const read = async (name: string, { at, bytes }: { at: number; bytes: number }) =>
      (await this.#read(name)).subarray(at, at + bytes);
    return tasksAt(read, this.#items, hook, position, removedOf(this.config));
  }

  async #sweep(
    hook: CapturedHook,
    position: ProbePosition,
    validation: Float64Array,
    test: Float64Array,
  ): Promise<void> {
    const { sweep } = this.#done;
    const tasks = this.#items.tasks.length;
    const at =
      (this.#hooks.indexOf(hook) * this.#positions.length + this.#positions.indexOf(position)) * tasks;
    for (let k = 0; k < tasks; k++) {
      sweep.test[at + k] = test[k]!;
      sweep.validation[at + k] = validation[k]!;
    }
    // −1 is no AUC: it stands for what is not there yet, as JSON has no NaN.
    const kept = (values: readonly number[]) =>
      Float64Array.from(values, (value) => (value < 0 ? NaN : value));
    await this.context.keep(
      names.sweep,
      packed({ test: kept(sweep.test), validation: kept(sweep.validation) }),
    );
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

function statement({ text, label, group }: TableItem): RunItem {
  return { text, prompt: 0, end: text.length, label: label!, group };
}
