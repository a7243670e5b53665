/**
 * Exits with code 0 if there is an NVIDIA driver, otherwise with 1.
 *
 * @module
 */
import { findNvidiaDriver } from "../../lib/provision/mod.ts";

Deno.exit(findNvidiaDriver() ? 0 : 1);
