/** What a machine takes from a disk with a cidata volume, and what it does not. */
import assert from "node:assert/strict";
import test from "node:test";
import { fatImage, isoImage, partitioned, type VolumeFiles } from "../lab/host/volumes.ts";
import { DISK_PARAMETER, type DiskOptions } from "../lab/machine/disk.ts";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";

const CONF = "[Network]\nHostname=web7\nAddress=10.0.2.70/24\nBad=1\n";

async function boot(disks: DiskOptions[], options: TwinOptions = {}): Promise<Twin> {
  const twin = await Twin.boot({ ...options, machine: { ...options.machine, disks } });
  return twin.pass(1);
}

const bootWith = (files: VolumeFiles, options?: TwinOptions) =>
  boot([{ image: isoImage(files) }], options);

for (const kind of ["modern", "transitional", "legacy", "mmio"] as const) {
  test(`applies user-data of a virtio disk (${kind}) as anonymos.conf`, async () => {
    const image = isoImage({ "user-data": CONF, "meta-data": "local-hostname: other\n" });
    const commandLine = kind === "mmio" ? DISK_PARAMETER : "";
    const twin = await boot([{ image, kind }], { commandLine });
    assert.match(twin.output, /: virtio-blk, \d+ KiB: cidata volume, ISO 9660\r\n/);
    assert.match(twin.output, /cidata: 51 bytes of user-data: applying them as anonymos\.conf\r\n/);
    assert.match(twin.output, /anonymos\.conf:4: Bad=1: /);
    assert.match(twin.command("hostname"), /web7/);
    assert.match(twin.command("ip addr"), /inet 10\.0\.2\.70\/24/);
  });
}

test("takes FAT volumes as well, and those in partitions", async () => {
  const image = fatImage({ "user-data": CONF });
  for (const one of [image, partitioned([image], "GPT")]) {
    const twin = await boot([{ image: one }]);
    assert.match(twin.output, /virtio-blk, \d+ KiB: cidata volume, FAT12\r\n/);
    assert.match(twin.command("hostname"), /web7/);
  }
});

test("reads a CD in an IDE drive, and leaves other drives alone", async () => {
  const image = isoImage({ "user-data": CONF });
  const cd = { kind: "cd", image } as const;
  const first = await boot([cd]);
  assert.match(first.output, /ide1 master: CD, \d+ KiB: cidata volume, ISO 9660\r\n/);
  assert.match(first.command("hostname"), /web7/);
  const other = { kind: "cd", image: isoImage({}, "ANONYMOS") } as const;
  const [empty, disk] = [{ kind: "cd" } as const, { kind: "cd", disk: true } as const];
  const many = await boot([{ ...cd, time: 1e5 }, empty, other, disk]);
  assert.match(many.output, /ide0 master: CD, \d+ KiB: no cidata volume\r\n/);
  assert.match(many.output, /ide1 master: CD, \d+ KiB: cidata volume, ISO 9660\r\n/);
  assert.doesNotMatch(many.output, /slave/);
  const real = await boot([cd], { machine: { cpuid: { 1: [0, 0, 0, 0] } } });
  assert.doesNotMatch(real.output, /ide1/);
});

test("survives CD drives that fail", async () => {
  const image = isoImage({ "user-data": CONF });
  const failing = async (options: Partial<DiskOptions>) =>
    (await boot([{ kind: "cd", image, ...options }])).output;
  assert.match(await failing({ badFrom: 0 }), /no cidata volume: read error at position 32768/);
  assert.match(await failing({ badFrom: 50_000 }), /cidata: read error at position/);
  assert.match(await failing({ piece: 512 }), /cidata volume, ISO 9660/);
  for (const options of [
    { sectorBytes: 2352 },
    { time: Number.POSITIVE_INFINITY },
    { claimed: 0 },
    { claimed: 65535 },
    { image: new Uint8Array() },
  ]) {
    assert.doesNotMatch(await failing(options), /cidata volume, ISO/);
  }
});

test("runs a script after run=, and takes the host name of meta-data", async () => {
  const script = "#!anonymos\r\necho first; echo second\n\n# nothing\nwrong\necho last";
  const metaData = "instance-id: 1\nlocal-hostname: 'web8' # ours\n";
  const twin = await bootWith(
    { "user-data": script, "meta-data": metaData, "network-config": "version: 2\n" },
    { commandLine: 'run="echo before"' },
  );
  const said = twin.output.replaceAll("\r", "");
  assert.match(said, /cidata: 62 bytes of user-data: running them\n/);
  assert.match(said, /cidata: network-config: not used\n.*cidata: host name web8\n/);
  assert.match(said, /\nbefore\n.*\nfirst\n\[exit 0\] echo first\nsecond\n.*\nlast\n/s);
  assert.match(twin.command("hostname"), /web8/);
});

test("reads JSON in meta-data, and ignores what is not a host name", async () => {
  const hostname = async (metaData: string, commandLine = "") =>
    (await bootWith({ "meta-data": metaData }, { commandLine })).command("hostname");
  assert.match(await hostname('{"instance-id":"1","local-hostname":"vm\\u0031"}'), /vm1/);
  assert.match(await hostname('{"hostname":"vm2","local-hostname":7}'), /vm2/);
  assert.match(await hostname("hostname: vm3\r\n"), /vm3/);
  for (const bad of ["local-hostname: a b", "local-hostname:", "local-hostname: '", "{", "\xff"]) {
    assert.match(await hostname(bad), /anonymos/, bad);
  }
  assert.match(await hostname("hostname: vm4", "ip=10.0.2.15:::255.255.255.0:own::off"), /own/);
});

test("logs the host name of meta-data only if it is used", async () => {
  const files = { "meta-data": "local-hostname: offered\n" };
  const line = /cidata: host name offered\r\n/;
  assert.match((await bootWith(files)).output, line);
  for (const twin of [
    await bootWith({ ...files, "user-data": CONF }),
    await bootWith(files, { commandLine: "ip=10.0.2.15:::255.255.255.0:own::off" }),
  ]) {
    assert.doesNotMatch(twin.output, line);
    assert.match(twin.command("hostname"), /web7|own/);
  }
});

test("empty user-data hides no settings of the hypervisor", async () => {
  const fwCfg = { "opt/anonymos/anonymos.conf": "[Network]\nHostname=weak\n" };
  const twin = await bootWith({ "user-data": "" }, { machine: { fwCfg } });
  assert.match(twin.output, /cidata: no user-data\r\n/);
  assert.match(twin.command("hostname"), /weak/);
});

test("logs disks that cannot be started, and ds=nocloud without a volume", async () => {
  const missing = /cmdline: ds=nocloud: no cidata volume found\r\n/;
  const commandLine = "ds=nocloud";
  const dead = await boot([{ capacity: 0n }, { kind: "cd" }], { commandLine });
  assert.match(dead.output, /pci 00:05\.0: virtio-blk: empty, or cannot be started\r\n/);
  assert.doesNotMatch(dead.output, /ide[01]/);
  assert.match(dead.output, missing);
  const far = await boot([{ address: 0x4000_0000_0000 }]);
  assert.match(far.output, /pci 00:05\.0: virtio-blk: registers out of reach\r\n/);
  assert.match((await boot([], { commandLine })).output, missing);
  const other = { image: isoImage({}, "OTHER") };
  assert.match((await boot([other], { commandLine })).output, missing);
  const found = await bootWith({ "user-data": CONF }, { commandLine });
  for (const { output } of [await boot([other]), found]) assert.doesNotMatch(output, missing);
});

test("a boot module, ip= and ds= are stronger, fw_cfg is weaker", async () => {
  const files = { "user-data": CONF };
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from("[Network]\nHostname=own\n") }];
  const fixed = await bootWith(files, { modules });
  assert.match(fixed.output, /user-data: ignored, as there is a boot module anonymos\.conf/);
  assert.match(fixed.command("hostname"), /own/);
  const fwCfg = { "opt/anonymos/anonymos.conf": "[Network]\nHostname=weak\n" };
  const address = "ip=10.0.2.15:::255.255.255.0::off";
  const both = await bootWith(files, { machine: { fwCfg }, commandLine: address });
  assert.match(both.command("hostname"), /web7/);
  assert.match(both.command("ip addr"), /inet 10\.0\.2\.15\/24/);
  const none = await bootWith(files, { commandLine: `${address} ds=none` });
  assert.doesNotMatch(none.output, /cidata/);
  const named = await bootWith(files, { commandLine: `${address} ds=nocloud` });
  assert.match(named.command("hostname"), /web7/);
});

test("takes the first cidata volume, and asks no metadata service then", async () => {
  const other = { image: Buffer.alloc(1 << 20) };
  const iso = { image: isoImage({ "user-data": CONF }) };
  const second = { image: isoImage({ "user-data": "[Network]\nHostname=second\n" }) };
  const smbios = { product: "OpenStack Nova" };
  const twin = await boot([other, iso, second], { machine: { smbios } });
  twin.pass(120);
  assert.match(twin.output, /pci 00:05\.0: virtio-blk, 1024 KiB: no cidata volume\r\n/);
  assert.match(twin.output, /pci 00:06\.0: virtio-blk, \d+ KiB: cidata volume, ISO 9660\r\n/);
  assert.doesNotMatch(twin.output, /pci 00:07\.0: virtio-blk/);
  assert.doesNotMatch(twin.output, /openstack/);
  assert.match(twin.command("hostname"), /web7/);
});

test("reports user-data that it does not support, in one line", async () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ["#cloud-config\nhostname: a\n", /of user-data: #cloud-config: not supported, expected anonym/],
    ["#!/bin/sh\necho a\n", /a script of another interpreter: not supported/],
    ["MIME-Version: 1.0\n\n", /a MIME archive: not supported/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip: not supported/],
    ["x".repeat(70_000), /70000 bytes of user-data: ignored, expected at most 65536/],
  ];
  for (const [userData, message] of cases) {
    const twin = await bootWith({ "user-data": userData });
    const lines = twin.output.split("\r\n").filter((line) => line.includes("user-data"));
    assert.equal(lines.length, 1);
    assert.match(lines[0], message);
  }
  assert.match((await bootWith({ "meta-data": "" })).output, /cidata: no user-data\r\n/);
});

test("survives disks that fail", async () => {
  const image = isoImage({ "user-data": CONF });
  const failing = async (options: Partial<DiskOptions>) =>
    (await boot([{ image, ...options }])).output;
  assert.match(await failing({ badFrom: 40_000 }), /no cidata volume|cidata: read error/);
  assert.match(await failing({ badFrom: 0 }), /no cidata volume: read error at position 32768/);
  assert.match(await failing({ wrongId: 3 }), /read error/);
  assert.match(await failing({ wrongId: 2 ** 31 }), /read error/);
  assert.match(await failing({ time: Number.POSITIVE_INFINITY }), /read error/);
  assert.match(await failing({ time: 1e6 }), /cidata volume, ISO/);
  for (const capacity of [0n, 1n, 2n ** 64n - 1n, 2n ** 55n - 1n]) await failing({ capacity });
});
