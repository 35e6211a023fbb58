/**
 * Every network card that QEMU has and the kernel drives: a lease, HTTPS with a verified
 * certificate, bulk data each way, the cable out and in, and the interface down and up.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, suite, test } from "node:test";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { boot, configured, netErrors, type Owner } from "../lab/host/console.ts";
import { root } from "../lab/host/process.ts";
import { withoutMultiboot } from "../lab/host/pvh.ts";
import type { MachineOptions } from "../lab/host/qemu.ts";
import { crcText, Nginx, patternBytes, Sink, sha256 } from "../lab/host/servers.ts";
import { TlsServer } from "../lab/host/tls-servers.ts";

/** An RTL8139C+ without its C+ mode. */
const PLAIN = "rtl8139.cplus=0";

/**
 * Cards as QEMU names them, with properties, the driver of each, how it interrupts, and what is on
 * the kernel's command line.
 */
const cards: [card: string, driver: string, kind: string, append?: string][] = [
  ["e1000-82540em", "e1000", "XT-PIC"],
  ["e1000-82545em", "e1000", "XT-PIC"],
  ["e1000-82544gc", "e1000", "XT-PIC"],
  ["e1000e", "e1000e", "PCI-MSI"],
  ["igb", "igb", "PCI-MSI"],
  ["rtl8139", "rtl8139", "XT-PIC"],
  ["rtl8139", "rtl8139", "XT-PIC", PLAIN],
  ["vmxnet3", "vmxnet3", "PCI-MSI"],
  ["virtio-net-pci,disable-legacy=on", "virtio-net", "PCI-MSIX"],
  ["virtio-net-pci,disable-legacy=on,vectors=0", "virtio-net", "XT-PIC"],
  ["virtio-net-pci,disable-modern=on", "virtio-net", "XT-PIC"],
  ["virtio-net-pci,event_idx=off,any_layout=off,disable-modern=on", "virtio-net", "XT-PIC"],
];

/** What this QEMU has: `igb` came with 8.0. */
const offered = execFileSync("qemu-system-x86_64", ["-device", "help"], { encoding: "utf8" });

/** By default, QEMU's devices without PCI have the registers of version 1. */
const modern = ["-global", "virtio-mmio.force-legacy=false"];
/**
 * Machines without PCI, and how their device interrupts. ACPI describes it, or, if QEMU boots the
 * kernel by PVH, QEMU adds it to the command line. With neither, the kernel does not know its line.
 */
const microvms: Record<string, [options: () => MachineOptions, interrupts: string]> = {
  "microvm, by Multiboot": [() => ({ machine: "microvm", more: modern }), "IO-APIC"],
  "microvm with one IO-APIC": [() => ({ machine: "microvm,ioapic2=off" }), "IO-APIC"],
  "microvm without an 8259 pair": [() => ({ machine: "microvm,pic=off" }), "IO-APIC"],
  "microvm without ACPI, by Multiboot": [
    () => ({ machine: "microvm,acpi=off", more: modern }),
    "no irq",
  ],
  "microvm without ACPI, by PVH": [
    () => ({
      machine: "microvm,acpi=off",
      kernel: withoutMultiboot(`${root}build/kernel.elf`, "cards"),
    }),
    "XT-PIC",
  ],
};

/** A transfer of a few tenths of a second. */
const BULK = 16 * 1024 * 1024;

suite("network cards", () => {
  const authority = makeRoot("Test Root");
  const body = patternBytes(BULK);
  let nginx: Nginx;
  let sink: Sink;
  let secure: TlsServer;

  before(async () => {
    nginx = await Nginx.start({ "bulk.bin": body });
    sink = await Sink.start();
    secure = await TlsServer.start(makeServer(["10.0.2.2"], authority));
  });
  after(async () => {
    await nginx?.stop();
    await sink?.stop();
    await secure?.stop();
  });

  /** Boots a machine with a card and uses it in every way; returns what its counters are then. */
  async function exercise(
    t: Owner,
    card: string,
    options: MachineOptions = {},
  ): Promise<{ links: string; irqs: string }> {
    const [model, ...properties] = card.split(",");
    const nic = { backend: "user", model, properties: properties.join(",") || undefined };
    const modules = { "ca.pem": authority.pem };
    const machine = await boot(t, { nics: [nic], modules, ...options });
    await configured(machine);
    // A module that PVH passes has no name, so nobody knows that it is ca.pem.
    const curl = options.kernel === undefined ? "curl" : "curl -k";
    assert.match(await machine.ok(`${curl} https://10.0.2.2:${secure.port}/x`), /^secure \/x$/m);

    const output = await machine.ok(`curl -o null --crc32 ${nginx.url("/bulk.bin")}`, 60_000);
    assert.match(output, new RegExp(crcText(body), "i"));
    await machine.ok(`curl -s -o null -d @bytes:${BULK} ${sink.url("/bulk")}`, 60_000);
    assert.equal(sink.requests.at(-1)?.sha256, sha256(body));
    const errors = await netErrors(machine);
    // As soon as there is room, QEMU gives such a card all that waits; what does not fit is lost.
    if (options.append === PLAIN) delete errors.missed;
    assert.deepEqual(errors, {});

    await machine.monitor("set_link n0 off");
    await machine.waitFor(/net0: link is down/);
    await machine.monitor("set_link n0 on");
    await machine.waitFor(/net0: link is up/);
    await configured(machine);
    await machine.ok("ip link set net0 down; ip link set net0 up");
    await configured(machine);
    return { links: await machine.ok("ip -s link"), irqs: await machine.ok("lsirq") };
  }

  for (const [card, driver, kind, append] of cards) {
    const skip = offered.includes(`"${card.split(",")[0]}"`) ? false : "this QEMU has no such card";
    test(`${card} works${append ? ` with ${append}` : ""}`, { skip }, async (t) => {
      const interrupts = new RegExp(
        `driver ${driver}, (\\d+ Mb/s|speed unknown), [1-9]\\d* interrupts`,
      );
      const { links, irqs } = await exercise(t, card, { append });
      assert.match(links, interrupts);
      assert.match(irqs, new RegExp(`[1-9]\\d* ${kind} ${driver}, pci`));
    });
  }

  for (const [name, [options, interrupts]] of Object.entries(microvms)) {
    test(`virtio-net-device works on ${name}`, async (t) => {
      const { links, irqs } = await exercise(t, "virtio-net-device", options());
      const count = /driver virtio-net, speed unknown, (\d+) interrupts/.exec(links)?.[1];
      assert.equal(Number(count) > 0, interrupts !== "no irq", links);
      const kind = /(\S+) virtio-net, /.exec(irqs)?.[1] ?? "no irq";
      assert.equal(kind, interrupts, irqs);
    });
  }
});
