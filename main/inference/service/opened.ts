/** @file One language model that is open in the process for foreign files: its insides, and its decoders by level. */
import { basename } from 'node:path';
import type { LazyWeight } from '../../../native-models';
import { errorDetail, MongeError } from '../../../native-models/error';
import { openCompute } from '../../compute/session';
import type { Compute } from '../../contract/compute';
import type { ExactLevel, HookCertificate, LanguageFacts, NumericLevel } from '../../contract/language';
import { openCheckpoint, tokenizerOf, type Checkpoint } from '../../models/checkpoint';
import { describeModel, type Described } from '../../models/checkpoint-graph';
import { KeptSession } from '../capture/kept-session';
import { openInsides } from '../insides/open';
import { openLanguageModel, type LanguageModel } from '../language-model';
import { openTokenizer } from '../tokenizer/open';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { openPreprocessing } from '../vision/open';
import { Vision } from '../vision/vision';
import { weightFolder } from '../weight-cache';
import { factsOf } from './facts';

export interface OpenOptions {
  threads: number;
  /** Where written weights are kept. */
  cacheFolder: string;
}

/** Decoders that are kept open at a time, each with its weights. */
const DECODERS = 2;

/** See `openLanguage`. */
export class OpenedLanguage {
  readonly facts: LanguageFacts;
  readonly insides: ReturnType<typeof openInsides>;
  /** What was certified so far, by hook. */
  readonly certificates: Readonly<Record<ExactLevel, Map<string, HookCertificate>>> = {
    fp32: new Map(),
    '4-bit-0': new Map(),
  };
  readonly captures = new KeptSession();
  readonly #compute: Compute & { close(): Promise<void> };
  readonly #decoders = new Map<NumericLevel, Promise<LanguageModel>>();
  #vision: Promise<Vision> | null = null;

  constructor(
    readonly checkpoint: Checkpoint,
    readonly described: Described,
    readonly tokenizer: Tokenizer | null,
    missing: string,
    readonly options: OpenOptions,
    started: number,
  ) {
    this.#compute = openCompute({ threads: options.threads });
    const folder = async (weights: readonly LazyWeight[], level: ExactLevel) =>
      weightFolder(
        await checkpoint.sha256(),
        weights,
        { folder: options.cacheFolder },
        `${level} with hooks`,
      );
    const name = checkpoint.path;
    const reading = { name, tokenizer, missing, folder };
    this.insides = openInsides(checkpoint, described, { ...reading, compute: this.#compute });
    const found = tokenizer ? { tokenizer, missing: null } : { tokenizer: null, missing };
    this.facts = {
      ...factsOf(checkpoint, described, this.insides, found),
      openMilliseconds: performance.now() - started,
    };
  }

  get compute(): Compute {
    return this.#compute;
  }

  /** The model as something that says words, at a level. @throws the codes of `openLanguageModel` */
  async decoder(level: NumericLevel): Promise<LanguageModel> {
    const { threads, cacheFolder } = this.options;
    const known = this.#decoders.get(level);
    const opened =
      known ??
      openLanguageModel(this.checkpoint.path, {
        ...{ level, threads, cacheFolder },
        use: level === '4-bit-4' ? 'chat' : 'exact',
      });
    this.#decoders.delete(level);
    this.#decoders.set(level, opened);
    if (!known) opened.catch(() => this.#decoders.delete(level));
    for (const [oldest, one] of this.#decoders) {
      if (this.#decoders.size <= DECODERS) break;
      this.#decoders.delete(oldest);
      await (await one).close();
    }
    return opened;
  }

  /** The model as something that pictures are shown to. @throws `model-not-image`, `preprocessing-unsupported` */
  vision(): Promise<Vision> {
    return (this.#vision ??= this.#openVision());
  }

  async #openVision(): Promise<Vision> {
    const { checkpoint, described, insides, compute } = this;
    const image = described.kind === 'image' ? described.config.image : null;
    if (!image)
      throw new MongeError({
        code: 'model-not-image',
        blame: 'input',
        what: 'pictures can be shown to models of images only',
        where: { file: checkpoint.path },
        got: `a model of texts, ${described.config.family}`,
      });
    return new Vision({
      ...{ insides, compute, image },
      preprocessing: await openPreprocessing(checkpoint.path, image),
      name: basename(checkpoint.path),
      sha256: () => checkpoint.sha256(),
    });
  }

  async close(): Promise<void> {
    await this.captures.close();
    await this.insides.close();
    for (const decoder of this.#decoders.values())
      await decoder.then(
        (one) => one.close(),
        () => undefined,
      );
    await this.#compute.close();
  }
}

/**
 * Opens a checkpoint and reads its head, its tokenizer and no weights. A tokenizer that cannot be read is said in the
 * facts: its weights can be looked at all the same.
 * @throws `model-family`, `model-config`, `checkpoint-shape`, and the codes of `openCheckpoint`
 */
export async function openLanguage(path: string, options: OpenOptions): Promise<OpenedLanguage> {
  const started = performance.now();
  const checkpoint = await openCheckpoint(path);
  const described = describeModel(checkpoint.config);
  let tokenizer: Tokenizer | null = null;
  let missing = '';
  try {
    if (described.kind !== 'image') tokenizer = openTokenizer(tokenizerOf(checkpoint));
    else missing = 'a model of images reads no text';
  } catch (thrown) {
    const { what, where, got } = errorDetail(thrown);
    missing = [what, where?.key, got].filter(Boolean).join('; ');
  }
  return new OpenedLanguage(checkpoint, described, tokenizer, missing, options, started);
}
