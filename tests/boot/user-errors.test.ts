/** Users' errors, each with one message, and Ctrl-C, which releases connections and memory. */
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import { configured, heapLevel, tcpLines } from "../lab/host/console.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";
import { listening } from "../lab/host/servers.ts";

suite("user errors", () => {
  let machine: Machine;
  const silent = createServer((socket: Socket) => socket.resume().on("error", () => {}));
  let port = 0;
  before(async () => {
    port = await listening(silent);
    machine = await Machine.boot({ nics: [userNet([7777])] });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    silent.close();
  });

  /** How iproute2's errors begin: those with exit code 1, and those with exit code 2. */
  const ip = [
    'RTNETLINK answers: |Cannot find device |Device "|Error: ',
    'Error: argument "|Command line is not complete: |Command "',
  ];
  const wrong: [string, number][] = [
    ["ip addr add 10.9.0.0/24", 2],
    ["ip addr add 10.9.0.255/24", 2],
    ["ip addr add 10.9.0.1/24 dev", 2],
    ["ip addr add 10.9.0.1/24 net0", 2],
    ["ip addr add 10.9.0.1/24 dev net0 more", 2],
    ["ip addr add 10.9.0.1/24 dev net7", 1],
    ["ip addr del 10.0.2.15/25", 1],
    ["ip addr flush dev net7", 1],
    ["ip addr flush dev net0 more", 2],
    ["ip addr show net7", 1],
    ["ip link set", 2],
    ["ip link set net7 up", 1],
    ["ip link set net0 down mtu 5", 1],
    ["ip link show net0 more", 1],
    ["ip route del default via 10.0.2.9", 1],
    ["ip route del default dev net7", 1],
    ["ip route show more", 1],
    ["ip route flush more", 1],
    ["ip route get 10.0.2.2 more", 2],
    ["ip neigh flush net0 more", 2],
    ["ip neigh del 10.0.2.99", 1],
    ["dhcp renew net7", 1],
    ["check foo://x", 2],
    ["curl -X 'NO METHOD' http://10.0.2.2/", 2],
    ["curl ''", 3],
    ["dmesg more", 2],
    ["nonsense", 127],
  ];

  test("each wrong command prints one error line", async () => {
    for (const [line, expected] of wrong) {
      const { output, code } = await machine.command(line);
      assert.equal(code, expected, `${line}: ${output}`);
      const name = line.split(" ")[0];
      const start = name === "ip" ? ip[expected - 1] : `${name}: `;
      assert.match(output, new RegExp(`^(${start})[^\\n]*\\S$`), line);
    }
    assert.match(await machine.ok("ip addr"), /LOWER_UP.*mtu 1500[\s\S]* 10\.0\.2\.15\/24/);
    assert.match(await machine.ok("ip route"), /^default via 10\.0\.2\.2/);
  });

  test("ip route del deletes a route of DHCP by its destination", async () => {
    await machine.ok("ip route del default");
    assert.doesNotMatch(await machine.ok("ip route"), /default/);
    await machine.ok("dhcp renew");
    assert.match(await machine.ok("ip route"), /^default via 10\.0\.2\.2/);
  });

  test("dhcp renew restores a deleted address", async () => {
    await machine.ok("ip addr flush net0");
    await machine.ok("dhcp renew");
    assert.match(await machine.ok("ip addr"), /inet 10\.0\.2\.15\/24/);
  });

  test("Ctrl-C ends a running command, and leaves no connection and no memory in use", async () => {
    const url = `http://10.0.2.2:${port}/`;
    const commands: [string, number][] = [
      ["ping 10.0.2.2", 0],
      [`nc 10.0.2.2 ${port}`, 130],
      ["nc -l 7777", 130],
      ["nc -u 10.0.2.2 9", 130],
      [`curl ${url}`, 130],
      [`curl -d @bytes:99999999 ${url}`, 130],
      [`rpc ${url} method`, 130],
      [`check ${url}`, 130],
      ["tcpdump", 0],
    ];
    const run = async () => {
      for (const [line, expected] of commands) {
        machine.type(`${line}\r`);
        await machine.waitFor(`${line}\n`);
        await new Promise((resolve) => setTimeout(resolve, 500));
        machine.type("\x03");
        await machine.prompt();
        machine.type("echo code $?\r");
        const [, code] = await machine.waitFor(/\ncode (\d+)\n/);
        assert.equal(Number(code), expected, line);
        await machine.prompt();
      }
      assert.deepEqual(
        (await tcpLines(machine)).filter((line) => !/TIME-WAIT/.test(line)),
        [],
      );
    };
    await run();
    const before = await heapLevel(machine);
    await run();
    const more = (await heapLevel(machine)) - before;
    assert.ok(more < 8192, `${more} bytes more are in use`);
  });

  test("Ctrl-D ends nc -l before a client has connected", async () => {
    machine.type("nc -l 7777\r");
    await machine.waitFor("nc -l 7777\n");
    machine.type("\x04");
    await machine.prompt();
  });
});

test("with two cards, release requires a name, and check shows the card on the way", async (t) => {
  const nics = [userNet(), { backend: "user,net=10.0.3.0/24" }];
  const machine = await Machine.boot({ nics });
  t.after(() => machine.stop());
  await configured(machine);
  const { output, code } = await machine.command("dhcp release");
  assert.equal(code, 2, output);
  assert.match(output, /^dhcp: release: there are several devices, name one \(usage: /);
  await machine.ok("ping -c 1 10.0.3.2");
  assert.match(await machine.ok("dhcp"), /^net0: bound[\s\S]*^net1: bound/m);
  const first = /^ok {3}nic {2}net0 /m;
  assert.match((await machine.command("check http://10.0.2.2:7/")).output, first);
  const second = /^ok {3}nic {2}net1 /m;
  assert.match((await machine.command("check http://10.0.3.2:7/")).output, second);
  await machine.ok("dhcp release net0");
  assert.match(await machine.ok("ip route"), /^default via 10\.0\.3\.2 dev net1/);
});
