/** `check` names the cause of each fault in its first FAIL line, within ten seconds. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab, type State } from "../attack/world.ts";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import type { TwinOptions } from "../lab/machine/twin.ts";

const SECOND = 1_000_000_000;

/** Answers eth_chainId with this result on a port. */
function serveChain(lab: Lab, result: string, port = 81): void {
  lab.gateway.tcp.listeners.set(port, (connection) => {
    connection.onData = (data) => {
      const id = /"id":(\d+)/.exec(data.toString())?.[1];
      const body = `{"jsonrpc":"2.0","id":${id},"result":"${result}"}`;
      connection.write(
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
    };
    connection.onFinish = () => connection.close();
  });
}

/** What runs a command on a console, and its clock. */
interface Machine {
  world: { now: number };
  command(line: string): string;
}

/** Runs `check` and returns its lines; the last is the exit code. */
function checked(lab: Machine, words: string): string[] {
  const started = lab.world.now;
  const output = lab.command(`check ${words}; echo $?`).split("\r\n");
  const lines = output.filter((line) => /^(ok|FAIL|skip) |^\d+$/.test(line));
  assert.ok(lab.world.now - started < 10.1 * SECOND, `${(lab.world.now - started) / SECOND} s`);
  assert.deepEqual(
    lines.slice(0, -1).map((line) => line.split(/ +/)[1]),
    ["nic", "arp", "ping", "dns", "tcp", "tls", "http", "rpc"],
  );
  return lines;
}

test("exits with 0 if no step fails, and names a wrong chain id", async () => {
  const lab = await Lab.at("S1");
  serveChain(lab, "0x144");
  const good = checked(lab, "-c 324 http://10.0.2.2:81/");
  assert.equal(good.at(-1), "0", good.join("\n"));
  serveChain(lab, "0x1", 82);
  const wrong = checked(lab, "-c 324 http://10.0.2.2:82/");
  assert.equal(wrong[7], "FAIL rpc  eth_chainId = 0x1 (1), expected chain 324");
  assert.equal(wrong.at(-1), "1");
  assert.equal(checked(lab, "http://10.0.2.2:82/").at(-1), "0", "any chain without -c");
});

/** Asserts that every step after the first failure is skipped. Returns that failure. */
function firstFault(lines: string[]): string {
  const first = lines.findIndex((line) => line.startsWith("FAIL"));
  for (const line of lines.slice(first + 1, -1)) assert.match(line, /^skip .*not tried: /);
  assert.equal(lines.at(-1), "1");
  return lines[first] ?? lines.join("\n");
}

interface Fault {
  state?: State;
  options?: TwinOptions;
  /** Makes the fault. */
  make(lab: Lab): unknown;
  url?: string;
  /** The first FAIL line. Every step after it must be reported as "skip". */
  says: RegExp;
}

const faults: Record<string, Fault> = {
  "no network card": {
    state: "S0",
    // A card without an address of its own is not used.
    options: { mac: [0, 0, 0, 0, 0, 0] },
    make: () => {},
    says: /^FAIL nic {2}no network device found$/,
  },
  "no carrier": {
    make: (lab) => lab.twin.setLink(false, lab.world.now),
    says: /^FAIL nic {2}net0 has no link$/,
  },
  "no lease": {
    state: "S0",
    make: () => {},
    says: /^FAIL nic {2}.*DHCP server/,
  },
  "a gateway that does not answer": {
    make: (lab) => {
      lab.command("ip route del default");
      lab.command("ip route add default via 10.0.2.77");
    },
    url: "http://web.test/",
    says: /^FAIL arp {2}no ARP reply from the gateway 10\.0\.2\.77$/,
  },
  "a name server that does not answer": {
    make: (lab) => lab.command("ip addr add 10.0.2.99/24; resolvectl dns net0 10.0.2.77"),
    url: "http://web.test/",
    says: /^FAIL dns {2}(no reply from name server 10\.0\.2\.77|web\.test: .*name server)/,
  },
  "no name server": {
    make: (lab) => lab.command('resolvectl dns net0 ""'),
    url: "http://web.test/",
    says: /^FAIL dns {2}web\.test: no name servers configured/,
  },
  "a name that does not exist": {
    make: () => {},
    url: "http://none.test/",
    says: /^FAIL dns {2}none\.test: name does not exist \(NXDOMAIN\)$/,
  },
  "no route": {
    make: (lab) => lab.command("ip route del default"),
    url: "http://192.0.2.1/",
    says: /^FAIL tcp {2}192\.0\.2\.1: Network is unreachable: no route to it$/,
  },
  "a closed port": {
    make: () => {},
    url: "http://10.0.2.2:7/",
    says: /^FAIL tcp {2}10\.0\.2\.2:7: Connection refused$/,
  },
  "a filtered port": {
    make: (lab) => {
      const { tcp } = lab.gateway;
      const receive = tcp.receive.bind(tcp);
      tcp.receive = (source, segment) => {
        if (segment.readUInt16BE(2) !== 82) receive(source, segment);
      };
    },
    url: "http://10.0.2.2:82/",
    says: /^FAIL tcp {2}10\.0\.2\.2:82: no reply, the port is filtered or the host is down$/,
  },
  "a server without TLS": {
    make: (lab) => serveChain(lab, "0x144"),
    url: "https://10.0.2.2:81/",
    says: /^FAIL tls /,
  },
  "a server that accepts and never responds": {
    make: (lab) => lab.gateway.tcp.listeners.set(81, () => {}),
    url: "http://10.0.2.2:81/",
    says: /^FAIL http the server accepts the request, and does not respond$/,
  },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`names the cause: ${name}`, async () => {
    const lab = await Lab.at(fault.state ?? "S1", fault.options);
    fault.make(lab);
    assert.match(firstFault(checked(lab, fault.url ?? "http://10.0.2.2:81/")), fault.says);
  });
}

test("names the cause: a wrong certificate", async () => {
  const untrusted = await SecurePair.boot({ trust: [] });
  const good = await SecurePair.boot();
  for (const [pair, host, why] of [
    [good, "other.test", "it is not valid for this name"],
    [untrusted, "b.test", "its issuer is not trusted"],
  ] as const) {
    const machine = { world: pair.world, command: (line: string) => pair.ask(line) };
    const words = `^FAIL tls {2}${host}: .*certificate verification failed: .*${why}`;
    assert.match(firstFault(checked(machine, `https://${host}/`)), new RegExp(words));
  }
});
