/**
 * Quantities as Ethereum's JSON-RPC encodes them (execution-apis, base-types `uint256`):
 * ^0x(0|[1-9a-f][0-9a-f]*)$, at most 32 bytes.
 */
import { hexValue } from "../../../core/text";

/** The hex digits of 32 bytes. */
const MAX_DIGITS: i32 = 64;

/** Reports whether `text` is a quantity: `0x0` and `0x144` are; `0x`, `0x00`, `0xA` are not. */
export function isQuantity(text: string): bool {
  const digits = text.length - 2;
  if (digits < 1 || digits > MAX_DIGITS || !text.startsWith("0x")) return false;
  if (digits > 1 && text.charCodeAt(2) == 0x30) return false;
  for (let i = 2; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (hexValue(c) < 0 || (c >= 0x41 && c <= 0x46)) return false;
  }
  return true;
}

/** Returns a quantity in decimal; "" if the text is not a quantity. */
export function quantityText(text: string): string {
  if (!isQuantity(text)) return "";
  // Limbs of nine decimal digits, the lowest first.
  const limbs = new StaticArray<u32>(9);
  for (let i = 2; i < text.length; i++) {
    let carry: u64 = hexValue(text.charCodeAt(i));
    for (let limb = 0; limb < limbs.length; limb++) {
      carry += (limbs[limb] as u64) * 16;
      limbs[limb] = (carry % 1_000_000_000) as u32;
      carry /= 1_000_000_000;
    }
  }
  let highest = limbs.length - 1;
  while (highest > 0 && limbs[highest] == 0) highest--;
  let decimal = limbs[highest].toString();
  for (let limb = highest - 1; limb >= 0; limb--) {
    decimal += limbs[limb].toString().padStart(9, "0");
  }
  return decimal;
}
