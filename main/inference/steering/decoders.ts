/** @file The decoders of one model, steered or not: which of them are open, and each at the strength that is asked for. */
import type { HookPoint } from '../../../native-models';
import type { Steering } from '../../contract/steering';
import type { Decoding } from '../decoding';
import { DecodingPool, type DecodingForm } from '../decoding-pool';
import { planOf, strengthFeeds } from './strength';

type PlainForm = Omit<DecodingForm, 'steering'>;

export class SteerableDecoders {
  readonly #pool: DecodingPool;
  readonly #findHooks: () => readonly HookPoint[];
  #hooks: readonly HookPoint[] | null = null;

  /** `most` decoders are kept open; `hooks` are those of the model, found when something is steered. */
  constructor(
    open: (form: DecodingForm) => Promise<Decoding>,
    most: number,
    hooks: () => readonly HookPoint[],
  ) {
    this.#pool = new DecodingPool(open, most);
    this.#findHooks = hooks;
  }

  /** @throws the codes of `planOf`, `strengthFeeds`, and of opening; they show before anything is opened */
  async use<T>(
    form: PlainForm,
    steering: Steering | null,
    use: (decoding: Decoding) => Promise<T>,
  ): Promise<T> {
    if (steering === null) return this.#pool.use({ ...form, steering: null }, use);
    const plan = planOf(steering, (this.#hooks ??= this.#findHooks()));
    const feeds = strengthFeeds(steering, plan);
    return this.#pool.use({ ...form, steering: plan }, (opened) => use(opened.steered!(feeds)));
  }

  /** Two decoders on one session: at strength 0 and at the strength that is asked for. @throws as `use` */
  compare<T>(
    form: PlainForm,
    steering: Steering,
    use: (unsteered: Decoding, steered: Decoding) => Promise<T>,
  ): Promise<T> {
    return this.compareAt(form, steering, [steering.lambda], (unsteered, [steered]) =>
      use(unsteered, steered!),
    );
  }

  /** One session at strength 0 and at each of the strengths, which stand in place of the steering's own. @throws as `use` */
  async compareAt<T>(
    form: PlainForm,
    steering: Omit<Steering, 'lambda'>,
    lambdas: readonly Steering['lambda'][],
    use: (unsteered: Decoding, steered: readonly Decoding[]) => Promise<T>,
  ): Promise<T> {
    const plan = planOf(steering, (this.#hooks ??= this.#findHooks()));
    const feeds = lambdas.map((lambda) => strengthFeeds({ ...steering, lambda }, plan));
    return this.use(form, { ...steering, lambda: 0 }, (unsteered) =>
      use(
        unsteered,
        feeds.map((own) => unsteered.steered!(own)),
      ),
    );
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
