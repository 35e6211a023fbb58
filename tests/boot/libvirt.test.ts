/** deploy/libvirt.xml: libvirt runs three machines from it, with three configurations. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { Libvirt } from "../lab/host/libvirt.ts";
import { root } from "../lab/host/process.ts";
import { Prometheus } from "../lab/host/prometheus.ts";

const NAMES = ["web1", "web2", "web3"];
const FILE = readFileSync(`${root}deploy/libvirt.xml`, "utf8");

/** QEMU's user network with a forwarded port, which libvirt 9 has no element for. */
const NETWORK = `
  <qemu:commandline>
    <qemu:arg value="-netdev"/>
    <qemu:arg value="user,id=n0,hostfwd=tcp:127.0.0.1:0-:80"/>
    <qemu:arg value="-device"/>
    <qemu:arg value="virtio-net-pci,netdev=n0,addr=0x10"/>
  </qemu:commandline>
</domain>`;

/** Returns the domain file for a machine: emulated, with its own name, image and network. */
function domain(name: string, image: string): string {
  return FILE.replaceAll("web1", name)
    .replace(
      '<domain type="kvm">',
      '<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">',
    )
    .replace(/<source file="[^"]*"/, `<source file="${image}"`)
    .replace(/ *<interface .*<.interface>\n/s, "")
    .replace("</domain>", NETWORK.trimStart());
}

suite("libvirt", { skip: process.getuid?.() !== 0 && "only root can start libvirtd" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-images-"));
  let libvirt: Libvirt;
  let prometheus: Prometheus;

  before(async () => {
    const words = ["--import", "tsx", "iso/make-images.ts", "build/anonymos.iso", folder];
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000" };
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, env });
    assert.equal(status, 0, `${stderr}`);
    libvirt = await Libvirt.start();
  });
  after(async () => {
    await prometheus?.stop();
    await libvirt?.stop();
    rmSync(folder, { recursive: true });
  });

  test("runs three machines from one file, and Prometheus sees all three", async () => {
    const targets: number[] = [];
    for (const name of NAMES) {
      await libvirt.define(name, domain(name, `${folder}/anonymos.qcow2`));
      targets.push(await libvirt.port(name, 80));
    }
    prometheus = await Prometheus.start(targets);
    const three = await prometheus.query("count(up == 1) == 3");
    assert.equal(three[0].value[1], "3");
    await prometheus.query("count(node_uname_info) == 3");
    const info = await prometheus.query("node_uname_info");
    assert.deepEqual(info.map(({ metric }) => metric.nodename).sort(), NAMES);
  });

  test("virsh shutdown ends them by ACPI", async () => {
    for (const name of NAMES) await libvirt.virsh("shutdown", name, "--mode", "acpi");
    for (const name of NAMES) {
      let state = "";
      for (let tries = 0; tries < 100 && state !== "shut off"; tries++) {
        state = (await libvirt.virsh("domstate", name)).trim();
        if (state !== "shut off") await new Promise((resolve) => setTimeout(resolve, 300));
      }
      assert.equal(state, "shut off", name);
    }
  });
});
