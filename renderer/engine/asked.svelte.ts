/** @file The answer to a call to the engine that is made again whenever what it reads changes. */
import type { ErrorDetail } from '../../main/rpc/contract';
import { detailOf } from './error';

/** To be made while a component is set up. The newest answer stays while the next is on its way. */
export class Asked<T> {
  answer = $state.raw<T | null>(null);
  error = $state.raw<ErrorDetail | null>(null);

  /** Where the call gives null there is nothing to ask yet. */
  constructor(call: () => Promise<T> | null) {
    $effect(() => {
      let current = true;
      call()?.then(
        (answer) => {
          if (current) [this.answer, this.error] = [answer, null];
        },
        (thrown: unknown) => {
          if (current) this.error = detailOf(thrown);
        },
      );
      return () => (current = false);
    });
  }
}
