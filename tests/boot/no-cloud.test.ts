/** A kernel in QEMU, configured by a cidata volume that deploy/cidata.sh or mtools makes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Machine, type MachineOptions } from "../lab/host/qemu.ts";
import { fatImage } from "../lab/host/volumes.ts";

const folder = mkdtempSync(join(tmpdir(), "anonymos-cidata-"));
after(() => rmSync(folder, { recursive: true }));

const files = {
  "user-data": "[Network]\nAddress=10.0.2.77/24\n[Link]\nMTUBytes=1400\n",
  "meta-data": "instance-id: 1\nlocal-hostname: web1\n",
};
const iso = join(folder, "seed.iso");
const fat = join(folder, "seed.img");
writeFileSync(join(folder, "web1.conf"), files["user-data"]);
execFileSync("sh", ["deploy/cidata.sh", iso, join(folder, "web1.conf"), "web1"]);
writeFileSync(fat, fatImage(files));

const drive = (file: string) => `file=${file},format=raw,readonly=on`;
const virtio = (file: string) => ["-drive", `if=none,id=seed,${drive(file)}`];
const KINDS: Record<string, MachineOptions & { log: RegExp }> = {
  "virtio on PCI": {
    more: [...virtio(iso), "-device", "virtio-blk-pci,drive=seed"],
    log: /pci 00:\S+: virtio-blk, \d+ KiB: cidata volume, ISO 9660/,
  },
  "virtio on PCI, the legacy interface, FAT": {
    more: [...virtio(fat), "-device", "virtio-blk-pci,drive=seed,disable-modern=on"],
    log: /pci 00:\S+: virtio-blk, 1440 KiB: cidata volume, FAT12/,
  },
  "virtio without PCI": {
    machine: "microvm",
    nics: [{ backend: "user", model: "virtio-net-device" }],
    more: [...virtio(fat), "-device", "virtio-blk-device,drive=seed"],
    log: /virtio-mmio \w+: virtio-blk, 1440 KiB: cidata volume, FAT12/,
  },
  "a CD drive on IDE, beside the one it was booted from": {
    iso: "build/anonymos.iso",
    more: ["-drive", `if=ide,index=3,media=cdrom,${drive(iso)}`],
    log: /ide1 master: CD, \d+ KiB: no cidata volume\n(?:.*\n)*?.*ide1 slave: CD, \d+ KiB: cidata/,
  },
};

for (const [kind, { log, ...options }] of Object.entries(KINDS)) {
  test(`${kind} configures a machine`, async () => {
    const machine = await Machine.boot(options, 60_000);
    try {
      assert.match(machine.console, log);
      assert.equal(await machine.ok("hostname"), "web1");
      assert.match(await machine.ok("ip addr"), /mtu 1400.*inet 10\.0\.2\.77\/24/s);
    } finally {
      await machine.stop();
    }
  });
}
