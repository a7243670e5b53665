/**
 * Reads torch.save's references in a pickle to storages outside it.
 *
 * @module
 */
import { isSize } from "../untrusted.ts";
import { ElementType, StorageObject } from "./objects.ts";
import { printable } from "../../errors.ts";

/**
 * Reads `("storage", type, key, location, size)` of the zip format. The older format adds None or the
 * `(key, start, size)` of a view.
 *
 * @throws {SyntaxError} If it has another form.
 */
export function parseStorage(id: unknown): StorageObject {
  const [kind, type, key, , size, view = null] = Array.isArray(id) ? id : [];
  if (kind !== "storage" || typeof key !== "string" || !isSize(size)) {
    throw new SyntaxError("its pickle refers to what is no storage");
  }
  if (!(type instanceof ElementType)) {
    throw new SyntaxError("its pickle has a storage of no known type");
  }
  if (view === null) return new StorageObject(key, type, size, { start: 0, size });
  const [, start, length] = Array.isArray(view) ? view : [];
  if (!isSize(start) || !isSize(length) || start + length > size) {
    throw new SyntaxError(`a view of its storage ${printable(key)} reaches beyond it`);
  }
  return new StorageObject(key, type, size, { start, size: length });
}
