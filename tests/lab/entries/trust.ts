/** machine/trust.ts with a scripted `tlsAddRoot`. */
import { addRoots } from "../../../machine/trust";

export { allocateBytes } from "./text";

/** Adds a file of this content. Returns "COUNT new, COUNT known" and a line for each fault. */
export function add(pointer: usize, length: u32): string {
  const bytes = new StaticArray<u8>(length as i32);
  memory.copy(changetype<usize>(bytes), pointer, length);
  const roots = addRoots(bytes);
  return [`${roots.count} new, ${roots.known} known`].concat(roots.faults).join("\n");
}
