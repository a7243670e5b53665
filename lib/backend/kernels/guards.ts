/**
 * Guards between tfjs and its kernels: refuse inputs that crash TensorFlow, free memory after errors.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import { preluOfAny } from "../../autodiff/mended_kernels.ts";
import { backendName, type Guard } from "./kernel.ts";
import { gather } from "./gather.ts";
import {
  convolution,
  convolution3d,
  depthwiseConvolution,
  filterGradient,
  filterGradient3d,
  inputGradient,
  inputGradient3d,
} from "./safe_convolution.ts";
import { einsum } from "./safe_einsum.ts";
import {
  averagePooling,
  averagePoolingGradient,
  maxPooling,
  maxPoolingGradient,
} from "./safe_pooling.ts";
import { multinomial } from "./safe_sampling.ts";
import { checkWholeNumbers } from "./whole_numbers.ts";

const guards: Readonly<Record<string, Guard>> = {
  AvgPool: averagePooling,
  AvgPool3D: averagePooling,
  AvgPool3DGrad: averagePoolingGradient,
  AvgPoolGrad: averagePoolingGradient,
  Conv2D: convolution,
  Conv2DBackpropFilter: filterGradient,
  Conv2DBackpropInput: inputGradient,
  Conv3D: convolution3d,
  Conv3DBackpropFilterV2: filterGradient3d,
  Conv3DBackpropInputV2: inputGradient3d,
  DepthwiseConv2dNative: depthwiseConvolution,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  Einsum: einsum,
  FusedConv2D: convolution,
  FusedDepthwiseConv2D: depthwiseConvolution,
  GatherV2: gather,
  MaxPool: maxPooling,
  MaxPool3D: maxPooling,
  MaxPool3DGrad: maxPoolingGradient,
  MaxPoolGrad: maxPoolingGradient,
  Multinomial: multinomial,
  Prelu: (params, run) => preluOfAny(run)(params),
};

/** Adds the guards to all kernels of the backend. */
export function guardKernels(): void {
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelName, kernelFunc } = config;
    const guard = guards[kernelName];
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (params) =>
        tidyIfThrown(() => {
          checkWholeNumbers(kernelName, params.attrs);
          return guard ? guard(params, kernelFunc) : kernelFunc(params);
        }),
    });
  }
}

/** Runs a kernel. If it fails, frees tensors that tfjs-node's kernel created, such as axes. */
function tidyIfThrown<T>(run: () => T): T {
  const engine = tf.engine();
  engine.startScope("kernel");
  let kept: tf.Tensor[] = [];
  try {
    const result = run();
    kept = engine.state.activeScope.track;
    return result;
  } finally {
    engine.endScope(kept);
  }
}
