/**
 * All losses, networks and steps on tfjs's tensorflow backend.
 *
 * @module
 */
import { useTensorFlow } from "../../lib/backend/use_tensorflow.ts";
import { testOn } from "./suite.ts";

// On the CPU, for a GPU may round what it multiplies.
await useTensorFlow({ gpu: false });
await testOn("tensorflow");
