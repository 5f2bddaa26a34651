/** @file One language model that is open in the process for foreign files: its insides, and its decoders by level. */
import { MongeError } from '../../../native-models/error';
import { openCompute, type ComputeOptions } from '../../compute/session';
import type { ExactLevel, HookCertificate, LanguageFacts, NumericLevel } from '../../contract/language';
import { looksLikeOnnx } from '../../models/read';
import { KeptSession } from '../capture/kept-session';
import { openImportedBody } from '../imported/body';
import type { Insides } from '../insides/insides';
import type { Vision } from '../vision/vision';
import type { LanguageBody, Words } from './body';
import { openBuiltBody } from './built-body';

export interface OpenOptions {
  threads: number;
  /** Where written weights are kept. */
  cacheFolder: string;
  /** See `ComputeOptions`; of everything but decoders. */
  onProfile?: ComputeOptions['onProfile'];
  /** Opens it with every weight drawn anew by this seed, see `randomWeights`: for captures alone. */
  randomWeights?: number;
}

/** Decoders that are kept open at a time, each with its weights. */
const DECODERS = 2;

/** See `openLanguage`. */
export class OpenedLanguage {
  readonly facts: LanguageFacts;
  /** What was certified so far, by hook. */
  readonly certificates: Readonly<Record<ExactLevel, Map<string, HookCertificate>>> = {
    fp32: new Map(),
    '4-bit-0': new Map(),
  };
  readonly captures = new KeptSession();
  readonly #decoders = new Map<NumericLevel, Promise<Words>>();
  #vision: Promise<Vision> | null = null;
  readonly #closeCompute: () => Promise<void>;

  constructor(
    readonly body: LanguageBody,
    started: number,
    closeCompute: () => Promise<void>,
  ) {
    this.facts = { ...body.facts, openMilliseconds: performance.now() - started };
    this.#closeCompute = closeCompute;
  }

  get insides(): Insides {
    return this.body.insides;
  }

  /** The model as something that says words, at a level. @throws the codes of its `words` */
  async decoder(level: NumericLevel): Promise<Words> {
    const known = this.#decoders.get(level);
    const opened = known ?? this.body.words(level);
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
  async vision(): Promise<Vision> {
    if (this.body.vision) return (this.#vision ??= this.body.vision());
    throw new MongeError({
      code: 'model-not-image',
      blame: 'input',
      what: 'pictures can be shown to models of images only',
      where: { file: this.body.path },
      got: 'a model of texts',
    });
  }

  async close(): Promise<void> {
    await this.captures.close();
    await this.body.close();
    for (const decoder of this.#decoders.values())
      await decoder.then(
        (one) => one.close(),
        () => undefined,
      );
    await this.#closeCompute();
  }
}

/**
 * Opens a checkpoint, of which no weights are read yet, or an ONNX model of texts, which is run once on a few tokens.
 * @throws the codes of `openBuiltBody` and `openImportedBody`, and `weights-fixed` where random weights of an exported graph are asked for
 */
export async function openLanguage(path: string, options: OpenOptions): Promise<OpenedLanguage> {
  const started = performance.now();
  const compute = openCompute({ threads: options.threads, onProfile: options.onProfile });
  try {
    const isImported = await looksLikeOnnx(path);
    if (isImported && options.randomWeights !== undefined) throw weightsFixed(path);
    const open = isImported ? openImportedBody : openBuiltBody;
    return new OpenedLanguage(await open(path, compute, options), started, () => compute.close());
  } catch (error) {
    await compute.close();
    throw error;
  }
}

function weightsFixed(file: string): MongeError {
  return new MongeError({
    code: 'weights-fixed',
    blame: 'input',
    what: 'the weights of an exported graph cannot be drawn anew',
    where: { file },
    help: 'open the checkpoint that it was exported from',
  });
}
