/** @file What the next run of a method is given, as its panel shows and changes it: the open data set is one input among others. */
import type { DatasetInfo, InputInfo, MethodInfo } from '../../main/rpc/contract';
import type { GivenInput, PanelInputs } from '../panels/shell/panel';
import type { AppState } from '../state/app.svelte';
import { mainInput, readsWords } from '../state/inputs.svelte';
import { isDataset } from '../state/models.svelte';

type App = Pick<AppState, 'engine' | 'workspace' | 'opener' | 'notices'>;

/** The shipped language model. */
const TINY_MODEL = 'tiny-lm';

/** The inputs of a method as its panel sees them. */
export class PanelInputsOf implements PanelInputs {
  readonly #app: App;
  readonly #method: MethodInfo;

  constructor(app: App, method: MethodInfo) {
    this.#app = app;
    this.#method = method;
  }

  readonly given = (name: string): GivenInput | null => {
    const { workspace } = this.#app;
    const input = this.#input(name);
    if (!input) return null;
    if (this.#isMain(input)) return workspace.dataset && of(workspace.dataset);
    const [id] = workspace.inputs.of(this.#method, input);
    if (id === undefined) return null;
    const dataset = workspace.datasets.byId.get(id) ?? null;
    const { page, opened, recent } = workspace.models;
    const model = [...(page ? [page.info] : []), ...opened, ...recent].find((one) => one.id === id) ?? null;
    const title = workspace.inputs
      .choices(this.#method, input, undefined)
      .find((one) => one.id === id)?.title;
    return { id, name: dataset?.name ?? model?.name ?? title ?? id, dataset, model };
  };

  readonly choices = (name: string): { id: string; title: string }[] => {
    const { workspace } = this.#app;
    const input = this.#input(name);
    if (!input) return [];
    const words = input.kind === 'dataset' && readsWords(input);
    const all = workspace.inputs.choices(this.#method, input, undefined);
    return words ? all.filter(({ id }) => hasWords(workspace.datasets.byId.get(id))) : all;
  };

  readonly give = (name: string, id: string | null): Promise<void> =>
    this.#telling('Could not choose it', async () => {
      const { workspace } = this.#app;
      const input = this.#input(name);
      if (!input) return;
      if (this.#isMain(input)) workspace.useDataset(id === null ? null : await workspace.datasets.get(id));
      else workspace.inputs.set(this.#method, input, id === null ? [] : [id]);
    });

  readonly chosen = (name: string): string[] => {
    const { workspace } = this.#app;
    const input = this.#input(name);
    if (!input) return [];
    const choices = workspace.inputs.choices(this.#method, input, undefined);
    return workspace.inputs
      .of(this.#method, input)
      .map((id) => choices.find((one) => one.id === id)?.title ?? id);
  };

  readonly take = async (name: string, files: readonly File[]): Promise<void> => {
    const { opener, workspace } = this.#app;
    const input = this.#input(name);
    for (const file of files) {
      const info = input && (await opener.openAs(file, input.kind));
      if (!info) continue;
      if (isDataset(info) && this.#isMain(input)) workspace.useDataset(info);
      else workspace.inputs.take(this.#method, input, info);
    }
  };

  readonly openSample = (name: string, sample: string): Promise<void> =>
    this.#telling('Could not open the sample', async () => {
      const { engine, workspace } = this.#app;
      const input = this.#input(name);
      if (input?.kind === 'model') workspace.models.show(await engine.api.openSampleModel(sample));
      else if (input) {
        const info = workspace.datasets.keep(await engine.api.openSample(sample));
        await this.give(name, info.id);
      }
    });

  readonly takeSamples = (name: string): Promise<void> =>
    this.#telling('Could not open the samples', async () => {
      const { engine, workspace } = this.#app;
      const input = this.#input(name);
      if (!input) return;
      const model = this.#method.inputs.find((one) => one.kind === 'model' && one.needs === 'language');
      if (model && workspace.inputs.of(this.#method, model).length === 0)
        workspace.inputs.take(this.#method, model, await engine.api.openSampleModel(TINY_MODEL));
      for (const { id, suggests } of workspace.samples)
        if (suggests.method === this.#method.id)
          workspace.inputs.take(this.#method, input, await engine.api.openSample(id));
    });

  #input(name: string): InputInfo | undefined {
    return this.#method.inputs.find((input) => input.name === name);
  }

  #isMain(input: InputInfo): boolean {
    return mainInput(this.#method)?.name === input.name;
  }

  async #telling(title: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#app.notices.fail(title, thrown);
    }
  }
}

function of(dataset: DatasetInfo): GivenInput {
  return { id: dataset.id, name: dataset.name, dataset, model: null };
}

/** Whether a data set has texts; of one that was not met it is not known. */
function hasWords(info: DatasetInfo | undefined): boolean {
  return (
    !info ||
    info.columns.length === 0 ||
    info.columns.some(({ kind, role }) => kind === 'text' || role === 'text')
  );
}

/** Opens a file as an input of a method and shows that method; null where it has no input of this name. */
export function giverOf(
  { workspace, opener }: Pick<AppState, 'workspace' | 'opener'>,
  method: string,
  name: string,
): ((file: { name: string; bytes: Uint8Array }) => Promise<void>) | null {
  const found = workspace.methods.find(({ id }) => id === method);
  const input = found?.inputs.find((one) => one.name === name);
  if (!found || !input) return null;
  return async (file) => {
    const info = await opener.openAs(new File([new Uint8Array(file.bytes)], file.name), input.kind);
    if (!info) return;
    workspace.inputs.take(found, input, info);
    workspace.go(found.id);
  };
}
