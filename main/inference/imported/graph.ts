/** @file An exported language model that was read and judged: its graph in the forms that are run, its roles, and sessions of it. */
import { decodeModel, encodeModel, hasHalves, withFloat32, type ModelProto } from '../../../native-models';
import type { Compute, GraphLevel, Session } from '../../contract/compute';
import { forRuntime, readExternalData } from '../../models/external-data';
import { importModel, type ImportedModel } from '../../models/import';
import { rolesOf, type ModelRoles } from '../../models/roles';
import { roundedProducts, tokenGraph, withExactProducts, withSeparateSums } from '../../models/token-graph';
import { tokenInterface, type TokenInterface } from '../../models/token-inputs';

export interface ImportedGraph {
  /** The .onnx file. */
  file: string;
  imported: ImportedModel;
  given: TokenInterface;
  /** As exported; half precision in float32, of which its weights are a part. */
  exported: ModelProto;
  /** Whether its weights are of half precision. */
  halves: boolean;
  /** The same, but for products that round activations: those are exact. */
  exact: ModelProto;
  /** Products that round activations as exported; 0 where `exact` is the export. */
  rounded: number;
  /** The exact one as a function of ids and mask, sums apart from the norms behind them. */
  tokens: ModelProto;
  roles: ModelRoles;
  open(model: ModelProto, graphLevel: GraphLevel): Promise<Session>;
}

/** @throws the codes of `importModel` and `tokenInterface`; of half precision also `model-too-large` */
export async function readImportedGraph(path: string, compute: Compute): Promise<ImportedGraph> {
  const imported = await importModel(path);
  const { path: file, external, bytes } = imported;
  const halves = hasHalves(imported.model);
  const placed = halves ? { bytes } : await forRuntime(imported, external);
  const exported = halves
    ? withFloat32(await readExternalData(imported.model, file))
    : placed.bytes === bytes
      ? imported.model
      : decodeModel(placed.bytes);
  const given = tokenInterface(exported, file);
  const exact = withExactProducts(exported);
  const tokens = tokenGraph(withSeparateSums(exact), given);
  return {
    ...{ file, imported, given, exported, halves, exact, tokens },
    rounded: roundedProducts(exported),
    roles: rolesOf(tokens),
    open: (changed, graphLevel) =>
      compute.open(encodeModel(changed), {
        ...{ label: file, graphLevel, device: 'cpu' },
        ...('folder' in placed ? { folder: placed.folder } : {}),
      }),
  };
}
