/** Where a machine's files come from: modules, QEMU's fw_cfg, and the OEM strings of SMBIOS. */
import assert from "node:assert/strict";
import test from "node:test";
import type { MachineOptions } from "../../../lab/machine/machine.ts";
import { buildPc } from "../../../lab/machine/pc.ts";
import { smbiosTable, structure } from "../../../lab/machine/smbios.ts";
import { Random } from "../../../lab/random.ts";
import { type Exports, load, readString, writeText } from "../../../lab/scripted/assembly.ts";

async function boot(options: MachineOptions): Promise<Files> {
  const { machine } = buildPc(options);
  const wasm = await load("tests/lab/entries/boot-files.ts", machine.host());
  machine.attach(wasm);
  return new Files(wasm);
}

class Files {
  constructor(private readonly wasm: Exports) {}

  find(name: string, limit = 1000): string {
    const { wasm } = this;
    return readString(wasm.memory, wasm.find(...writeText(wasm, name), limit));
  }
  machine(): string {
    return readString(this.wasm.memory, this.wasm.machine());
  }
  log(): string {
    return readString(this.wasm.memory, this.wasm.log());
  }
  /** Returns the number of OEM strings that the kernel finds in a table. */
  parse(table: Uint8Array): number {
    const pointer = this.wasm.allocateBytes(table.length);
    new Uint8Array(this.wasm.memory.buffer).set(table, pointer);
    return this.wasm.parse(pointer, table.length);
  }
}

const modules = [{ name: "run", bytes: Buffer.from("ss") }];
const fwCfg = { "opt/anonymos/run": "httpd", "opt/anonymos/anonymos.conf": "[Network]\n# \u00e4" };
const oemStrings = ["other", "anonymos:run=dmesg", "anonymos:hosts=1.2.3.4 a\n", "anonymos:x="];

test("the loader's modules win over fw_cfg, and fw_cfg over SMBIOS", async () => {
  const all = await boot({ modules, fwCfg, smbios: { oemStrings } });
  assert.equal(all.find("run"), "2:ss");
  assert.equal(all.log(), "");
  assert.equal(all.find("anonymos.conf"), "14:[Network]\n# \u00e4");
  assert.equal(all.find("hosts"), "10:1.2.3.4 a\n");
  assert.match(all.log(), /anonymos\.conf: from fw_cfg\n.*hosts: from SMBIOS$/);
  const two = await boot({ fwCfg, smbios: { oemStrings } });
  assert.equal(two.find("run"), "5:httpd");
  const last = await boot({ smbios: { oemStrings, entry: 2 } });
  assert.equal(last.find("run"), "5:dmesg");
  assert.equal(last.find("run", 2), "5:dm");
  assert.equal(last.find("x"), "0:");
  assert.equal(last.find("ca.pem"), "");
  assert.equal((await boot({})).find("run"), "");
});

test("reads no port of fw_cfg on a real machine", async () => {
  const bare = await boot({ fwCfg, cpuid: { 1: [0, 0, 0, 0] } });
  assert.equal(bare.find("run"), "");
});

test("takes SMBIOS from fw_cfg if there is none in memory, as with UEFI", async () => {
  const table = smbiosTable({ product: "Cloud", oemStrings });
  const files = await boot({ fwCfg: { "etc/smbios/smbios-tables": table } });
  assert.equal(files.machine(), "Maker/Cloud");
  assert.equal(files.find("run"), "5:dmesg");
});

test("survives directories and tables that lie", async () => {
  const many = Buffer.alloc(4, 0xff);
  assert.equal((await boot({ fwCfg: { "etc/smbios/smbios-tables": many } })).machine(), "/");
  const files = await boot({});
  const good = smbiosTable({ oemStrings });
  assert.equal(files.parse(good), 4);
  // The first table claims 200 strings and has 2: 64 are kept. The second lacks its end.
  assert.equal(files.parse(structure(11, [200], ["a", "b"])), 64);
  assert.equal(files.parse(structure(11, [2], ["a", "b"]).subarray(0, -2)), 2);
  for (let length = 0; length < good.length; length++) files.parse(good.subarray(0, length));
  const random = new Random(1);
  for (let i = 0; i < 5000; i++) {
    const bad = Buffer.from(good);
    for (let n = random.between(1, 6); n > 0; n--) {
      bad[random.between(0, bad.length)] = random.pick([0, 1, 4, 11, 127, 255]);
    }
    files.parse(bad);
  }
});
