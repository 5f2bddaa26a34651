/** @file What panels may do with the inputs of methods: choose, open from files or samples, and hand a file to another method. */
import type { InputInfo, MethodInfo } from '../../main/rpc/contract';
import type { PanelInputs } from '../panels/shell/panel';
import type { AppState } from '../state/app.svelte';

/** The shipped language model. */
const tinyModel = 'tiny-lm';

type App = Pick<AppState, 'engine' | 'workspace' | 'opener' | 'notices'>;

/** The inputs of a method as its panel sees them. */
export function panelInputs(app: App, method: MethodInfo): PanelInputs {
  const { workspace, opener, engine, notices } = app;
  const { inputs } = workspace;
  const named = (name: string): InputInfo | undefined => method.inputs.find((one) => one.name === name);
  return {
    chosen(name) {
      const input = named(name);
      if (!input) return [];
      const choices = inputs.choices(method, input, undefined);
      return inputs.of(method, input).map((id) => choices.find((one) => one.id === id)?.title ?? id);
    },
    async take(name, files) {
      const input = named(name);
      for (const file of files) {
        const info = input && (await opener.openAs(file, input.kind));
        if (info) inputs.take(method, input, info);
      }
    },
    async takeSamples(name) {
      const input = named(name);
      if (!input) return;
      try {
        const model = method.inputs.find((one) => one.kind === 'model' && one.needs === 'language');
        if (model && inputs.of(method, model).length === 0)
          inputs.take(method, model, await engine.api.openSampleModel(tinyModel));
        for (const { id, suggests } of workspace.samples)
          if (suggests.method === method.id) inputs.take(method, input, await engine.api.openSample(id));
      } catch (thrown) {
        notices.fail('Could not open the samples', thrown);
      }
    },
  };
}

/** Opens a file as an input of a method and shows that method; null where it has no input of this name. */
export function giverOf(
  { workspace, opener }: App,
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
