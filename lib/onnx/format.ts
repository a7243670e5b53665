/**
 * ONNX files: the messages that networks need, and their bytes.
 *
 * Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 *
 * @module
 */
import protobuf from "protobufjs";

/** A complete file. */
export interface OnnxModel {
  irVersion: number;
  opsetImport: { domain: string; version: number }[];
  producerName: string;
  graph: OnnxGraph;
  metadataProps: { key: string; value: string }[];
}

/** The ops in topological order. */
export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValue[];
  output: OnnxValue[];
}

/** An op. Values are referenced by name. */
export interface OnnxNode {
  name: string;
  opType: string;
  input: string[];
  output: string[];
  attribute: OnnxAttribute[];
}

/** An attribute of an op; `type` says which of the other fields is set. */
export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  ints?: number[];
}

/** A constant stored in the file, as little-endian bytes. */
export interface OnnxTensor {
  name: string;
  dataType: number;
  dims: number[];
  rawData: Uint8Array;
}

/** An input or output of a graph. Sizes that can vary have names. */
export interface OnnxValue {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: OnnxDimension[] } } };
  docString: string;
}

/** A size, or the name of a variable size. */
export type OnnxDimension = { dimValue: number } | { dimParam: string };

/** `TensorProto.DataType`. */
export const ElementType = { float32: 1, int64: 7 } as const;
/** `AttributeProto.AttributeType`. */
export const AttributeType = { float: 1, int: 2, ints: 7 } as const;

const messages = `
  syntax = "proto2";

  message ModelProto {
    optional int64 ir_version = 1;
    repeated OperatorSetIdProto opset_import = 8;
    optional string producer_name = 2;
    optional GraphProto graph = 7;
    repeated StringStringEntryProto metadata_props = 14;
  }
  message OperatorSetIdProto {
    optional string domain = 1;
    optional int64 version = 2;
  }
  message StringStringEntryProto {
    optional string key = 1;
    optional string value = 2;
  }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto {
    optional string name = 1;
    optional TypeProto type = 2;
    optional string doc_string = 3;
  }
  message TypeProto {
    message Tensor {
      optional int32 elem_type = 1;
      optional TensorShapeProto shape = 2;
    }
    oneof value {
      Tensor tensor_type = 1;
    }
  }
  message TensorShapeProto {
    message Dimension {
      oneof value {
        int64 dim_value = 1;
        string dim_param = 2;
      }
    }
    repeated Dimension dim = 1;
  }
`;

/** The message type of a complete file, for reading one. */
export const ModelProto: protobuf.Type = protobuf.parse(messages).root.lookupType("ModelProto");

/** Encodes a file. */
export function formatOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return ModelProto.encode(model).finish() as Uint8Array<ArrayBuffer>;
}
