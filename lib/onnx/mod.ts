/**
 * Networks as ONNX models.
 *
 * @module
 */
export { onnxModel, type OnnxOptions } from "./onnx_model.ts";
