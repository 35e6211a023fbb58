/**
 * The systems that `make bench` compares, in QEMU under TCG: this kernel, that of another commit,
 * and Linux. Each is typed at on its serial console, and has curl, ping and an HTTP server.
 */
import { configured } from "../../tests/lab/host/console.ts";
import { Machine, type Nic, userNet } from "../../tests/lab/host/qemu.ts";
import { type LinuxFiles, linuxFiles } from "./linux-guest.ts";

/** Bytes of the large transfers. */
export const BULK = 64 * 2 ** 20;
/** Bytes of a small response. */
export const SMALL = 100;

export interface Guest {
  readonly name: string;
  /** Boots it with a network card and forwards a port of the host to its port 80. */
  boot(nic?: string): Promise<Machine>;
  /** The option of curl by which it trusts the bench's authority. */
  readonly trust: string;
  /** The words that make curl send BULK bytes as the body of a POST. */
  readonly body: string;
}

function network(model: string): Nic {
  return { ...userNet([80]), model };
}

/** This project's kernel: `kernel` is the path of the ELF file. */
export function anonymos(name: string, kernel: string, certificate: string): Guest {
  return {
    name,
    trust: "",
    body: `-d @bytes:${BULK}`,
    boot: async (model = "e1000") => {
      const modules = { "ca.pem": certificate };
      const machine = await Machine.boot({
        kernel,
        memory: "128",
        modules,
        nics: [network(model)],
      });
      await configured(machine);
      await machine.ok("httpd");
      return machine;
    },
  };
}

/** Debian's Linux, with nginx as its HTTP server. */
export function linux(files: LinuxFiles): Guest {
  const append = "console=ttyS0 quiet";
  return {
    name: `Linux ${files.version.split("-")[0]}`,
    trust: "--cacert /etc/ca.pem --tlsv1.3 --tls13-ciphers TLS_CHACHA20_POLY1305_SHA256",
    body: "--data-binary @/tmp/bulk -H Expect:",
    boot: async (model = "e1000") => {
      const options = { kernel: files.kernel, append, memory: "512", nics: [network(model)] };
      const more = ["-initrd", files.initrd];
      const machine = await Machine.boot({ ...options, more }, 120_000);
      await machine.ok(`head -c ${BULK} /dev/zero >/tmp/bulk`, 60_000);
      await machine.ok("prepare");
      return machine;
    },
  };
}

export function linuxGuest(certificate: string): { guest: Guest; files: LinuxFiles } {
  const files = linuxFiles(certificate, [BULK, SMALL]);
  return { guest: linux(files), files };
}
