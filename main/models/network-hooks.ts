/**
 * @file The places of an exported network that can be read and steered, written into its metadata: whoever exports it knows
 * them by role, and whoever opens the file need not guess from names.
 */
import * as v from 'valibot';
import { networkRoles, type ModelProto, type NetworkRole } from '../../native-models';
import { MongeError } from '../../native-models/error';

/** The key of the metadata, whose value is a JSON list of `NetworkHook`. */
const HOOKS_KEY = 'monge.hooks';

/** How a value is laid out after its rows: where its units are. */
const layouts = ['units', 'tokens', 'channels'] as const;

const hook = v.object({
  /** `role:block`, or the role alone outside the blocks. */
  id: v.pipe(v.string(), v.minLength(1)),
  role: v.picklist(networkRoles),
  block: v.nullable(v.string()),
  /** The value of the graph. */
  value: v.pipe(v.string(), v.minLength(1)),
  /** [rows, units], [rows, tokens, units] or [rows, channels, height, width], whose channels are the units. */
  layout: v.picklist(layouts),
  units: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
export type NetworkHook = v.InferOutput<typeof hook>;

/** The id of a place. */
export function networkHookId(role: NetworkRole, block: string | null): string {
  return block === null ? role : `${role}:${block}`;
}

/** Metadata for `hooks`, in the order of computation. */
export function hooksMetadata(hooks: readonly NetworkHook[]): Record<string, string> {
  return { [HOOKS_KEY]: JSON.stringify(hooks) };
}

/** One entry of a model's metadata; undefined where there is none. */
export function metadataOf({ metadataProps }: ModelProto, key: string): string | undefined {
  return metadataProps?.find((entry) => entry.key === key)?.value;
}

/**
 * The hooks of a model that was exported with them, in the order of computation.
 * @throws `network-hooks-missing` where it has none, `network-hooks-corrupt` where they are no list of hooks or name values that
 *   the graph does not make
 */
export function networkHooks(model: ModelProto, file: string): NetworkHook[] {
  const text = metadataOf(model, HOOKS_KEY);
  if (text === undefined)
    throw new MongeError({
      code: 'network-hooks-missing',
      blame: 'input',
      what: 'this model does not say where it can be steered',
      where: { file, key: HOOKS_KEY },
      help: 'earlier versions did not write that down: train the flow again',
    });
  const made = new Set((model.graph?.node ?? []).flatMap(({ output }) => output ?? []));
  const found = v.safeParse(v.array(hook), parsed(text));
  const unknown = found.success ? found.output.find(({ value }) => !made.has(value)) : undefined;
  if (found.success && !unknown) return found.output;
  throw new MongeError({
    code: 'network-hooks-corrupt',
    blame: 'input',
    what: 'the list of places where this model can be steered does not fit it',
    where: { file, key: HOOKS_KEY },
    got: unknown ? `${unknown.id} at ${unknown.value}, which nothing makes` : text.slice(0, 100),
    expected: 'a JSON list of hooks with values of the graph',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
