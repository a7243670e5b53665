/**
 * All losses, networks and steps on tfjs's wasm backend.
 *
 * @module
 */
import { testOn } from "./suite.ts";

await testOn("wasm");
