/** @file The messages of the ONNX file format as plain objects; every field may be absent, as in the file. */

/** A 64-bit integer: a number where that is exact, else a bigint. */
export type Integer = number | bigint;

/** Bytes of fields that this version does not know; written back unchanged. */
interface Extensible {
  unknownFields?: Uint8Array;
}

export interface ModelProto extends Extensible {
  irVersion?: Integer;
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: Integer;
  docString?: string;
  graph?: GraphProto;
  opsetImport?: OperatorSetIdProto[];
  metadataProps?: StringStringEntryProto[];
  functions?: FunctionProto[];
}

export interface OperatorSetIdProto extends Extensible {
  domain?: string;
  version?: Integer;
}

export interface StringStringEntryProto extends Extensible {
  key?: string;
  value?: string;
}

export interface GraphProto extends Extensible {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  docString?: string;
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
  quantizationAnnotation?: TensorAnnotation[];
  sparseInitializer?: SparseTensorProto[];
  metadataProps?: StringStringEntryProto[];
}

export interface FunctionProto extends Extensible {
  name?: string;
  input?: string[];
  output?: string[];
  attribute?: string[];
  attributeProto?: AttributeProto[];
  node?: NodeProto[];
  docString?: string;
  opsetImport?: OperatorSetIdProto[];
  domain?: string;
  overload?: string;
  valueInfo?: ValueInfoProto[];
  metadataProps?: StringStringEntryProto[];
}

export interface NodeProto extends Extensible {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  attribute?: AttributeProto[];
  docString?: string;
  domain?: string;
  overload?: string;
  metadataProps?: StringStringEntryProto[];
}

export interface AttributeProto extends Extensible {
  name?: string;
  f?: number;
  i?: Integer;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: Integer[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  docString?: string;
  tp?: TypeProto;
  typeProtos?: TypeProto[];
  /** 1 float, 2 int, 3 string, 4 tensor, 5 graph, 6 floats, 7 ints, 8 strings, 9 tensors, 10 graphs. */
  type?: Integer;
  refAttrName?: string;
  sparseTensor?: SparseTensorProto;
  sparseTensors?: SparseTensorProto[];
}

export interface TensorProto extends Extensible {
  dims?: Integer[];
  /** 1 float32, 2 uint8, 3 int8, 5 int16, 6 int32, 7 int64, 8 string, 9 bool, 10 float16, 11 float64, 16 bfloat16. */
  dataType?: Integer;
  segment?: { begin?: Integer; end?: Integer } & Extensible;
  floatData?: number[];
  int32Data?: Integer[];
  stringData?: Uint8Array[];
  int64Data?: Integer[];
  name?: string;
  rawData?: Uint8Array;
  doubleData?: number[];
  uint64Data?: Integer[];
  docString?: string;
  externalData?: StringStringEntryProto[];
  /** 1: the values are in another file. */
  dataLocation?: Integer;
  metadataProps?: StringStringEntryProto[];
}

export interface SparseTensorProto extends Extensible {
  values?: TensorProto;
  indices?: TensorProto;
  dims?: Integer[];
}

export interface TensorAnnotation extends Extensible {
  tensorName?: string;
  quantParameterTensorNames?: StringStringEntryProto[];
}

export interface ValueInfoProto extends Extensible {
  name?: string;
  type?: TypeProto;
  docString?: string;
  metadataProps?: StringStringEntryProto[];
}

export interface TypeProto extends Extensible {
  tensorType?: { elemType?: Integer; shape?: TensorShapeProto } & Extensible;
  sequenceType?: { elemType?: TypeProto } & Extensible;
  mapType?: { keyType?: Integer; valueType?: TypeProto } & Extensible;
  optionalType?: { elemType?: TypeProto } & Extensible;
  sparseTensorType?: { elemType?: Integer; shape?: TensorShapeProto } & Extensible;
  denotation?: string;
}

export interface TensorShapeProto extends Extensible {
  dim?: ({ dimValue?: Integer; dimParam?: string; denotation?: string } & Extensible)[];
}
