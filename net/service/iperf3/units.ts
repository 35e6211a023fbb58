/** Amounts, rates and times as iperf3 prints them: three significant digits and a unit. */

const LETTERS: string = " KMGT";

/** Formats bytes: "1.43 GBytes". Its units are powers of 1024. */
export function formatBytes(bytes: u64): string {
  return `${scaled(bytes, 1024, "Byte")}s`;
}

/** Formats the rate of `bytes` in `micros` microseconds: "6.14 Gbits/sec", powers of 1000. */
export function formatRate(bytes: u64, micros: i64): string {
  return `${scaled(bitsPerSecond(bytes, micros), 1000, "bit")}s/sec`;
}

/** Formats the two ends of an interval, in microseconds: "  0.00-1.00   sec". */
export function formatInterval(from: i64, to: i64): string {
  return `${hundredths(from).padStart(6)}-${hundredths(to).padEnd(6)} sec`;
}

/** Formats microseconds as a JSON number of seconds: "1.000250". */
export function jsonSeconds(micros: i64): string {
  return `${micros / 1_000_000}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
}

/** Returns the microseconds of a JSON number of seconds ("2.0001", "1e-05"); at least 0. */
export function microsOf(text: string): i64 {
  let digits: i64 = 0;
  let power = 6;
  let point = false;
  let at = 0;
  for (; at < text.length; at++) {
    const c: u32 = text.charCodeAt(at);
    if (c == 0x2e) point = true;
    else if (c - 0x30 <= 9) {
      // Further decimals do not matter; further digits before the point would be an absurd time.
      if (digits > 10_000_000_000_000_000) {
        if (!point) return i64.MAX_VALUE;
        continue;
      }
      digits = digits * 10 + (c - 0x30);
      if (point) power--;
    } else break;
  }
  if (at == 0) return 0;
  if (at < text.length) power += exponentOf(text, at + 1);
  for (; power < 0 && digits > 0; power++) digits /= 10;
  for (; power > 0 && digits > 0; power--) {
    if (digits > 100_000_000_000_000_000) return i64.MAX_VALUE;
    digits *= 10;
  }
  return digits;
}

/** Returns the exponent at `from`, with its sign; only its first four digits count. */
function exponentOf(text: string, from: i32): i32 {
  const sign = text.charCodeAt(from);
  const negative = sign == 0x2d;
  let value = 0;
  for (let at = sign == 0x2b || negative ? from + 1 : from; at < text.length; at++) {
    if (value < 1000) value = value * 10 + text.charCodeAt(at) - 0x30;
  }
  return negative ? -value : value;
}

function bitsPerSecond(bytes: u64, micros: i64): u64 {
  if (micros <= 0) return 0;
  // Above this, the product would overflow.
  if (bytes < 1 << 40) return (bytes * 8_000_000) / (micros as u64);
  return (bytes / (micros as u64)) * 8_000_000;
}

function scaled(value: u64, base: u64, unit: string): string {
  let scale: u64 = 1;
  let letter = 0;
  while (value / scale >= base && letter + 1 < LETTERS.length) {
    scale *= base;
    letter++;
  }
  const prefix = letter == 0 ? "" : LETTERS.charAt(letter);
  return `${significant(value, scale).padStart(4)} ${prefix}${unit}`;
}

/** Returns value / scale with as many decimals as fit four characters: 1.43, 14.3, 143, 1023. */
function significant(value: u64, scale: u64): string {
  const whole = value / scale;
  const rest = value % scale;
  if (whole >= 100) return (whole + (2 * rest >= scale ? 1 : 0)).toString();
  const hundred = whole * 100 + (rest * 200 + scale) / (2 * scale);
  if (hundred < 1000) return decimals(hundred, 100, 2);
  const ten = whole * 10 + (rest * 20 + scale) / (2 * scale);
  return ten < 1000 ? decimals(ten, 10, 1) : "100";
}

function decimals(value: u64, scale: u64, places: i32): string {
  return `${value / scale}.${(value % scale).toString().padStart(places, "0")}`;
}

function hundredths(micros: i64): string {
  return decimals((micros + 5000) / 10_000, 100, 2);
}
