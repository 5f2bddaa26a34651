/** @file Maps of steering fitted inside an opened model, hook by hook in the order in which they are computed. */
import { steeredPlaces, type HookPoint } from '../../../../native-models';
import { errorDetail, MongeError } from '../../../../native-models/error';
import type {
  FitSteeringNews,
  FitSteeringRequest,
  FitSteeringResult,
  FittedSides,
} from '../../../contract/language';
import type { FittedHook, HookMap } from '../../../contract/steering';
import { estimate, type BlockModel, type Estimate } from '../../../steering/estimate';
import type { HookFit } from '../../../steering/fit';
import type { FittedMethod } from '../../../steering/fitters';
import { balanced } from '../../../steering/samples';
import type { Insides } from '../../insides/insides';
import { fittedEndToEnd } from '../lineas/as-fitted';
import { segmentModel, unitsOf } from './segment-model';
import { readSide, sideOf, type ReadSide, type Side } from './side';
import { wholeModel } from './whole-model';

/** Single tokens of the source that are kept beside its pooled values: 256 MB. */
const MOST_TOKEN_VALUES = 2 ** 26;

export interface FitPlace {
  insides: Insides;
  /** Whether its graph was made elsewhere: it may be none that can be cut. */
  imported: boolean;
}

/** What a fit by blocks is asked. */
interface BlockFit {
  request: FitSteeringRequest & { method: FittedMethod; estimation: 'simultaneous' | 'causal' };
  hooks: readonly HookPoint[];
  source: Side;
  target: Side;
  onFitted: (fit: HookFit, sides: FittedSides) => void;
  stopped: () => boolean;
}

/**
 * Fits the maps, telling each hook as it is done, and of maps that are learned together each step. Ends early, with the hooks that it has, where the signal aborts.
 * @throws `hook-unknown`, `hook-not-steerable`, `steering-hook-twice`, `steering-estimation`, `steering-samples`, `text-empty`
 *   with side and row, `steering-pair`, the codes of the tokenizer, of the session, and of `fitLineas`
 */
export async function fitSteering(
  place: FitPlace,
  request: FitSteeringRequest,
  tell: (news: FitSteeringNews) => void,
  signal: AbortSignal,
): Promise<FitSteeringResult> {
  const started = performance.now();
  const { insides } = place;
  const hooks = steerableHooks(request, insides.hooks);
  const { method, estimation, first } = request;
  if ((method === 'lineas') !== (estimation === 'end-to-end')) throw otherEstimation(request);
  const most = Math.min(request.maxTokens || Infinity, insides.context);
  const tokensOf = (text: string) => insides.tokens(text);
  const read = {
    source: await readSide('source', request.source, tokensOf, { most, first }),
    target: await readSide('target', request.target, tokensOf, { most, first }),
  };
  if (method === 'lineas' || estimation === 'end-to-end') {
    const initial = await linearMaps(place, request, signal);
    const { model } = await insides.runs('fp32');
    const texts = { source: read.source.ids, target: read.target.ids };
    const found = await fittedEndToEnd(model, { request, hooks, ...texts, initial }, tell, signal);
    return {
      ...found,
      ...{ estimation: 'end-to-end', targets: 'clean' },
      notes: [...leftOut(read), ...found.notes],
      cut: { source: read.source.cut, target: read.target.cut },
      seconds: (performance.now() - started) / 1000,
    };
  }
  const widest = Math.max(...hooks.map((hook) => unitsOf(hook)));
  const values = widest * read.source.ids.reduce((sum, ids) => sum + ids.length, 0);
  const tokens = request.supportFrom === 'tokens' || values <= MOST_TOKEN_VALUES;
  const { batch } = request;
  const notes = [...leftOut(read), ...(tokens ? [] : ['the share of tokens is not told: they are too many'])];
  let done = 0;
  const found = await fitted(
    place,
    {
      request: { ...request, method, estimation },
      hooks,
      source: sideOf(read.source.ids, { batch, first, tokens }),
      target: sideOf(read.target.ids, { batch, first, tokens: false }),
      onFitted: (fit, { source, target }) => {
        done += 1;
        tell({ kind: 'hook', fitted: plain(fit), sides: { source, target }, done, of: hooks.length });
      },
      stopped: () => signal.aborted,
    },
    notes,
  );
  return {
    estimation: found.estimation,
    targets: found.targets,
    notes: [...notes, ...found.notes],
    hooks: found.hooks.map(plain),
    cut: { source: read.source.cut, target: read.target.cut },
    whole: found.whole,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Maps that maps which are learned together begin with, where that is asked for. */
async function linearMaps(
  place: FitPlace,
  request: FitSteeringRequest,
  signal: AbortSignal,
): Promise<HookMap[] | undefined> {
  if (request.lineas?.initial !== 'linear-act') return undefined;
  const linear: FitSteeringRequest = {
    ...request,
    ...{ method: 'linear-act', estimation: 'causal', targets: 'clean' },
    ...{ support: 'q_all', supportFrom: 'pooled', level: 'fp32' },
  };
  const { hooks } = await fitSteering(place, linear, () => undefined, signal);
  return hooks.map(({ map }) => map);
}

/** In the quick way; in the slow one where a graph that was made elsewhere cannot be cut, which a note says. */
async function fitted({ insides, imported }: FitPlace, fit: BlockFit, notes: string[]): Promise<Estimate> {
  const { request, stopped } = fit;
  const options = { pooling: request.pooling, first: request.first, stopped };
  const told = new Set<string>();
  const once: BlockFit = {
    ...fit,
    onFitted(one, sides) {
      if (told.has(one.map.hook)) return;
      told.add(one.map.hook);
      fit.onFitted(one, sides);
    },
  };
  const runs = await insides.runs(request.level);
  const model = segmentModel(runs.model, fit.hooks, options);
  try {
    return await estimated(model, once);
  } catch (thrown) {
    if (!imported || !errorDetail(thrown).code.startsWith('session-')) throw thrown;
    notes.push('the whole graph was run for every hook: it could not be cut into parts');
    return await estimated(wholeModel(insides, request.level, fit.hooks, options), once);
  } finally {
    await model.close();
  }
}

function estimated<State>(
  model: BlockModel<State> & { start: (side: Side) => State },
  { request, source, target, onFitted, stopped }: BlockFit,
): Promise<Estimate> {
  const { method, support, supportFrom, seed, estimation, targets } = request;
  return estimate(
    model,
    { source: model.start(source), target: model.start(target) },
    { method, support, supportFrom, seed },
    {
      ...{ estimation, targets, shouldStop: stopped },
      onFitted: (fit, _done, _total, sides) => onFitted(fit, balanced(sides, seed)),
    },
  );
}

/** The asked hooks in the order of the model. */
function steerableHooks({ hooks, first }: FitSteeringRequest, all: readonly HookPoint[]): HookPoint[] {
  if (hooks.length === 0)
    throw new MongeError({
      code: 'hook-unknown',
      blame: 'input',
      what: 'there is no place to fit a map at',
      where: { key: 'hooks' },
      got: 'none',
      expected: 'at least one hook',
    });
  const shaped = hooks.map((id) => {
    const known = all.find((hook) => hook.id === id);
    return { id, units: known ? unitsOf(known) : 0, scale: true, shift: true, support: false };
  });
  const places = new Set(steeredPlaces({ first, hooks: shaped }, all).map(({ place }) => place));
  return all.filter((hook) => places.has(hook));
}

function leftOut({ source, target }: Record<'source' | 'target', ReadSide>): string[] {
  return Object.entries({ source, target }).flatMap(([name, { bare }]) =>
    bare > 0 ? [`${bare} texts of the ${name} were left out: they have no token but the first`] : [],
  );
}

function otherEstimation({ method, estimation }: FitSteeringRequest): MongeError {
  return new MongeError({
    code: 'steering-estimation',
    blame: 'input',
    what: 'this method is not fitted in this way',
    where: { key: 'estimation' },
    got: `${method}, ${estimation}`,
    expected: 'end-to-end for lineas, simultaneous or causal for all others',
  });
}

function plain({ map, fits, transported, warnings }: FittedHook): FittedHook {
  return { map, fits, transported, warnings };
}
