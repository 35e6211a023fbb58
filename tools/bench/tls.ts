/** The speed of ciphers alone, in a guest's memory (`selftest tls`): what TLS can at most reach. */
import { Machine } from "../../tests/lab/host/qemu.ts";

/** The ciphers in the words of `selftest tls`. */
const CIPHERS = ["ChaCha20-Poly1305", "AES-128-GCM", "AES-256-GCM"];

/** Returns the MB/s of each cipher whose row is wanted, measured `runs` times, by row. */
export async function cipherSpeed(
  runs: number,
  wanted: (row: string) => boolean,
): Promise<Map<string, number[]>> {
  const row = (cipher: string) => `cipher alone: ${cipher}`;
  const speeds = new Map<string, number[]>();
  if (!CIPHERS.some((cipher) => wanted(row(cipher)))) return speeds;
  const machine = await Machine.boot({ memory: "128" });
  try {
    for (let i = 0; i < runs; i++) {
      const output = await machine.ok("selftest tls", 60_000);
      for (const [, cipher, speed] of output.matchAll(
        /^.*?([\w-]+(?: \([^)]*\))?), ([\d.]+) MB\/s/gm,
      )) {
        const name = row(cipher);
        if (!CIPHERS.includes(cipher)) throw new Error(`${cipher}: unknown cipher`);
        if (wanted(name)) speeds.set(name, [...(speeds.get(name) ?? []), Number(speed)]);
      }
    }
  } finally {
    await machine.stop();
  }
  return speeds;
}
