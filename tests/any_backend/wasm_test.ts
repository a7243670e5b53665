/**
 * All losses, networks and steps on tfjs's wasm backend.
 *
 * @module
 */
import "@tensorflow/tfjs-backend-wasm";
import { testOn } from "./suite.ts";

await testOn("wasm");
