/**
 * All losses, networks and steps on tfjs's webgpu backend.
 *
 * @module
 */
import { testOn } from "./suite.ts";

await testOn("webgpu");
