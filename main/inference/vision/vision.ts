/** @file Answers what is asked of a model of images: pictures it reads, colours, likenesses and attention of their patches. */
import { MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import type {
  PatchAttention,
  PatchAttentionRequest,
  PatchColours,
  PatchColoursRequest,
  PatchGrid,
  PatchLikeness,
  PatchLikenessRequest,
  PatchRecipe,
  PictureRequest,
  ReadPicture,
  VisionAnswers,
  VisionQuestion,
} from '../../contract/vision';
import type { Insides } from '../insides/insides';
import { colouredBy, fitColours, pixelHash } from './colours';
import { readPicture, type Picture } from './picture';
import { preprocessingWords, type Preprocessing } from './preprocessing';
import { readRecipe, recipeText } from './recipe';
import { KeptStates, SPECIAL, type PatchStates } from './states';

/** Pictures that are kept ready. */
const KEPT = 64;

export interface VisionModel {
  insides: Insides;
  compute: Compute;
  /** What the model takes, and the size of its patches, in pixels. */
  image: { height: number; width: number; patchHeight: number; patchWidth: number; channels: number };
  preprocessing: Preprocessing;
  name: string;
  /** SHA-256 of its files. */
  sha256: () => Promise<string>;
}

/** A model of images that pictures are shown to. */
export class Vision {
  readonly #model: VisionModel;
  readonly #grid: PatchGrid;
  readonly #states: KeptStates;
  /** By their ids, in order of last use. */
  readonly #pictures = new Map<string, Picture>();

  /** @throws `model-image-channels` for models of anything but colour images */
  constructor(model: VisionModel) {
    const { image, insides } = model;
    if (image.channels !== 3)
      throw new MongeError({
        code: 'model-image-channels',
        blame: 'input',
        what: 'pictures are read as red, green and blue',
        where: { file: model.name, key: 'num_channels' },
        got: String(image.channels),
        expected: '3',
      });
    this.#model = model;
    this.#grid = {
      rows: Math.floor(image.height / image.patchHeight),
      columns: Math.floor(image.width / image.patchWidth),
    };
    this.#states = new KeptStates(insides, SPECIAL + this.#grid.rows * this.#grid.columns);
  }

  /** @throws `picture-unknown`, and the codes of each question */
  async answer(ask: VisionQuestion): Promise<VisionAnswers[keyof VisionAnswers]> {
    switch (ask.kind) {
      case 'picture':
        return this.#read(ask);
      case 'patch-colours':
        return this.#colours(ask);
      case 'patch-likeness':
        return this.#likeness(ask);
      case 'patch-attention':
        return this.#attention(ask);
    }
  }

  /** States at the patches of a picture. @throws `picture-unknown`, `hook-unknown` */
  states(picture: string, hook: string): Promise<PatchStates> {
    return this.#states.states(this.#picture(picture), hook);
  }

  #read({ name, bytes }: PictureRequest): ReadPicture {
    const { preprocessing, image } = this.#model;
    const picture = readPicture(name, bytes, preprocessing, image);
    this.#pictures.delete(picture.id);
    this.#pictures.set(picture.id, picture);
    for (const oldest of this.#pictures.keys()) {
      if (this.#pictures.size <= KEPT) break;
      this.#pictures.delete(oldest);
    }
    const { id, width, height, shown, read } = picture;
    // Pixels at the right and at the bottom that fill no patch are not read.
    const across = (this.#grid.columns * image.patchWidth) / image.width;
    const down = (this.#grid.rows * image.patchHeight) / image.height;
    return {
      ...{ id, name, width, height, shown, grid: this.#grid },
      area: { ...read, width: read.width * across, height: read.height * down },
      says: preprocessingWords(preprocessing),
    };
  }

  async #colours({ picture: id, hook, fit, recipe: given }: PatchColoursRequest): Promise<PatchColours> {
    const start = performance.now();
    const picture = this.#picture(id);
    const recipe = given === undefined ? await this.#fitted(hook, fit) : await this.#checked(given, hook);
    const { coordinates, rgb, outside } = colouredBy(recipe, await this.#states.states(picture, hook));
    const drawn = recipe.fit.find(({ sha256 }) => sha256 === id);
    const share = (k: 0 | 1 | 2) =>
      recipe.totalVariance > 0 ? recipe.variances[k] / recipe.totalVariance : 0;
    return {
      ...{ hook, grid: this.#grid, rgb, outside, leftOut: recipe.leftOut },
      coordinates: Float32Array.from(coordinates),
      explained: [share(0), share(1), share(2)],
      fittedOn: { names: recipe.fit.map(({ name }) => name), patches: recipe.patches },
      recipe: recipeText(recipe),
      same: drawn ? drawn.pixels === pixelHash(rgb) : null,
      milliseconds: performance.now() - start,
    };
  }

  async #fitted(hook: string, fit: readonly string[]): Promise<PatchRecipe> {
    const { compute, name, sha256, preprocessing } = this.#model;
    const pictures = [];
    for (const id of fit) {
      const picture = this.#picture(id);
      const states = await this.#states.states(picture, hook);
      pictures.push({ name: picture.name, sha256: id, states });
    }
    return fitColours(compute, pictures, {
      model: { name, sha256: await sha256() },
      ...{ hook, preprocessing: preprocessingWords(preprocessing), leftOut: 'class token' },
    });
  }

  /** @throws `recipe-malformed`, `recipe-model-differs`, `recipe-hook-differs`, `recipe-preprocessing-differs` */
  async #checked(text: string, hook: string): Promise<PatchRecipe> {
    const recipe = readRecipe(text);
    const { sha256, preprocessing } = this.#model;
    const differs = (what: string, key: string, got: string, expected: string) => {
      if (got === expected) return;
      throw new MongeError({
        code: `recipe-${key}-differs`,
        blame: 'input',
        what: `the recipe was made ${what}`,
        where: { key },
        ...{ got, expected },
      });
    };
    differs('from another model', 'model', recipe.model.sha256, await sha256());
    differs('from another hook', 'hook', recipe.hook, hook);
    const said = preprocessingWords(preprocessing).join('; ');
    differs('of pictures that were read otherwise', 'preprocessing', recipe.preprocessing.join('; '), said);
    return recipe;
  }

  async #likeness({ picture, hook, to }: PatchLikenessRequest): Promise<PatchLikeness> {
    const start = performance.now();
    const states = await this.states(picture, hook);
    const theirs = await this.states(to.picture, hook);
    this.#requirePatch(to.patch);
    const { columns } = states;
    const target = theirs.data.subarray(to.patch * columns, (to.patch + 1) * columns);
    const length = Math.sqrt(product(target, target));
    const values = Float32Array.from({ length: states.rows }, (_, row) => {
      const state = states.data.subarray(row * columns, (row + 1) * columns);
      return product(state, target) / (Math.sqrt(product(state, state)) * length);
    });
    return { hook, grid: this.#grid, values, milliseconds: performance.now() - start };
  }

  async #attention({ picture, layer, from }: PatchAttentionRequest): Promise<PatchAttention> {
    const start = performance.now();
    if (from !== 'class') this.#requirePatch(from);
    const pattern = await this.#states.pattern(this.#picture(picture), layer);
    const { heads } = this.#model.insides;
    const patches = this.#grid.rows * this.#grid.columns;
    const tokens = SPECIAL + patches;
    const values = new Float32Array(heads * patches);
    const classShare = new Float32Array(heads);
    const entropy = new Float32Array(heads);
    for (let head = 0; head < heads; head += 1) {
      const at = (head * tokens + (from === 'class' ? 0 : SPECIAL + from)) * tokens;
      const row = pattern.subarray(at, at + tokens);
      values.set(row.subarray(SPECIAL), head * patches);
      classShare[head] = row[0]!;
      entropy[head] = row.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
    }
    return {
      ...{ layer, heads, grid: this.#grid, values, classShare, entropy },
      milliseconds: performance.now() - start,
    };
  }

  #picture(id: string): Picture {
    const found = this.#pictures.get(id);
    if (found) return found;
    throw new MongeError({
      code: 'picture-unknown',
      blame: 'input',
      what: 'this picture is not at hand any more',
      where: { key: 'picture' },
      got: id,
      help: 'hand it over again',
    });
  }

  #requirePatch(patch: number): void {
    const patches = this.#grid.rows * this.#grid.columns;
    if (patch < patches) return;
    throw new MongeError({
      code: 'position-outside',
      blame: 'input',
      what: 'the picture has no such patch',
      where: { key: 'patch' },
      got: String(patch),
      expected: `0 to ${patches - 1}`,
    });
  }
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let m = 0; m < a.length; m += 1) sum += a[m]! * b[m]!;
  return sum;
}
