/** @file An exported language model that was read and judged: its graph in the forms that are run, its roles, and sessions of it. */
import { decodeModel, encodeModel, type ModelProto } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { Compute, GraphLevel, Session } from '../../contract/compute';
import { forRuntime } from '../../models/external-data';
import { importModel, type ImportedModel } from '../../models/import';
import { rolesOf, type ModelRoles } from '../../models/roles';
import { roundedProducts, tokenGraph, withExactProducts, withSeparateSums } from '../../models/token-graph';
import { tokenInterface, type TokenInterface } from '../../models/token-inputs';

export interface ImportedGraph {
  /** The .onnx file. */
  file: string;
  imported: ImportedModel;
  given: TokenInterface;
  /** As exported, but for products that round activations: those are exact. */
  exact: ModelProto;
  /** Products that round activations as exported; 0 where `exact` is the export. */
  rounded: number;
  /** The exact one as a function of ids and mask, sums apart from the norms behind them. */
  tokens: ModelProto;
  roles: ModelRoles;
  open(model: ModelProto, graphLevel: GraphLevel): Promise<Session>;
}

/** @throws the codes of `importModel` and `tokenInterface`, `model-half` */
export async function readImportedGraph(path: string, compute: Compute): Promise<ImportedGraph> {
  const imported = await importModel(path);
  const { path: file, external, bytes } = imported;
  const given = tokenInterface(imported.model, file);
  refuseHalves(imported.model, file);
  const placed = await forRuntime(imported, external);
  const model = placed.bytes === bytes ? imported.model : decodeModel(placed.bytes);
  const exact = withExactProducts(model);
  const tokens = tokenGraph(withSeparateSums(exact), given);
  return {
    ...{ file, imported, given, exact, tokens },
    rounded: roundedProducts(model),
    roles: rolesOf(tokens),
    open: (changed, graphLevel) =>
      compute.open(encodeModel(changed), {
        ...{ label: file, graphLevel, device: 'cpu' },
        ...(placed.folder === undefined ? {} : { folder: placed.folder }),
      }),
  };
}

/** Half-precision states could be looked at, but neither moved nor summed as float32 without being another model. */
function refuseHalves({ graph }: ModelProto, file: string): void {
  const half = (graph?.initializer ?? []).find(
    ({ dataType, dims }) => (dataType === 10 || dataType === 16) && (dims ?? []).length > 1,
  );
  if (!half) return;
  throw new MongeError({
    code: 'model-half',
    blame: 'input',
    what: 'states of half precision are not looked into',
    where: { file, tensor: half.name },
    got: half.dataType === 10 ? 'float16 weights' : 'bfloat16 weights',
    expected: 'float32 weights, or 4- and 8-bit ones with float32 activations',
    help: 'open the float32 export of the model (model.onnx), or its safetensors',
  });
}
