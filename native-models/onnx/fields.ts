/** @file The field tables of the ONNX messages: number, name and kind of each, as in onnx.proto of IR version 10. */

/** How a field is stored: scalars by their protobuf type, or the name of a message. */
export type FieldKind = 'integer' | 'unsigned' | 'float' | 'double' | 'text' | 'bytes' | MessageName;

export interface ProtoField {
  readonly number: number;
  readonly name: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
}

export type MessageName =
  | 'Model'
  | 'OperatorSetId'
  | 'Entry'
  | 'Graph'
  | 'Function'
  | 'Node'
  | 'Attribute'
  | 'Tensor'
  | 'Segment'
  | 'SparseTensor'
  | 'TensorAnnotation'
  | 'ValueInfo'
  | 'Type'
  | 'TypeTensor'
  | 'TypeSequence'
  | 'TypeMap'
  | 'Shape'
  | 'Dimension';

/** `number name kind`, with a star where the field repeats. */
const TABLE: Record<MessageName, string> = {
  Model: `1 irVersion integer, 2 producerName text, 3 producerVersion text, 4 domain text, 5 modelVersion integer,
    6 docString text, 7 graph Graph, 8 opsetImport OperatorSetId*, 14 metadataProps Entry*, 25 functions Function*`,
  OperatorSetId: '1 domain text, 2 version integer',
  Entry: '1 key text, 2 value text',
  Graph: `1 node Node*, 2 name text, 5 initializer Tensor*, 10 docString text, 11 input ValueInfo*,
    12 output ValueInfo*, 13 valueInfo ValueInfo*, 14 quantizationAnnotation TensorAnnotation*,
    15 sparseInitializer SparseTensor*, 16 metadataProps Entry*`,
  Function: `1 name text, 4 input text*, 5 output text*, 6 attribute text*, 7 node Node*, 8 docString text,
    9 opsetImport OperatorSetId*, 10 domain text, 11 attributeProto Attribute*, 12 valueInfo ValueInfo*,
    13 overload text, 14 metadataProps Entry*`,
  Node: `1 input text*, 2 output text*, 3 name text, 4 opType text, 5 attribute Attribute*, 6 docString text,
    7 domain text, 8 overload text, 9 metadataProps Entry*`,
  Attribute: `1 name text, 2 f float, 3 i integer, 4 s bytes, 5 t Tensor, 6 g Graph, 7 floats float*, 8 ints integer*,
    9 strings bytes*, 10 tensors Tensor*, 11 graphs Graph*, 13 docString text, 14 tp Type, 15 typeProtos Type*,
    20 type integer, 21 refAttrName text, 22 sparseTensor SparseTensor, 23 sparseTensors SparseTensor*`,
  Tensor: `1 dims integer*, 2 dataType integer, 3 segment Segment, 4 floatData float*, 5 int32Data integer*,
    6 stringData bytes*, 7 int64Data integer*, 8 name text, 9 rawData bytes, 10 doubleData double*,
    11 uint64Data unsigned*, 12 docString text, 13 externalData Entry*, 14 dataLocation integer,
    16 metadataProps Entry*`,
  Segment: '1 begin integer, 2 end integer',
  SparseTensor: '1 values Tensor, 2 indices Tensor, 3 dims integer*',
  TensorAnnotation: '1 tensorName text, 2 quantParameterTensorNames Entry*',
  ValueInfo: '1 name text, 2 type Type, 3 docString text, 4 metadataProps Entry*',
  Type: `1 tensorType TypeTensor, 4 sequenceType TypeSequence, 5 mapType TypeMap, 6 denotation text,
    8 sparseTensorType TypeTensor, 9 optionalType TypeSequence`,
  TypeTensor: '1 elemType integer, 2 shape Shape',
  TypeSequence: '1 elemType Type',
  TypeMap: '1 keyType integer, 2 valueType Type',
  Shape: '1 dim Dimension*',
  Dimension: '1 dimValue integer, 2 dimParam text, 3 denotation text',
};

export const FIELDS = Object.fromEntries(
  Object.entries(TABLE).map(([message, text]) => [message, parseFields(text)]),
) as unknown as Record<MessageName, readonly ProtoField[]>;

/** Fields by number, for reading. */
export const FIELD_BY_NUMBER = Object.fromEntries(
  Object.entries(FIELDS).map(([message, fields]) => [
    message,
    new Map(fields.map((field) => [field.number, field])),
  ]),
) as unknown as Record<MessageName, ReadonlyMap<number, ProtoField>>;

export function isMessage(kind: FieldKind): kind is MessageName {
  return kind in TABLE;
}

function parseFields(text: string): ProtoField[] {
  return text.split(',').map((entry) => {
    const [number, name, kind] = entry.trim().split(/\s+/) as [string, string, string];
    return {
      number: Number(number),
      name,
      kind: kind.replace('*', '') as FieldKind,
      repeated: kind.endsWith('*'),
    };
  });
}
