/** Boot parameters and anonymos.conf (kernel/config). */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../../lab/random.ts";
import { load, readString, writeBytes, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/config.ts");
const text = (pointer: number) => readString(wasm.memory, pointer);
const tokens = (line: string) => text(wasm.tokens(...writeText(wasm, line)));
const problems = () => text(wasm.problems()).split("\n").filter(Boolean);
const settings = (index = 0, hardware = 0n) => text(wasm.settings(index, hardware));
const file = (...lines: string[]) => {
  const [pointer, length] = writeText(wasm, lines.join("\n"));
  wasm.file(pointer, length, length);
};
const commandLine = (line: string, qemu = false) =>
  wasm.commandLine(...writeText(wasm, line), qemu);

/** Returns net0's settings and the problems reported for a command line alone. */
function boot(line: string, qemu = false): { problems: string[]; net0: string } {
  wasm.reset();
  commandLine(line, qemu);
  return { problems: problems(), net0: settings() };
}

test("splits the command lines of both loaders", () => {
  assert.equal(tokens('kernel.elf t=1 run="a; b, c" x=1,2'), "kernel.elf|t=1|run=a; b, c|x=1,2");
  assert.equal(tokens('t=1 "run=a; b" x'), "t=1|run=a; b|x");
  assert.equal(tokens('run="a\\; b"'), "run=a\\; b");
  assert.equal(tokens('"run=a\\\\; b"'), "run=a\\; b");
  assert.equal(tokens('"run=echo \\\'a b\\\' \\"c\\""'), "run=echo 'a b' \"c\"");
  assert.equal(tokens('run="echo \'a b\' \\"c\\""'), "run=echo 'a b' \"c\"");
  assert.equal(tokens("run='a; b' c"), "run=a; b|c");
  assert.equal(tokens('  a\t\tb  "" '), "a|b|");
  assert.equal(tokens('a "b c'), "a|b c?");
  assert.equal(tokens("a\\x41b"), "a\\x41b");
  assert.equal(tokens(""), "");
});

test("skips the kernel's path, which QEMU and old versions of GRUB pass", () => {
  assert.deepEqual(boot("build/kernel.elf panic=5", true).problems, []);
  assert.equal(wasm.panicSeconds(), 5);
  assert.deepEqual(boot("build/kernel.elf", true).problems, []);
  assert.deepEqual(boot("panic=7").problems, []);
  assert.equal(wasm.panicSeconds(), 7);
  assert.deepEqual(boot("/boot/kernel.elf panic=7").problems, []);
  assert.deepEqual(boot("").problems, []);
});

test("reads run=, console= and panic=, and reports invalid ones", () => {
  boot('k run="echo one; poweroff $?" console=ttyS0,9600n8 panic=3', true);
  assert.equal(text(wasm.run()), "echo one; poweroff $?");
  assert.equal(wasm.baud(), 9600);
  assert.equal(wasm.panicSeconds(), 3);
  assert.deepEqual(boot("console=ttyS0 console=ttyS0,115200").problems, []);
  assert.equal(wasm.baud(), 115200);
  for (const word of [
    ...[
      "console=ttyS1",
      "console=tty0,9600",
      "console=ttyS0,",
      "console=ttyS0,7",
      "console=ttyS0,115201",
      "console",
    ],
    ...[
      "panic=",
      "panic=-1",
      "panic=x",
      "panic=99999999999999999999",
      "quiet",
      "=",
      "ip",
      "IP=dhcp",
    ],
  ]) {
    const { problems } = boot(word);
    assert.equal(problems.length, 1, word);
    assert.match(problems[0].replace(`cmdline: ${word}: `, ""), /^[^:]+, expected [^:]+$/);
  }
  assert.deepEqual(boot('run="echo one" run="echo two"').problems, [
    "cmdline: run=echo one: overridden by a later run=, expected only one",
  ]);
  assert.equal(text(wasm.run()), "echo two");
  assert.deepEqual(boot("console=tty9 panic=2").problems.length, 1);
  assert.equal(wasm.panicSeconds(), 2, "the valid words apply");
  assert.deepEqual(boot('panic=1 "run=a').problems, [
    "cmdline: run=a: unterminated quote, expected a closing quote",
  ]);
});

test("uses DHCP by default", () => {
  assert.equal(boot("").net0, "dhcp=true");
});

test("reads ip= in Linux's forms", () => {
  for (const word of ["dhcp", "on", "any", "both", "::::::dhcp", ":::::net0:dhcp", ":::::net0"]) {
    assert.deepEqual(boot(`ip=${word}`), { problems: [], net0: "dhcp=true" }, word);
  }
  for (const word of ["off", "none", "::::::off"]) {
    assert.deepEqual(boot(`ip=${word}`), { problems: [], net0: "dhcp=false" }, word);
  }
  const statics: Record<string, string> = {
    "10.0.2.15::10.0.2.2:255.255.255.0:host:net0:off:10.0.2.3":
      "dhcp=false 10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.3#53",
    "10.0.2.15::10.0.2.2:255.255.255.0::net0:none:10.0.2.2#5353:10.0.2.3":
      "dhcp=false 10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.2#5353 dns=10.0.2.3#53",
    "192.168.7.9": "dhcp=false 192.168.7.9/24",
    "10.1.2.3::10.9.9.9": "dhcp=false 10.1.2.3/8 gateway=10.9.9.9",
    "172.16.0.5:172.16.0.1": "dhcp=false 172.16.0.5/16",
    "10.0.2.15::10.0.2.2:255.255.255.0:::dhcp": "dhcp=true 10.0.2.15/24 gateway=10.0.2.2",
    "10.0.2.15:::255.255.255.254": "dhcp=false 10.0.2.15/31",
    "10.0.2.15:::255.255.255.255": "dhcp=false 10.0.2.15/32",
    "10.0.2.15::10.0.2.2:255.255.255.255": "dhcp=false 10.0.2.15/32 gateway=10.0.2.2",
    "10.0.2.15::172.31.1.1:255.255.255.0": "dhcp=false 10.0.2.15/24 gateway=172.31.1.1",
    "10.0.2.15::10.0.2.2:255.255.255.0:::off:10.0.2.3::10.0.2.4":
      "dhcp=false 10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.3#53 ntp=10.0.2.4",
  };
  for (const [word, net0] of Object.entries(statics)) {
    assert.deepEqual(boot(`ip=${word}`), { problems: [], net0 }, word);
  }
  boot("ip=::::myhost::dhcp");
  assert.equal(text(wasm.hostname()), "myhost 2");
});

test("reports an invalid ip=, and ignores it", () => {
  for (const word of [
    ...["", "dchp", "10.0.2", "10.0.2.256", "0.0.0.0", "127.0.0.1", "224.0.0.1", "10.0.2.15/24"],
    ...["10.0.2.15::10.0.2.2:255.0.255.0", "10.0.2.15::10.0.2.2:24", "10.0.2.15:::0.0.0.0"],
    ...["10.0.2.15::10.0.2.255:255.255.255.0", "10.0.2.15::10.0.2.0:255.255.255.0"],
    ...["10.0.2.15::10.0.2.15:255.255.255.0", "10.0.2.15::10.0.2.15:255.255.255.255"],
    ...["10.0.2.0:::255.255.255.0", "10.0.2.255:::255.255.255.0", "10.0.2.15:x"],
    ...["10.0.2.15::::bad_host", "10.0.2.15::::1.2", "10.0.2.15:::::eth/0", "10.0.2.15::::::maybe"],
    ...["10.0.2.15:::::::8.8.8", "10.0.2.15:::::::8.8.8.8#0", "10.0.2.15:::::::8.8.8.8#65536"],
    ...["::10.0.2.2::::dhcp", ":::255.255.255.0", "::::::::::", "[fe80::1]", "::::::static"],
    ...["10.0.2.15:::::::::time.example"],
  ]) {
    const { problems, net0 } = boot(`ip=${word}`);
    assert.equal(problems.length, 1, word);
    assert.match(problems[0].replace(`cmdline: ip=${word}: `, ""), /^[^:]+, expected \S/);
    assert.equal(net0, "dhcp=true", word);
  }
  const { problems, net0 } = boot("ip=10.0.2.15:::255.255.255.0 ip=nonsense");
  assert.equal(problems.length, 1);
  assert.equal(net0, "dhcp=false 10.0.2.15/24", "the valid one applies");
});

test("ip= applies to the device that it names, or to net0", () => {
  boot("ip=dhcp ip=10.0.3.1:::255.255.255.0::net1");
  assert.equal(settings(0), "dhcp=true");
  assert.equal(settings(1), "dhcp=false 10.0.3.1/24");
  boot("ip=10.0.3.1:::255.255.255.0");
  assert.equal(settings(1), "dhcp=true");
});

test("reads anonymos.conf in the syntax of systemd.network", () => {
  wasm.reset();
  file(
    "\ufeff# a comment",
    "[Match]\r",
    "Name=net0\r",
    "",
    "[Network]",
    "Address=10.0.2.15/24",
    "Address = 10.0.9.1/16 ",
    "Gateway=10.0.2.2",
    "DNS=10.0.2.2#5353 10.0.2.3",
    "DNS=10.0.2.4:54",
    "Domains=example.org",
    "NTP=10.0.2.2 time.example",
    "; another comment",
    "[Route]",
    "Destination=10.1.0.0/16",
    "Gateway=10.0.2.9",
    "Metric=100",
    "[Link]",
    "MTUBytes=1400",
    "[DHCPv4]",
    "Hostname=bare",
    "[Match]",
    "MACAddress=52:54:00:12:34:56 52-54-00-12-34-57",
    "[Network]",
    "DHCP=yes",
  );
  assert.deepEqual(problems(), []);
  assert.equal(
    settings(0),
    "dhcp=false 10.0.2.15/24 10.0.9.1/16 gateway=10.0.2.2 dns=10.0.2.2#5353 " +
      "dns=10.0.2.3#53 dns=10.0.2.4#54 route=10.1.0.0/16>10.0.2.9~100 " +
      "ntp=10.0.2.2,time.example mtu=1400 search=example.org",
  );
  assert.equal(settings(3, 0x525400123457n), "dhcp=true");
  assert.equal(settings(3, 1n), "dhcp=true");
  assert.equal(text(wasm.hostname()), "bare 1");
});

test("reports invalid lines by number, and applies the others", () => {
  wasm.reset();
  file(
    "Address=10.0.2.15/24", // 1
    "[Network]",
    "Adress=10.0.2.15/24", // 3
    "Address=10.0.2.15", // 4
    "Address=10.0.2.300/24", // 5
    "Gateway=nowhere", // 6
    "DNS=10.0.2.3 x", // 7
    "DNS=10.0.2.3#0", // 8
    "DHCP=maybe", // 9
    "nonsense", // 10
    "=x", // 11
    "Hostname=a_b", // 12
    "[Rout]", // 13
    "Gateway=10.0.2.2",
    "[X-Mine]",
    "Any=thing",
    "[Route]", // 17: no gateway
    "Destination=10.1.0.0/33", // 18
    "[Link]",
    "MTUBytes=67", // 20
    "MTU=1500", // 21
    "[Match", // 22
    "[Match]",
    "Name=", // 24
    "MACAddress=52:54:00:12:34", // 25
    "[Network]",
    "Address=10.0.2.16/24",
    "Gateway=10.0.2.255", // 28
    "DNS=10.0.2.3",
    "Domains=..", // 30
    "NTP=1.2.3", // 31
  );
  const lines = problems().map(
    (line) => /^anonymos\.conf:(\d+): .+: [^:]+, expected ./.exec(line)?.[1],
  );
  assert.deepEqual(
    lines.map(Number),
    [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 17, 20, 21, 22, 24, 25, 30, 31, 28],
  );
  // Before line 23, the only valid setting is a DNS server; the [Match] there fits no device.
  assert.equal(settings(0), "dhcp=true dns=10.0.2.3#53");
});

test("ignores all lines of a section whose name starts with X-", () => {
  wasm.reset();
  file("[X-Mine]", "Any=thing", "no assignment", "=x", "[Network]", "DHCP=yes");
  assert.deepEqual(problems(), []);
});

test("reports what is wrong and what is expected, and ignores the setting", () => {
  const network =
    "invalid prefix for given prefix length, expected NETWORK/PREFIX like 10.1.0.0/16";
  const neighbor = "invalid gateway, expected the address of another host";
  for (const [lines, expected] of [
    [
      ["[Route]", "Destination=10.7.0.0/8", "Gateway=10.0.2.2"],
      `Destination=10.7.0.0/8: ${network}`,
    ],
    [
      ["[Route]", "Gateway=10.0.2.2", "Metric=99999999999"],
      "Metric=99999999999: invalid metric, expected 0 to 4294967295",
    ],
    [["[Link]", "MTUBytes=1501"], "MTUBytes=1501: invalid MTU, expected 68 to 1500 bytes"],
    [
      ["[Network]", "Gateway=10.0.2.255", "Address=10.0.2.15/24"],
      `Gateway=10.0.2.255: ${neighbor}`,
    ],
    [["[Network]", "Gateway=10.0.2.0", "Address=10.0.2.15/24"], `Gateway=10.0.2.0: ${neighbor}`],
    [["[Network]", "Gateway=10.0.2.15", "Address=10.0.2.15/24"], `Gateway=10.0.2.15: ${neighbor}`],
  ] as [string[], string][]) {
    wasm.reset();
    file(...lines);
    assert.deepEqual(
      problems().map((line) => line.replace(/^anonymos\.conf:\d: /, "")),
      [expected],
    );
    assert.doesNotMatch(settings(), /route=\S+\/8|route=0\.0\.0\.0\/0>\S+~[^0]|gateway|mtu/);
  }
});

test("reports the line of a [Match] that fits no device", () => {
  wasm.reset();
  file(
    ...["[Match]", "Name=net0", "[Link]", "MTUBytes=1400"],
    ...["[Match]", "Name=eth0", "[Network]", "DHCP=no"],
    ...["[Match]", "MACAddress=52:54:00:12:34:57", "[Link]", "MTUBytes=1300"],
    ...["[Match]", "Name=net*", "[Link]", "MTUBytes=1200"],
  );
  settings(0, 0x525400123456n);
  wasm.setDevices(1);
  wasm.reportMissing();
  assert.deepEqual(
    problems(),
    ["5: [Match]: no device matches eth0", "9: [Match]: no device matches 52:54:00:12:34:57"].map(
      (text) => `anonymos.conf:${text}`,
    ),
  );
  wasm.reset();
  file("[Network]", "DHCP=no");
  wasm.setDevices(1);
  wasm.reportMissing();
  assert.deepEqual(problems(), []);
});

test("a [Match] with an invalid or unsupported line fits no device", () => {
  for (const line of ["Driver=virtio_net", "MACAddress=52:54", "Nmae=net0", "Name=", "Name"]) {
    for (const others of [[], ["Name=net0"]]) {
      wasm.reset();
      file("[Match]", ...others, line, "[Link]", "MTUBytes=1400");
      assert.equal(settings(), "dhcp=true", line);
      wasm.setDevices(1);
      wasm.reportMissing();
      const why = "its settings apply to no device, expected only valid Name= and MACAddress=";
      assert.equal(problems().length, 2);
      assert.equal(problems()[1], `anonymos.conf:1: [Match]: ${why}`);
    }
  }
});

test("an address beside DHCP=yes is a fallback; DNS= alone does not disable DHCP", () => {
  wasm.reset();
  file("[Network]", "DHCP=yes", "Address=10.0.2.15/24", "Gateway=10.0.2.2");
  assert.equal(settings(), "dhcp=true 10.0.2.15/24 gateway=10.0.2.2");
  assert.equal(settings(1), "dhcp=true", "without [Match], an address is for net0");
  wasm.reset();
  file("[Network]", "DNS=10.0.2.2#5353");
  assert.equal(settings(), "dhcp=true dns=10.0.2.2#5353");
  assert.equal(settings(1), "dhcp=true dns=10.0.2.2#5353");
  wasm.reset();
  file("[Network]", "DNS=10.0.2.9", "DNS=", "DHCP=no");
  assert.equal(settings(), "dhcp=false");
});

test("the command line overrides the file, whichever is read first", () => {
  for (const order of [0, 1]) {
    wasm.reset();
    const read = [
      () => commandLine("ip=10.0.2.20::10.0.2.2:255.255.255.0:fromcmd::off"),
      () =>
        file(
          ...["[Network]", "DHCP=yes", "DNS=10.0.2.3", "Hostname=fromfile"],
          ...["[Link]", "MTUBytes=1400"],
        ),
    ];
    read[order]();
    read[1 - order]();
    assert.deepEqual(problems(), []);
    assert.equal(settings(), "dhcp=false 10.0.2.20/24 gateway=10.0.2.2 dns=10.0.2.3#53 mtu=1400");
    assert.equal(text(wasm.hostname()), "fromcmd 2");
  }
});

test("arbitrary bytes cause a bounded number of reports, and nothing else", () => {
  const seed = 20261122;
  const random = new Random(seed);
  for (let round = 0; round < 50; round++) {
    const bytes = random.bytes(random.between(0, 3999));
    wasm.reset();
    const [pointer, length] = writeBytes(wasm, bytes);
    wasm.file(pointer, length, length);
    assert.ok(problems().length <= 33, `seed ${seed} round ${round}`);
    wasm.commandLine(pointer, length, false);
    settings();
  }
  wasm.reset();
  const [pointer, length] = writeText(wasm, "[Network]\n");
  wasm.file(pointer, length, 70000);
  assert.match(problems()[0], /^anonymos\.conf: file too large, expected at most/);
});

test("reports ip= for a device that does not exist", () => {
  boot("ip=10.0.2.9:::255.255.255.0::net1:off ip=:::::net0:dhcp ip=dhcp");
  wasm.setDevices(2);
  wasm.reportMissing();
  assert.deepEqual(problems(), []);
  wasm.setDevices(1);
  wasm.reportMissing();
  const word = "ip=10.0.2.9:::255.255.255.0::net1:off";
  assert.deepEqual(problems(), [`cmdline: ${word}: no such device net1, expected net0`]);
});

test("reads names and addresses from the hosts module, and reports invalid lines", () => {
  wasm.reset();
  const text =
    "# own names\n10.0.2.2 gateway gw.example # both\n\n1.2.3 x\n10.0.2.4\n10.0.2.5 a_b\n";
  const hosts = readString(wasm.memory, wasm.hosts(...writeText(wasm, text)));
  assert.equal(hosts, "gateway 10.0.2.2\ngw.example 10.0.2.2\n");
  assert.deepEqual(readString(wasm.memory, wasm.problems()).split("\n"), [
    "hosts:4: 1.2.3: invalid address, expected an IPv4 address and its names",
    "hosts:5: 10.0.2.4: missing name, expected a name after the address",
    "hosts:6: a_b: invalid host name, expected letters, digits, dashes and dots",
  ]);
  wasm.reset();
  const many = Array.from({ length: 70 }, (_, i) => `10.0.0.${i} n${i}`).join("\n");
  wasm.hosts(...writeText(wasm, many));
  assert.match(
    readString(wasm.memory, wasm.problems()),
    /^hosts:65: n64: too many names, expected at most 64/,
  );
});
