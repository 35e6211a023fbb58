/** One kernel, configured by the hypervisor that starts it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoot } from "../lab/host/certificates.ts";
import { Machine } from "../lab/host/qemu.ts";

const CONF = "[Network]\nHostname=%\nAddress=10.0.2.77/24\n[Link]\nMTUBytes=1400\n";

/** QEMU's words for a file of fw_cfg and an OEM string; a comma is doubled. */
const fwCfg = (name: string, text: string) => [
  "-fw_cfg",
  `name=opt/anonymos/${name},string=${text.replaceAll(",", ",,")}`,
];
const oem = (...texts: string[]) => [
  "-smbios",
  `type=11${texts.map((text) => `,value=${text.replaceAll(",", ",,")}`).join("")}`,
];

test("QEMU's fw_cfg configures a machine", async () => {
  const ca = makeRoot("Fleet Root").pem;
  const more = [
    ...fwCfg("anonymos.conf", CONF.replace("%", "web1")),
    ...fwCfg("run", "echo started by fw_cfg"),
    ...fwCfg("ca.pem", ca),
    ...oem("anonymos:run=echo started by SMBIOS"),
  ];
  const machine = await Machine.boot({ more });
  try {
    assert.match(machine.console, /anonymos\.conf: from fw_cfg\n/);
    assert.match(machine.console, /ca\.pem: 1 trusted root added/);
    assert.match(machine.console, /\nstarted by fw_cfg\n/);
    assert.doesNotMatch(machine.console, /\nstarted by SMBIOS\n/);
    assert.equal(await machine.ok("hostname"), "web1");
    assert.match(await machine.ok("ip addr"), /mtu 1400.*inet 10\.0\.2\.77\/24/s);
  } finally {
    await machine.stop();
  }
});

for (const kind of ["pc", "q35"]) {
  test(`the power button of ${kind} switches it off`, async () => {
    const machine = await Machine.boot({ machine: kind });
    try {
      await machine.monitor("system_powerdown");
      assert.equal(await machine.exit(20_000), 0);
    } finally {
      await machine.stop();
    }
  });
}

for (const firmware of ["BIOS", "UEFI"]) {
  test(`SMBIOS of ${firmware} configures a machine`, async () => {
    const texts = [`anonymos:anonymos.conf=${CONF.replace("%", "web2")}`, "anonymos:run=echo ran"];
    const uefi = firmware === "UEFI";
    const boot = uefi ? { uefi, iso: "build/anonymos.iso", memory: "256" } : {};
    const machine = await Machine.boot({ ...boot, more: oem(...texts) }, 120_000);
    try {
      assert.match(machine.console, /machine: QEMU Standard PC/);
      assert.match(machine.console, /anonymos\.conf: from SMBIOS\n/);
      assert.match(machine.console, /\nran\n/);
      assert.equal(await machine.ok("hostname"), "web2");
    } finally {
      await machine.stop();
    }
  });
}
