/** @file Maps for many hooks of one model, block by block in a single pass: simultaneous, or causal with either kind of target. */
import { MongeError } from '../../native-models/error';
import type { HookMap, SteeringTargets } from '../contract/steering';
import type { RowMatrix } from '../contract/projection';
import { fitHook, keepBest, type FitSettings, type HookFit } from './fit';
import { presets } from './presets';
import type { Sides } from './samples';

/** A hook of a model that runs block by block. */
export interface BlockHook {
  id: string;
  /** The block that computes it, from 0; what stands before the first block belongs to it. */
  block: number;
  /** Whether it is the sum that runs through all blocks, where what one map adds is still there at the next. */
  residual: boolean;
  /** Width of an attention head, where the hook has heads. */
  groupWidth?: number;
}

/** What fitting sees of one side at one hook. */
export interface HookSamples {
  /** [texts, units] */
  pooled: RowMatrix;
  /** [tokens, units], where the share of tokens, or their support, is asked for. */
  tokens?: RowMatrix;
}

/** A model that can be run block by block over all texts of a side; a state is whatever it keeps between two blocks. */
export interface BlockModel<State> {
  blocks: number;
  /** In the order in which they are computed. */
  hooks: readonly BlockHook[];
  /**
   * Runs one block from the states before it, with maps of its hooks switched on at λ = 1; answers the values of `read` in their
   * order, each before its own map, and the states after the block; null where it was stopped. The given state must stay
   * usable: a block is run again when a map in it is known.
   */
  run(
    state: State,
    block: number,
    asked: { maps: readonly HookMap[]; read: readonly BlockHook[] },
  ): Promise<{ samples: HookSamples[]; next: State } | null>;
}

export interface EstimateOptions {
  estimation: 'simultaneous' | 'causal';
  targets: SteeringTargets;
  /**
   * What happens where steered targets are asked for on the residual stream of several blocks, which would count every shift
   * again at each: `force` clean targets and say so, `refuse`, or go on `as-asked`, for measurements of that very effect.
   */
  guard?: 'force' | 'refuse' | 'as-asked';
  /** Told after each hook, with the pooled values of both sides; what was fitted so far can be used. */
  onFitted?: (fit: HookFit, done: number, total: number, sides: Sides) => void;
  shouldStop?: () => boolean;
}

export interface Estimate {
  /** In the order of the model. */
  hooks: HookFit[];
  estimation: 'simultaneous' | 'causal';
  targets: SteeringTargets;
  /** What was decided here and why, in sentences. */
  notes: string[];
  /** False where it was stopped. */
  whole: boolean;
}

/**
 * Fits the hooks of a model on two sides of texts. Simultaneous: every hook on the unsteered model. Causal: each hook on the
 * model with the maps before it switched on, for the source always and for the target unless targets are clean (arXiv
 * 2410.23054, definition 3.2, steers both; LinEAS, 2503.10679, keeps targets clean). A block is run once, and once more per
 * hook in it when causal, instead of the whole model once per hook.
 *
 * Methods that steer only the best units of all hooks are fitted simultaneously: which units are chosen is known at the end.
 * @throws `steering-residual-targets` as the guard says, `steering-hook-order` where hooks are not in the order of their blocks,
 *   and what `fitHook` throws
 */
export async function estimate<State>(
  model: BlockModel<State>,
  sides: { source: State; target: State },
  settings: Omit<FitSettings, 'tokens' | 'groupWidth'>,
  options: EstimateOptions,
): Promise<Estimate> {
  const { onFitted, shouldStop } = options;
  const { choice } = presets[settings.method];
  checkOrder(model);
  const decided = decide(model.hooks, options, choice !== null);
  const causal = decided.estimation === 'causal';
  const cleanTargets = !causal || decided.targets === 'clean';
  const fits: HookFit[] = [];
  let { source, target } = sides;
  let stopped = false;

  const fitOne = (hook: BlockHook, from: HookSamples, to: HookSamples): HookMap => {
    const sides = { source: from.pooled, target: to.pooled };
    const groupWidth = hook.groupWidth ?? null;
    const fit = fitHook(hook.id, sides, { ...settings, tokens: from.tokens, groupWidth });
    fits.push(fit);
    onFitted?.(fit, fits.length, model.hooks.length, sides);
    return fit.map;
  };

  for (let block = 0; block < model.blocks && !stopped; block++) {
    const hooks = model.hooks.filter((hook) => hook.block === block);
    const maps: HookMap[] = [];
    // Where no map changes what a side sees in this block, all its hooks are read at once.
    const from = await model.run(source, block, { maps: [], read: causal ? hooks.slice(0, 1) : hooks });
    const to = await model.run(target, block, { maps: [], read: cleanTargets ? hooks : hooks.slice(0, 1) });
    stopped = from === null || to === null;
    let [fromNow, toNow] = [from, to];
    for (const [at, hook] of hooks.entries()) {
      if (at > 0 && causal && !stopped) fromNow = await model.run(source, block, { maps, read: [hook] });
      if (at > 0 && !cleanTargets && !stopped) toNow = await model.run(target, block, { maps, read: [hook] });
      stopped ||= fromNow === null || toNow === null || (shouldStop?.() ?? false);
      if (stopped) break;
      const [own, theirs] = [causal ? 0 : at, cleanTargets ? at : 0];
      maps.push(fitOne(hook, fromNow!.samples[own]!, toNow!.samples[theirs]!));
    }
    if (stopped || fits.length === model.hooks.length) break;
    const moved = maps.length > 0;
    const after = {
      source: causal && moved ? await model.run(source, block, { maps, read: [] }) : from,
      target: !cleanTargets && moved ? await model.run(target, block, { maps, read: [] }) : to,
    };
    stopped = after.source === null || after.target === null;
    source = after.source?.next ?? source;
    target = after.target?.next ?? target;
  }
  const groupWidths = model.hooks.map(({ groupWidth }) => groupWidth ?? null);
  return { ...decided, hooks: choice ? keepBest(fits, choice, groupWidths) : fits, whole: !stopped };
}

function checkOrder({ hooks, blocks }: Pick<BlockModel<unknown>, 'hooks' | 'blocks'>): void {
  const wrong = hooks.find(({ block }, at) => block < (hooks[at - 1]?.block ?? 0) || block >= blocks);
  if (wrong)
    throw new MongeError({
      code: 'steering-hook-order',
      what: 'hooks are fitted in the order in which they are computed',
      where: { key: wrong.id },
      got: `block ${wrong.block} of ${blocks}, after a later one or beyond the last`,
      expected: 'blocks from the first to the last',
    });
}

/** What is done of what was asked for, and why where it differs. */
function decide(hooks: readonly BlockHook[], options: EstimateOptions, chooses: boolean) {
  const { guard = 'force' } = options;
  let { estimation, targets } = options;
  const notes: string[] = [];
  if (chooses && estimation === 'causal') {
    estimation = 'simultaneous';
    notes.push('fitted simultaneously: the method chooses among the units of all hooks at the end');
  }
  const stream = hooks.filter(({ residual }) => residual);
  const accumulates = new Set(stream.map(({ block }) => block)).size > 1 || stream.length > 1;
  if (!accumulates || guard === 'as-asked') return { estimation, targets, notes };
  if (estimation === 'simultaneous') {
    if (!chooses)
      notes.push(
        'simultaneous maps on the residual stream of several blocks count every shift again at each; causal ones with clean targets do not',
      );
    return { estimation, targets, notes };
  }
  if (targets === 'steered') {
    if (guard === 'refuse')
      throw new MongeError({
        code: 'steering-residual-targets',
        blame: 'input',
        what: 'steered targets count every shift again at each hook of the residual stream',
        where: { key: 'targets' },
        got: `steered, on ${stream.map(({ id }) => id).join(', ')}`,
        expected: 'clean targets, or at most one hook of the residual stream',
      });
    targets = 'clean';
    notes.push(
      'targets are clean instead of steered: several hooks are on the residual stream, where every shift would be counted again',
    );
  }
  return { estimation, targets, notes };
}
