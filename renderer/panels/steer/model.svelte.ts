/** @file The language model that the panel asks: that of the shown run, or the one that the next run is given. */
import type { ErrorDetail, ModelInfo } from '../../../main/rpc/contract';
import { detailOf } from '../../engine/error';
import type { PanelProps } from '../shell/panel';

export class SteeredModel {
  info = $state.raw<ModelInfo | null>(null);
  error = $state.raw<ErrorDetail | null>(null);
  readonly #props: () => PanelProps;
  #wanted = '';

  constructor(props: () => PanelProps) {
    this.#props = props;
  }

  /** Finds the model, opening it again where the engine was started anew; to be called whenever run or inputs change. */
  async follow(): Promise<void> {
    const { engine, run, inputs } = this.#props();
    const reference = run?.inputs.find(({ input, kind }) => kind === 'model' && input === 'model');
    const given = inputs?.given('model')?.model ?? null;
    const key = reference ? reference.sha256 : (given?.id ?? '');
    if (key === this.#wanted) return;
    this.#wanted = key;
    this.error = null;
    if (!reference) {
      this.info = given;
      return;
    }
    try {
      const id = reference.sha256.slice(0, 16);
      const known = await engine.api.model(id).catch(() => engine.api.openPath(reference.path, 'model'));
      if (this.#wanted === key) this.info = 'graphs' in known ? known : null;
    } catch (thrown) {
      if (this.#wanted !== key) return;
      this.info = null;
      this.error = detailOf(thrown);
      this.#wanted = '';
    }
  }
}
