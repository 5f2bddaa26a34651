/** @file `monge inspect MODEL --image PICTURE`: the patches of a picture as colours, by components that are fitted or kept. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { encode } from 'fast-png';
import { MongeError } from '../../native-models/error';
import type { LanguageFacts, PatchColours, ReadPicture } from '../contract/language';
import { weightCacheFolder } from '../disk/paths';
import type { LanguageCall } from '../inference/service/service';
import type { ForeignFiles } from '../jobs/foreign-kinds';
import { usage, type Parsed } from './arguments';
import { withForeign, type CliHost } from './host';
import { writeNewFiles, type NewFile } from './new-files';
import { table } from './text';

/** Pixels a side of a patch in the written picture. */
const SIDE = 16;
const LARGEST = { picture: 64 * 2 ** 20, recipe: 2 ** 24 };

/**
 * Fits the components on `--fit`, or on the picture itself, or takes them from `--recipe`; writes the picture of the patches to
 * `--out` and the recipe to `--patches`.
 * @throws `bad-usage`, `file-not-found`, `file-too-large`, and the codes of `Vision`
 */
export async function inspectPicture(path: string, parsed: Parsed, host: CliHost): Promise<number> {
  const given = { image: parsed.text('image')!, fit: parsed.texts('fit'), recipe: parsed.text('recipe') };
  if (given.recipe !== undefined && given.fit.length > 0)
    throw usage('a recipe was fitted already', '--fit', undefined, '--fit or --recipe');
  const recipe = given.recipe === undefined ? null : await readLimited(given.recipe, LARGEST.recipe);
  const text = recipe && new TextDecoder().decode(recipe);
  const { picture, colours } = await withForeign(host, async (foreign) => {
    const threads = parsed.whole('threads', 1, 1024) ?? availableParallelism();
    const ask = questions(foreign, { path, threads, cacheFolder: weightCacheFolder(host.environment) });
    const show = async (file: string) =>
      ask<ReadPicture>({
        ...{ kind: 'picture', name: basename(file), bytes: await readLimited(file, LARGEST.picture) },
      });
    const shown = await show(given.image);
    const fit = [];
    for (const file of given.fit) fit.push((await show(file)).id);
    const hook = parsed.text('hook') ?? (text && hookOf(text)) ?? lastHook(await ask({ kind: 'facts' }));
    const asked = { kind: 'patch-colours' as const, picture: shown.id, hook };
    const of = fit.length > 0 ? fit : [shown.id];
    return {
      picture: shown,
      colours: await ask<PatchColours>({ ...asked, fit: of, ...(text !== null && { recipe: text }) }),
    };
  });
  const written = filesOf(parsed, colours);
  await writeNewFiles(written, 'out or --patches');
  const facts = factsOf(path, picture, colours);
  if (parsed.flag('json')) host.print(JSON.stringify(facts));
  else host.print(describe(facts, written));
  return 0;
}

/** What is asked of the model, in the process for foreign files. */
function questions(foreign: ForeignFiles, place: Omit<LanguageCall, 'ask'>) {
  return async <T>(question: LanguageCall['ask']): Promise<T> =>
    // Which answer belongs to which question is told by the types of the contract.
    (await foreign.ask({ kind: 'language', ...place, ask: question }, undefined, { file: place.path })) as T;
}

function filesOf(parsed: Parsed, { rgb, grid, recipe }: PatchColours): NewFile[] {
  const [out, patches] = [parsed.text('out'), parsed.text('patches')];
  const files: NewFile[] = [];
  if (out !== undefined) {
    const { rows, columns } = grid;
    const [width, height] = [columns * SIDE, rows * SIDE];
    const data = new Uint8Array(width * height * 3);
    for (let at = 0; at < width * height; at += 1) {
      const patch = Math.floor(at / width / SIDE) * columns + Math.floor((at % width) / SIDE);
      data.set(rgb.subarray(3 * patch, 3 * patch + 3), 3 * at);
    }
    files.push({ path: resolve(out), bytes: encode({ width, height, data, channels: 3, depth: 8 }) });
  }
  if (patches !== undefined) files.push({ path: resolve(patches), bytes: new TextEncoder().encode(recipe) });
  return files;
}

function factsOf(file: string, picture: ReadPicture, colours: PatchColours) {
  const { hook, grid, explained, outside, fittedOn, leftOut, same, rgb } = colours;
  return {
    file,
    image: { name: picture.name, sha256: picture.id, width: picture.width, height: picture.height },
    ...{ preprocessing: picture.says, hook, grid, leftOut, fittedOn, explained, outside },
    /** Of the colours, row by row. */
    pixels: createHash('sha256').update(rgb).digest('hex'),
    /** Whether they are those that the recipe was kept with; null for pictures outside its fit. */
    same,
  };
}

function describe(facts: ReturnType<typeof factsOf>, written: readonly NewFile[]): string {
  const { image, grid, fittedOn, explained, outside, same } = facts;
  const percent = explained.map((share) => `${(100 * share).toFixed(1)} %`).join(', ');
  return table([
    ['file', facts.file],
    ['picture', `${image.name}, ${image.width} × ${image.height} pixels`],
    ['read', facts.preprocessing.join(', ')],
    ['hook', `${facts.hook}, ${facts.leftOut} left out`],
    ['patches', `${grid.rows} × ${grid.columns}`],
    ['fitted on', `${fittedOn.patches} patches of ${fittedOn.names.join(', ')}`],
    ['red, green, blue', `${percent} of the variance`],
    ['outside the scale', `${outside} patches`],
    ['pixels', facts.pixels],
    ['as the recipe', same === null ? 'a picture outside its fit' : same ? 'equal' : 'other pixels'],
    ...written.map(({ path }) => ['written', path]),
  ]);
}

/** The hook that a recipe names; what is no recipe is refused where it is read. */
function hookOf(text: string): string | null {
  try {
    const { hook } = JSON.parse(text) as { hook?: unknown };
    return typeof hook === 'string' ? hook : null;
  } catch {
    return null;
  }
}

/** The state after the last block. */
function lastHook(facts: LanguageFacts): string {
  return `resid_post:${facts.layers - 1}`;
}

async function readLimited(file: string, most: number): Promise<Uint8Array> {
  const path = resolve(file);
  const fail = (code: string, what: string, cause?: unknown) =>
    new MongeError({ code, blame: 'input', what, where: { file: path } }, { cause });
  const found = await stat(path).catch((cause: unknown) => {
    throw fail('file-not-found', 'the file cannot be found', cause);
  });
  if (!found.isFile()) throw fail('file-unreadable', 'this is no file');
  if (found.size > most) throw fail('file-too-large', `the file has more than ${most} bytes`);
  return readFile(path);
}
