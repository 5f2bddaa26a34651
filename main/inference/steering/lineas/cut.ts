/** @file A steered graph cut at its maps: what does not depend on them is run as it is, what does is made of tensors and differentiated. */
import {
  liftNodes,
  pruneGraph,
  steeringPartName,
  constant,
  tensorArray,
  type DType,
  type ModelProto,
  type NodeProto,
  type SteeringPlan,
  type Tensor,
  type Tensors,
  type TensorProto,
  type TensorType,
} from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';

/** Initialisers whose values lie in the data file are weights; others are small numbers of the graph. */
const isWeight = ({ dataLocation }: TensorProto) => Number(dataLocation ?? 0) === 1;
const typeNames: Readonly<Record<number, DType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool' };

export interface CutGraph {
  /** Everything before the maps: from ids and mask to `between`, in their order. */
  before: ModelProto;
  /** Values that the nodes behind read and that no map changes: masks, angles, states before the first map. */
  between: readonly string[];
  /** Weights that the nodes behind read, as they are in the data file, and their types. */
  weights: readonly TensorProto[];
  weightTypes: Readonly<Record<string, TensorType>>;
  /**
   * The wanted values from those between, weights, and the parts of the maps by name (`steeringPartName`).
   * @throws `operator-unlifted`
   */
  behind(given: Tensors, parts: Tensors): Tensors;
}

/** Cuts a graph whose outputs are `wanted` at the parts of a plan's maps. @throws `operator-unlifted` for loops and branches behind */
export function cutAtMaps(model: ModelProto, plan: SteeringPlan, wanted: readonly string[]): CutGraph {
  const graph = model.graph ?? {};
  const parts = new Set(
    plan.hooks.flatMap(({ id }) => [steeringPartName('scale', id), steeringPartName('shift', id)]),
  );
  const moved = new Set(parts);
  const isPart = (node: NodeProto) => (node.output ?? []).some((name) => parts.has(name));
  const nodes = (graph.node ?? []).filter((node) => {
    if (isPart(node) || !(node.input ?? []).some((name) => moved.has(name))) return false;
    for (const name of node.output ?? []) moved.add(name);
    return true;
  });
  const initializers = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const reads = [...new Set(nodes.flatMap(({ input }) => input ?? []))].filter((name) => name !== '');
  const between = reads.filter((name) => !moved.has(name) && !initializers.has(name));
  const read = reads.flatMap((name) => initializers.get(name) ?? []);
  const weights = read.filter(isWeight);
  const steering = new Set((graph.node ?? []).flatMap((node) => (isPart(node) ? (node.input ?? []) : [])));
  const pruned = pruneGraph({ ...graph, output: between.map((name) => ({ name })) });
  const before: ModelProto = {
    ...model,
    graph: { ...pruned, input: (graph.input ?? []).filter(({ name }) => !steering.has(name ?? '')) },
  };
  return {
    ...{ before, between, weights },
    weightTypes: Object.fromEntries(weights.map((tensor) => [tensor.name!, typeOf(tensor)])),
    behind(given, maps) {
      const known = new Map(Object.entries({ ...given, ...maps }));
      for (const tensor of read)
        if (!isWeight(tensor) && Number(tensor.dataType) === 1) known.set(tensor.name!, numbersOf(tensor));
      const values = liftNodes(nodes, known, (name) => {
        const tensor = initializers.get(name);
        return tensor && !isWeight(tensor) ? Array.from(tensorArray(tensor).data, Number) : null;
      });
      return Object.fromEntries(
        wanted.map((name) => {
          const value = values.get(name);
          if (value) return [name, value];
          throw new MongeError({
            code: 'graph-value-unknown',
            what: 'no map reaches this value',
            where: { tensor: name },
          });
        }),
      );
    },
  };
}

function typeOf(tensor: TensorProto): TensorType {
  const dtype = typeNames[Number(tensor.dataType)];
  if (dtype) return { dtype, shape: (tensor.dims ?? []).map(Number) };
  throw new MongeError({
    code: 'operator-unlifted',
    blame: 'input',
    what: 'weights of this element type cannot be differentiated through',
    where: { tensor: tensor.name },
    got: String(tensor.dataType),
    expected: 'float32',
    help: 'fit at the level fp32',
  });
}

function numbersOf(tensor: TensorProto): Tensor {
  const { data, shape } = tensorArray(tensor);
  return constant(data as Float32Array, [...shape], 'float32');
}
