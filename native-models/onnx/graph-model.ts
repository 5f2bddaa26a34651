/** @file A graph built node by node as a whole model, in the versions of operators that the engine's runtime knows. */
import type { GraphProto, ModelProto } from './model';
import type { GraphBuilder } from './builder';

/** The model of a graph: opset 21, and the runtime's own fused operators. */
export function graphModel(builder: GraphBuilder, name: string): ModelProto {
  return modelOfGraph(builder.graph(name));
}

/** As `graphModel`, for a graph that is made already. */
export function modelOfGraph(graph: GraphProto): ModelProto {
  return {
    irVersion: 10,
    producerName: 'monge',
    graph,
    opsetImport: [{ version: 21 }, { domain: 'com.microsoft', version: 1 }],
  };
}
