/** Loaders of Linux kernels, and UEFI, start anonymos.bzimage, which gets onto the network. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, type TestContext, test } from "node:test";
import { archived, grubIso, systemPartition } from "../lab/host/boot-media.ts";
import { root } from "../lab/host/process.ts";
import { Machine, type MachineOptions } from "../lab/host/qemu.ts";

const bzImage = `${root}build/anonymos.bzimage`;

suite("a machine that is started with anonymos.bzimage fetches a page", () => {
  const server = createServer((_request, response) => response.end("fetched\n"));
  let run = "";
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    run = `hostname; curl -sif http://10.0.2.2:${port}/; poweroff $?`;
  });
  after(() => server.close());

  /** Boots, checks that the page was fetched, and returns what the machine printed. */
  async function fetched(t: TestContext, options: MachineOptions): Promise<string> {
    const machine = new Machine(options);
    t.after(() => machine.stop());
    const code = await machine.exit(120_000);
    assert.equal(code, 1, machine.console);
    assert.match(machine.console, /DHCP lease 10\.0\.2\.15\/24/);
    assert.match(machine.console, /^HTTP\/1\.1 200 OK$/m);
    assert.match(machine.console, /^fetched$/m);
    return machine.console;
  }

  for (const machine of ["pc", "q35"]) {
    test(`by QEMU's -kernel on the BIOS of ${machine}, with an initrd`, async (t) => {
      const modules = { "a.conf": "[Network]\nHostname=from-initrd\n" };
      const options = { kernel: bzImage, machine, modules, append: `run="${run}"` };
      assert.match(await fetched(t, options), /^from-initrd$/m);
    });
  }

  test("by GRUB's linux on a BIOS, with an initrd of several files", async (t) => {
    const config = [`linux /anonymos.bzimage 'run=${run}'`, "initrd /initrd.cpio", "boot"].join(
      "\n",
    );
    const files = {
      "anonymos.bzimage": { copy: bzImage },
      "initrd.cpio": archived("hosts", "10.0.2.2 a\n") + archived("anonymos.conf", "[Network]\n"),
    };
    const iso = await grubIso(t, `${config}\n`, "linux", files);
    assert.doesNotMatch(await fetched(t, { iso }), /unknown parameter|module/);
  });

  test("by UEFI from a system partition, with a command line and an initrd there", async (t) => {
    const path = await systemPartition(t, {
      "EFI/BOOT/BOOTX64.EFI": { copy: bzImage },
      "anonymos.cmdline": `initrd=/files/a.conf\nrun="${run}"\n`,
      "files/a.conf": "[Network]\nHostname=from-partition\n",
    });
    const disk = { path, format: "raw", device: "ide-hd" };
    const options = { disk, uefi: true, machine: "q35", memory: "256" };
    assert.match(await fetched(t, options), /^from-partition$/m);
  });
});
