/**
 * Measures the throughput of TLS beside that of its cipher alone, in the same guest: nginx sends a
 * file over TLS 1.3 with ChaCha20-Poly1305, and `selftest tls` encrypts in memory.
 */
import { makeAuthority, makeRoot, makeServer } from "../../tests/lab/host/certificates.ts";
import { configured } from "../../tests/lab/host/console.ts";
import { Machine } from "../../tests/lab/host/qemu.ts";
import { Nginx } from "../../tests/lab/host/servers.ts";

/** MB/s of a download over TLS, and of the cipher alone. */
export interface TlsSpeed {
  received: number;
  alone: number;
}

/** Downloads `bytes` `runs` times, and measures the cipher right before each. */
export async function tlsSpeed(bytes: Buffer, runs: number): Promise<TlsSpeed[]> {
  const root = makeRoot("Bench Root");
  const secure = makeServer(["10.0.2.2"], makeAuthority("Bench Authority", root));
  const nginx = await Nginx.start({ "bulk.bin": bytes }, { secure });
  const machine = await Machine.boot({ memory: "128", modules: { "ca.pem": root.pem } });
  try {
    await configured(machine);
    const speeds: TlsSpeed[] = [];
    for (let i = 0; i < runs; i++) {
      const self = await machine.ok("selftest tls", 60_000);
      const curl = await machine.ok(`curl -o null ${nginx.url("/bulk.bin")}`, 240_000);
      const alone = Number(/ChaCha20-Poly1305, ([\d.]+) MB\/s/.exec(self)?.[1]);
      speeds.push({ alone, received: Number(/([\d.]+) MB\/s/.exec(curl)?.[1]) });
    }
    return speeds;
  } finally {
    await machine.stop();
    await nginx.stop();
  }
}
