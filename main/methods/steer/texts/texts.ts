/** @file The texts of a run: both sides read, repeated ones left out, and each drawn into one part by the run's seed. */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { DatasetInfo } from '../../../contract/data';
import { presets } from '../../../steering/presets';
import { FEW_TEXTS, fitNoise } from '../../../steering/samples';
import type { Inputs, SteerConfig } from '../config';
import type { RunTexts, SideTexts } from '../stages';
import { concept, rowsOf } from './rows';

/** Fewer texts of a side leave nothing to judge with. */
const FEWEST = 6;
/** Of a side that are held out; more are not looked at. */
const MOST_HELD = 3000;
/** Shares of the held-out texts that judges are trained and tested on; on the rest side effects are calibrated. */
const TRAIN = 0.5;
const TEST = 0.2;

const HURTFUL = /tox|hate|insult|obscen|offens|abus|threat|profan|slur|violen|nsfw/i;

type TextConfig = Pick<SteerConfig, 'from' | 'to' | 'labels' | 'n' | 'method' | 'offensive' | 'neutralTexts'>;

/**
 * Null where maps are given and no texts. Of each side at most n texts, and at most two thirds, are fitted on.
 * @throws `side-missing`, `texts-too-few`, `sides-equal`, and the codes of `rowsOf`
 */
export async function readTexts(
  inputs: Pick<Inputs, 'source' | 'target' | 'maps' | 'neutral'>,
  config: TextConfig,
  seed: number,
): Promise<RunTexts | null> {
  const { source, target } = inputs;
  if (!source && !target && inputs.maps) return null;
  if (!source)
    throw sideMissing('source', 'there are no source texts', '--data source=FILE, what the model does now');
  const asked = { from: config.from, to: config.to };
  if (!target && asked.from === '' && asked.to === '' && concept(source.info)) {
    asked.from = 'negative';
    asked.to = 'positive';
  }
  if (!target && asked.from === '' && asked.to === '')
    throw sideMissing(
      'target',
      'there are no target texts',
      '--data target=FILE, or --set from=LABEL,to=LABEL for labels, or sets, of the source; one of them alone is held against all other rows',
    );
  const of = target ?? source;
  const read = (key: 'from' | 'to') => {
    const [own, other] = key === 'from' ? [asked.from, asked.to] : [asked.to, asked.from];
    // One label alone is held against the rest of its file.
    const others = !target && own === '';
    const label = others ? other : own;
    const column = label === '' ? '' : config.labels;
    return rowsOf(key === 'from' ? source : of, { label, column, key, others });
  };
  const rows = { source: await read('from'), target: await read('to') };
  const notes: string[] = [];
  const kept = distinctSides(rows, notes);
  const part = (side: 'source' | 'target', name: string, info: DatasetInfo) =>
    drawn({ name, side, texts: kept[side], sha256: info.sha256 }, config, seed);
  const made = {
    source: part('source', asked.from || (target ? nameOf(source.info) : `not ${asked.to}`), source.info),
    target: part('target', asked.to || (target ? nameOf(of.info) : `not ${asked.from}`), of.info),
  };
  const names = [made.source.name, made.target.name, source.info.name, of.info.name];
  return {
    ...made,
    neutral: await neutralTexts(inputs, made.source, config.neutralTexts, seed),
    offensive:
      config.offensive === 'auto' ? names.some((name) => HURTFUL.test(name)) : config.offensive === 'yes',
    notes,
  };
}

/** `32 texts: w ± 0.18 by chance`; empty where there are enough, and where one pair is all that is wanted. */
export function chanceWarning(texts: number, method: SteerConfig['method']): string {
  if (texts >= FEW_TEXTS || presets[method].texts === 'one') return '';
  return `${texts} texts: w ± ${fitNoise(texts).w.toFixed(2)} by chance`;
}

/** Each text once, and none that both sides have: it would be held against itself. */
function distinctSides(
  rows: { source: readonly string[]; target: readonly string[] },
  notes: string[],
): { source: string[]; target: string[] } {
  const [source, target] = [new Set(rows.source), new Set(rows.target)];
  const both = new Set([...source].filter((text) => target.has(text)));
  const repeated = rows.source.length - source.size + rows.target.length - target.size;
  if (repeated > 0) notes.push(`${repeated} repeated texts count once.`);
  if (both.size > 0) notes.push(`${both.size} texts are on both sides and are left out.`);
  const without = (side: ReadonlySet<string>) => [...side].filter((text) => !both.has(text));
  const kept = { source: without(source), target: without(target) };
  if (both.size === 0 || (kept.source.length > 0 && kept.target.length > 0)) return kept;
  throw new MongeError({
    code: 'sides-equal',
    blame: 'input',
    what: 'a side has no text that the other has not',
    where: { key: kept.source.length === 0 ? 'source' : 'target' },
    got: `${both.size} texts of both sides`,
    expected: 'texts of what the model does now, and others of what it should do',
  });
}

function drawn(
  { name, side, texts, sha256 }: { name: string; side: 'source' | 'target'; texts: string[]; sha256: string },
  { n, method }: TextConfig,
  seed: number,
): SideTexts {
  const one = presets[method].texts === 'one';
  const fewest = one ? 1 : FEWEST;
  if (texts.length < fewest)
    throw new MongeError({
      code: 'texts-too-few',
      blame: 'input',
      what: 'a side has too few texts to fit on some and judge with others',
      where: { key: side },
      got: `${texts.length} different texts`,
      expected: `at least ${fewest}; 64 and more fit maps that are not mostly chance`,
    });
  const order = stream(seed, `steer ${side}`).permutation(texts.length);
  const shuffled = Array.from(order, (at) => texts[at]!);
  const fit = one ? 1 : Math.min(n, Math.floor((2 * texts.length) / 3));
  const held = shuffled.slice(fit, fit + MOST_HELD);
  const train = Math.ceil(TRAIN * held.length);
  const test = train + Math.ceil(TEST * held.length);
  return {
    ...{ name, given: texts.length, sha256 },
    fit: shuffled.slice(0, fit),
    train: held.slice(0, train),
    test: held.slice(train, test),
    calibration: held.slice(test),
  };
}

/** Given ones, else held-out texts of the source. */
async function neutralTexts(
  { neutral }: Pick<Inputs, 'neutral'>,
  source: SideTexts,
  most: number,
  seed: number,
): Promise<RunTexts['neutral']> {
  if (most === 0) return { texts: [], says: 'none' };
  if (!neutral) {
    const held = [...source.test, ...source.calibration].slice(0, most);
    return { texts: held, says: `${held.length} held-out texts of the source` };
  }
  return givenNeutral(neutral, most, seed);
}

/** A seeded choice of the texts of a file. */
export async function givenNeutral(
  neutral: NonNullable<Inputs['neutral']>,
  most: number,
  seed: number,
): Promise<RunTexts['neutral']> {
  const given = [...new Set((await neutral.open()).map((text) => text.trim()))].filter((text) => text !== '');
  const order = stream(seed, 'steer neutral').permutation(given.length).subarray(0, most);
  const texts = Array.from(order, (at) => given[at]!);
  return { texts, says: `${texts.length} texts of ${neutral.name}` };
}

function nameOf({ name }: DatasetInfo): string {
  return name.replace(/\.gz$/, '').replace(/\.[^.]*$/, '');
}

function sideMissing(key: string, what: string, expected: string): MongeError {
  return new MongeError({ code: 'side-missing', blame: 'input', what, where: { key }, expected });
}
