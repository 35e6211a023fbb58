/** Keys of systemd.network, and Linux's device names (kernel/config). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/config.ts");
const text = (pointer: number) => readString(wasm.memory, pointer);
const problems = () => text(wasm.problems()).split("\n").filter(Boolean);
const settings = (index = 0) => text(wasm.settings(index, 0n));
const commandLine = (line: string) => wasm.commandLine(...writeText(wasm, line), false);
const file = (...lines: string[]) => {
  const [pointer, length] = writeText(wasm, lines.join("\n"));
  wasm.file(pointer, length, length);
};

test("a Linux device name in ip= means the only network card", () => {
  for (const name of ["eth0", "enp0s3", "ens18", "lan-a"]) {
    wasm.reset();
    commandLine(`ip=10.0.3.1:::255.255.255.0::${name}`);
    wasm.setDevices(1);
    assert.equal(settings(0), "dhcp=false 10.0.3.1/24", name);
    wasm.reportMissing();
    assert.deepEqual(problems(), []);
  }
  wasm.setDevices(2);
  assert.equal(settings(0), "dhcp=true", "ambiguous: there are two cards");
  wasm.reportMissing();
  assert.deepEqual(problems(), [
    "cmdline: ip=10.0.3.1:::255.255.255.0::lan-a: no such device lan-a, expected net0 to net1",
  ]);
});

test("neither a VLAN nor one of several Linux names means the only network card", () => {
  const ask = (name: string) => `ip=10.0.3.1:::255.255.255.0::${name}`;
  const absent = (name: string) => `cmdline: ${ask(name)}: no such device ${name}, expected net0`;
  for (const names of [["eth0.100"], ["eth0", "enp3s0"]]) {
    wasm.reset();
    commandLine(names.map(ask).join(" "));
    wasm.setDevices(1);
    assert.equal(settings(0), "dhcp=true", names.join());
    wasm.reportMissing();
    assert.deepEqual(problems(), names.map(absent));
  }
  wasm.reset();
  commandLine([ask("eth0"), "ip=10.0.9.1:::255.255.255.0::eth0.100"].join(" "));
  wasm.setDevices(1);
  assert.equal(settings(0), "dhcp=false 10.0.3.1/24", "the VLAN is another device");
});

test("reads the keys of systemd.network for leases, gateways and peers", () => {
  const all: [string[], string][] = [
    [["[DHCPv4]", "UseDNS=no", "RouteMetric=50"], "dhcp=true -dns metric=50"],
    [["[DHCPv4]", "UseDNS=no", "UseDomains=yes"], "dhcp=true -dns +domains"],
    [["[DHCPv4]", "UseDomains=no"], "dhcp=true -domains"],
    [["[DHCPv4]", "UseDomains=route"], "dhcp=true -domains"],
    [["[DHCPv4]", "UseRoutes=no"], "dhcp=true -routes -gateway"],
    [["[DHCPv4]", "UseRoutes=no", "UseGateway=yes"], "dhcp=true -routes"],
    [["[DHCPv4]", "UseGateway=false"], "dhcp=true -gateway"],
    [
      ["[Network]", "Address=10.0.0.1/24", "DHCP=yes", "[Route]", "Gateway=_dhcp4"],
      "dhcp=true 10.0.0.1/24 route=0.0.0.0/0>_dhcp4",
    ],
    [
      ["[DHCPv4]", "SendHostname=0", "UseNTP=off", "UseMTU=no", "UseHostname=no", "UseDNS=yes"],
      "dhcp=true silent -ntp -mtu -hostname",
    ],
    [["[Network]", "Gateway=_dhcp4"], "dhcp=true route=0.0.0.0/0>_dhcp4"],
    [
      ["[Route]", "Destination=10.8.0.0/16", "Gateway=_dhcp4", "Metric=7"],
      "dhcp=true route=10.8.0.0/16>_dhcp4~7",
    ],
    [
      ["[Network]", "Address=10.0.2.15/32", "[Route]", "Gateway=172.31.1.1", "GatewayOnLink=yes"],
      "dhcp=false 10.0.2.15/32 route=0.0.0.0/0>172.31.1.1!",
    ],
    [["[Network]", "DHCP=inform", "Address=10.0.0.1/24"], "dhcp=inform 10.0.0.1/24"],
    [
      ["[Network]", "DHCP=inform", "Address=10.0.0.1/24", "Gateway=_dhcp4"],
      "dhcp=inform 10.0.0.1/24 route=0.0.0.0/0>_dhcp4",
    ],
    [
      ["[Network]", "Address=10.0.2.15/32", "Gateway=172.31.1.1"],
      "dhcp=false 10.0.2.15/32 gateway=172.31.1.1",
    ],
    [
      ["[Address]", "Address=10.0.0.1/24", "Peer=10.0.0.2/32"],
      "dhcp=false 10.0.0.1/32 peer=10.0.0.2/32",
    ],
    [
      ["[Address]", "Peer=10.9.0.1", "Address=10.0.0.1/32", "[Address]", "Address=10.4.0.1/16"],
      "dhcp=false 10.0.0.1/32 peer=10.9.0.1/32 10.4.0.1/16",
    ],
  ];
  for (const [lines, expected] of all) {
    wasm.reset();
    file(...lines);
    assert.deepEqual(problems(), []);
    assert.equal(settings(0), expected);
  }
});

test("reports invalid keys and values, and keeps the valid servers of a line", () => {
  for (const line of ["UseDNS=maybe", "RouteMetric=-1", "RouteMetric=x", "UsePasta=yes"]) {
    wasm.reset();
    file("[DHCPv4]", line);
    assert.match(problems().join(), /^anonymos\.conf:2: [^:]+: [^:]+, expected [^:]+$/, line);
    assert.equal(settings(0), "dhcp=true");
  }
  wasm.reset();
  file("[Network]", "DNS=2001:db8::1 9.9.9.9", "[Address]", "Address=10.0.0.1/24", "Peer=x");
  assert.equal(problems().length, 2);
  assert.equal(settings(0), "dhcp=false 10.0.0.1/24 dns=9.9.9.9#53");
});

test("reports Peer= without Address=, and keeps a peer whatever precedes it", () => {
  wasm.reset();
  file("[Address]", "Peer=10.0.0.2/32", "[Network]", "Address=10.4.0.1/16");
  assert.deepEqual(problems(), [
    "anonymos.conf:1: [Address]: missing address, " +
      "expected Address=ADDRESS/PREFIX like 192.168.1.2/24",
  ]);
  assert.equal(settings(0), "dhcp=false 10.4.0.1/16");
  wasm.reset();
  const address = ["[Address]", "Address=", "Address=10.0.0.1/32", "Peer=10.9.0.1"];
  file("[Network]", "Address=10.4.0.1/16", ...address);
  assert.match(problems().join(), /^anonymos\.conf:4: Address=: invalid address, expected [^,]+$/);
  assert.equal(settings(0), "dhcp=false 10.4.0.1/16 10.0.0.1/32 peer=10.9.0.1/32");
});

test("reports the lines of Gateway=_dhcp4 if DHCP is off", () => {
  const why = "Gateway=_dhcp4: DHCP is off, expected DHCP=yes";
  wasm.reset();
  file("[Network]", "Gateway=_dhcp4", "Address=10.0.0.1/24", "[Route]", "Gateway=_dhcp4");
  assert.deepEqual(problems(), [`anonymos.conf:2: ${why}`, `anonymos.conf:5: ${why}`]);
  wasm.reset();
  file("[Network]", "DHCP=yes", "Gateway=_dhcp4", "[Match]", "Name=net1", "[Network]", "DHCP=no");
  assert.deepEqual(problems(), []);
});

test("accepts routing-only domains with one warning, which do not clear the list", () => {
  const cases: [string[], string, string | null][] = [
    [["Domains=a.test", "Domains=~x"], " search=a.test", "~x"],
    [["Domains=~x.test a.test ~."], " search=a.test", "~x.test"],
    [["Domains=~."], "", "~."],
    [["Domains=a.test", "Domains=", "Domains=b.test"], " search=b.test", null],
  ];
  for (const [lines, search, warned] of cases) {
    wasm.reset();
    file("[Network]", ...lines);
    assert.equal(settings(0), `dhcp=true${search}`);
    const why = `routing-only domain ${warned} has no effect, expected a domain to search`;
    assert.equal(problems().length, warned === null ? 0 : 1);
    if (warned !== null) assert.ok(problems()[0].endsWith(`: ${why}`), problems()[0]);
  }
});

test("rejects a name server with an empty part", () => {
  for (const server of ["9.9.9.9#", "#dns.test", "9.9.9.9##dns.test", "9.9.9.9#53#", "#", "##"]) {
    wasm.reset();
    file("[Network]", `DNS=${server}`);
    assert.deepEqual(problems(), [
      `anonymos.conf:2: DNS=${server}: invalid name server ${server}, ` +
        "expected ADDRESS, ADDRESS#PORT or ADDRESS#NAME",
    ]);
    assert.equal(settings(0), "dhcp=true");
  }
  for (const server of ["9.9.9.9:53#", "9.9.9.9:#dns.test"]) {
    wasm.reset();
    file("[Network]", `DNS=${server}`);
    assert.equal(problems().length, 1);
    assert.equal(settings(0), "dhcp=true");
  }
});

test("a server with a name after # is for TLS, on port 853; a number after # is a port", () => {
  wasm.reset();
  file("[Network]", "DNS=9.9.9.9#dns.quad9.net 1.1.1.1:853#one.one.one.one 8.8.8.8#54");
  const servers = "dns=9.9.9.9#853(dns.quad9.net) dns=1.1.1.1#853(one.one.one.one) dns=8.8.8.8#54";
  assert.equal(settings(0), `dhcp=true ${servers}`);
  assert.deepEqual(problems(), []);
});

test("DHCP=inform needs an address, and ip= overrides it", () => {
  wasm.reset();
  file("[Network]", "DHCP=inform", "NTP=10.0.0.9");
  const why = "DHCP=inform: missing address, expected Address= as well";
  assert.deepEqual(problems(), [`anonymos.conf:2: ${why}`]);
  wasm.reset();
  file("[Network]", "DHCP=inform", "Address=10.0.0.1/24");
  commandLine("ip=10.0.3.1:::255.255.255.0");
  assert.equal(settings(0), "dhcp=false 10.0.3.1/24");
  commandLine("ip=dhcp");
  assert.equal(settings(0), "dhcp=true");
});

test("reports keys and sections of systemd that have no effect in one line each", () => {
  wasm.reset();
  file(
    "[Match]",
    "Type=ether",
    "[Network]",
    "IPv6AcceptRA=no",
    "LinkLocalAddressing=no",
    "DHCP=ipv4",
    "[DHCPv4]",
    "ClientIdentifier=mac",
    "UseDNS=no",
    "[DHCPv6]",
    "UseDNS=no",
    "RapidCommit=no",
  );
  assert.deepEqual(problems(), [
    "anonymos.conf:4: IPv6AcceptRA=no: not supported, ignored",
    "anonymos.conf:5: LinkLocalAddressing=no: not supported, ignored",
    "anonymos.conf:8: ClientIdentifier=mac: not supported, ignored",
    "anonymos.conf:10: [DHCPv6]: not supported, ignored",
  ]);
  assert.equal(settings(0), "dhcp=true -dns");
});

test("reports misspelt keys and sections as unknown", () => {
  for (const lines of [
    ["[Network]", "IPv6acceptRA=no"],
    ["[Network]", "LLMNR MulticastDNS=no"],
    ["[Route]", "ClientIdentifier=mac"],
    ["[Dhcpv6]"],
    ["[DHCPv6 IPv6AcceptRA]"],
    ["[]"],
  ]) {
    wasm.reset();
    file(...lines);
    assert.match(problems().join(), /unknown (key|section)|invalid section/, lines.join());
  }
});
