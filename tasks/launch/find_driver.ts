/**
 * Ends with exit code 0 where there is an NVIDIA driver, and with 1 where not.
 *
 * @module
 */
import { findNvidiaDriver } from "../../lib/provision/mod.ts";

Deno.exit(findNvidiaDriver() ? 0 : 1);
