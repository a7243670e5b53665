/**
 * The Python names that a pickle of parameters may use. Some create tensors and containers. Others
 * belong to settings and counters that training programs save; only their names are kept. So it is
 * with the objects of all other classes.
 *
 * @module
 */
import {
  ElementType,
  PythonGlobal,
  type TensorLayout,
  TensorObject,
  UnknownGlobal,
} from "./objects.ts";

/** The object for `module.name`, on the list or not. */
export function findGlobal(name: string): PythonGlobal {
  return globals.get(name) ?? new UnknownGlobal(name);
}

/** Element types: names in PyTorch's storage classes, dtypes and safetensors, and bytes per element. */
const types: [storage: string, dtype: string, safe: string | undefined, bytes: number][] = [
  ["Double", "float64", "F64", 8],
  ["Float", "float32", "F32", 4],
  ["Half", "float16", "F16", 2],
  ["BFloat16", "bfloat16", "BF16", 2],
  ["Long", "int64", "I64", 8],
  ["Int", "int32", "I32", 4],
  ["Short", "int16", "I16", 2],
  ["Char", "int8", "I8", 1],
  ["Byte", "uint8", "U8", 1],
  ["Bool", "bool", "BOOL", 1],
  ["ComplexFloat", "complex64", undefined, 8],
  ["ComplexDouble", "complex128", undefined, 16],
  ["QInt8", "qint8", undefined, 1],
  ["QUInt8", "quint8", undefined, 1],
  ["QInt32", "qint32", undefined, 4],
  ["QUInt4x2", "quint4x2", undefined, 1],
  ["QUInt2x4", "quint2x4", undefined, 1],
];

/** Types without their own storage class. */
const newTypes: [dtype: string, safe: string | undefined, bytes: number][] = [
  ["uint16", "U16", 2],
  ["uint32", "U32", 4],
  ["uint64", "U64", 8],
  ["float8_e4m3fn", undefined, 1],
  ["float8_e4m3fnuz", undefined, 1],
  ["float8_e5m2", undefined, 1],
  ["float8_e5m2fnuz", undefined, 1],
  ["float8_e8m0fnu", undefined, 1],
  ["float4_e2m1fn_x2", undefined, 1],
];

const makers: Record<string, (args: unknown[]) => unknown> = {
  "torch._utils._rebuild_tensor": ([storage, offset, shape, strides]) =>
    makeTensor({ storage, offset, shape, strides }),
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, strides, , , metadata]) =>
    makeTensor({ storage, offset, shape, strides }, metadata),
  "torch._utils._rebuild_tensor_v3": ([storage, offset, shape, strides, , , type, metadata]) =>
    makeTensor({ storage, offset, shape, strides, type }, metadata),
  "torch._utils._rebuild_parameter": wrapTensor,
  "torch._utils._rebuild_parameter_with_state": wrapTensor,
  "torch._tensor._rebuild_from_type": rebuildFromType,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  "torch.tensor._rebuild_from_type": rebuildFromType,
  "torch.nn.parameter.Parameter": wrapTensor,
  "torch.autograd.variable.Variable": wrapTensor,
  "torch.Size": ([sizes]) => sizes ?? [],
  "collections.OrderedDict": ([pairs]) => makeDictionary(pairs),
  // The first argument is the factory for missing values.
  "collections.defaultdict": ([, pairs]) => makeDictionary(pairs),
};

function makeTensor(layout: TensorLayout, metadata?: unknown): TensorObject {
  // A PyTorch bit says that the elements are the conjugates or negatives of those in the storage.
  const lazy = metadata instanceof Map && metadata.size > 0;
  return new TensorObject(layout, lazy ? "lazily negated" : undefined);
}

/** Tensors with Python attributes. Arguments: the function that creates the tensor, a class, others. */
function rebuildFromType([maker, , args]: unknown[]): unknown {
  // These functions take constant time for all arguments, and call no others.
  const direct = maker instanceof PythonGlobal && maker.name.startsWith("torch._utils._rebuild_");
  if (!direct || !Array.isArray(args)) {
    throw new SyntaxError("it makes a tensor with a function that makes none");
  }
  return maker.call(args);
}

function wrapTensor([tensor]: unknown[]): unknown {
  return tensor ?? new TensorObject();
}

/** Python 2 passes the items of an OrderedDict as a list. Other versions set them afterwards. */
function makeDictionary(pairs: unknown): Map<unknown, unknown> {
  if (pairs === undefined) return new Map();
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new SyntaxError("it makes a dictionary from what is not a list of pairs");
  }
  return new Map(pairs);
}

/** Tensors that are not stored as a dense array of numbers. */
const otherTensors: Record<string, string> = {
  "torch._utils._rebuild_sparse_tensor": "sparse",
  "torch._utils._rebuild_sparse_csr_tensor": "sparse",
  "torch._utils._rebuild_nested_tensor": "nested",
  "torch._utils._rebuild_qtensor": "quantized",
  "torch._utils._rebuild_meta_tensor_no_storage": "without values",
};

/**
 * Objects that common training programs save with the parameters, and that Python makes by a call:
 * arguments, learning rates, numpy numbers, paths, dates. Only their names are kept.
 */
const bystanders = [
  "_codecs.encode",
  "argparse.Namespace",
  "builtins.bool",
  "builtins.bytearray",
  "builtins.bytes",
  "builtins.complex",
  "builtins.dict",
  "builtins.float",
  "builtins.frozenset",
  "builtins.int",
  "builtins.list",
  "builtins.object",
  "builtins.range",
  "builtins.set",
  "builtins.slice",
  "builtins.str",
  "builtins.tuple",
  "collections.Counter",
  "collections.deque",
  "copyreg._reconstructor",
  "datetime.date",
  "datetime.datetime",
  "datetime.timedelta",
  "decimal.Decimal",
  "numpy._core.multiarray._reconstruct",
  "numpy._core.multiarray.scalar",
  "numpy._core.numeric._frombuffer",
  "numpy.core.multiarray._reconstruct",
  "numpy.core.multiarray.scalar",
  "numpy.core.numeric._frombuffer",
  "numpy.dtype",
  "numpy.dtypes.Float32DType",
  "numpy.dtypes.Float64DType",
  "numpy.dtypes.Int64DType",
  "numpy.ndarray",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "pathlib.WindowsPath",
  "pathlib._local.PosixPath",
  "pathlib._local.WindowsPath",
  "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
  "pytorch_lightning.utilities.parsing.AttributeDict",
  "lightning_fabric.utilities.data.AttributeDict",
  "torch.device",
  "torch.serialization._get_layout",
  "types.SimpleNamespace",
];

const globals = new Map([
  ...Object.entries(makers).map(([name, make]) => new PythonGlobal(name, make)),
  ...types.flatMap(([storage, dtype, safe, bytes]) => [
    new ElementType(`torch.${storage}Storage`, safe, bytes),
    new ElementType(`torch.cuda.${storage}Storage`, safe, bytes),
    new ElementType(`torch.${dtype}`, safe, bytes),
    // Old classes, which create the tensor first and set its layout later.
    new PythonGlobal(`torch.${storage}Tensor`, () => new TensorObject()),
    new PythonGlobal(`torch.cuda.${storage}Tensor`, () => new TensorObject()),
  ]),
  ...newTypes.map(([dtype, safe, bytes]) => new ElementType(`torch.${dtype}`, safe, bytes)),
  new ElementType("torch.UntypedStorage", undefined, 1),
  new ElementType("torch.storage.UntypedStorage", undefined, 1),
  new PythonGlobal("torch.Tensor", () => new TensorObject()),
  new PythonGlobal("torch._tensor.Tensor", () => new TensorObject()),
  ...Object.entries(otherTensors).map(([name, kind]) =>
    new PythonGlobal(name, () => new TensorObject(undefined, kind))
  ),
  ...bystanders.map((name) => new PythonGlobal(name)),
].flatMap((found) => namesOf(found.name).map((name) => [name, found] as const)));

/** The name, and its Python 2 equivalent. */
function namesOf(name: string): string[] {
  const old = name.replace(/^builtins\./, "__builtin__.").replace(/^copyreg\./, "copy_reg.");
  return old === name ? [name] : [name, old];
}
