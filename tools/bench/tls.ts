/** The speed of ciphers alone, in a guest's memory (`selftest tls`): what TLS can at most reach. */
import { Machine } from "../../tests/lab/host/qemu.ts";
import { summary } from "./statistics.ts";

/** Prints MB/s of every cipher, measured `runs` times. */
export async function cipherSpeed(runs: number): Promise<void> {
  const machine = await Machine.boot({ memory: "128" });
  const speeds = new Map<string, number[]>();
  try {
    for (let i = 0; i < runs; i++) {
      const output = await machine.ok("selftest tls", 60_000);
      for (const [, name, speed] of output.matchAll(
        /^.*?([\w-]+(?: \([^)]*\))?), ([\d.]+) MB\/s/gm,
      )) {
        speeds.set(name, [...(speeds.get(name) ?? []), Number(speed)]);
      }
    }
  } finally {
    await machine.stop();
  }
  for (const [name, values] of speeds) {
    console.log(`${`cipher alone: ${name}`.padEnd(44)} ${summary(values, "MB/s", 1)}`);
  }
}
