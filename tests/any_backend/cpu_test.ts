/**
 * All losses, networks and steps on tfjs's cpu backend.
 *
 * @module
 */
import { testOn } from "./suite.ts";

await testOn("cpu");
