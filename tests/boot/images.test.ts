/** The disk images boot, from the controllers that hypervisors have. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { configured } from "../lab/host/console.ts";
import { root } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

suite("disk images", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-images-"));
  before(() => {
    const words = ["--import", "tsx", "iso/make-images.ts", "build/anonymos.iso", folder];
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000" };
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, env });
    assert.equal(status, 0, `${stderr}`);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [format, device, machine, uefi] of [
    ["raw", "ide-hd", "pc", false],
    ["qcow2", "virtio-blk-pci", "q35", false],
    ["qcow2", "ide-hd", "q35", true],
    ["vmdk", "ide-hd", "pc", false],
  ] as const) {
    test(`${format} boots by ${uefi ? "UEFI" : "BIOS"} from ${device} of ${machine}`, async () => {
      const disk = { path: join(folder, `anonymos.${format}`), format, device };
      const running = await Machine.boot({ disk, machine, uefi, memory: "256" }, 120_000);
      try {
        await configured(running);
        assert.match(await running.ok("ip addr"), /inet 10\.0\.2\.15\/24/);
      } finally {
        await running.stop();
      }
    });
  }
});
