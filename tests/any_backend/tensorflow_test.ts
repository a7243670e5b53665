/**
 * All losses, networks and steps on tfjs's tensorflow backend.
 *
 * @module
 */
import { testOn } from "./suite.ts";

await testOn("tensorflow");
