/** Base64 with padding (RFC 4648 section 4). */
import { TextBuilder } from "./text-builder";

const DIGITS: string = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING: u32 = 0x3d;

/** Encodes `length` bytes. */
export function base64(pointer: usize, length: u32): string {
  const text = new TextBuilder(((length + 2) / 3) * 4);
  for (let i: u32 = 0; i < length; i += 3) {
    const left = length - i;
    const second: u32 = left > 1 ? load<u8>(pointer + i, 1) : 0;
    const third: u32 = left > 2 ? load<u8>(pointer + i, 2) : 0;
    const group = ((load<u8>(pointer + i) as u32) << 16) | (second << 8) | third;
    text.addUnit(DIGITS.charCodeAt(group >>> 18));
    text.addUnit(DIGITS.charCodeAt((group >>> 12) & 63));
    text.addUnit(left > 1 ? DIGITS.charCodeAt((group >>> 6) & 63) : PADDING);
    text.addUnit(left > 2 ? DIGITS.charCodeAt(group & 63) : PADDING);
  }
  return text.toString();
}
