/** `sysctl`: the parameters of the network stack, on the console and on the command line. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin } from "../lab/machine/twin.ts";

const CONGESTION = "net.ipv4.tcp_congestion_control";

/** Returns the lines that a command prints, and its exit code at last. */
function lines(twin: Twin, command: string): string[] {
  return twin.command(`${command}; echo $?`).split("\r\n").slice(1, -1);
}

test("prints and changes parameters as sysctl(8) does", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  assert.deepEqual(lines(twin, `sysctl ${CONGESTION}`), [`${CONGESTION} = cubic`, "0"]);
  assert.deepEqual(lines(twin, `sysctl -w ${CONGESTION}=reno`), [`${CONGESTION} = reno`, "0"]);
  assert.deepEqual(lines(twin, `sysctl -n ${CONGESTION}`), ["reno", "0"]);
  assert.deepEqual(lines(twin, "sysctl -q net.ipv4.tcp_sack=0"), ["0"]);
  const all = lines(twin, "sysctl -a");
  assert.ok(all.includes("net.ipv4.tcp_sack = 0"));
  assert.deepEqual(all, [...all.slice(0, -1).sort(), "0"]);
  const names = lines(twin, "sysctl -a -N").slice(0, -1);
  assert.deepEqual(
    names,
    all.slice(0, -1).map((line) => line.split(" ")[0]),
  );
});

test("names what was expected of a wrong name or value", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  const unknown = "no such parameter, expected one that sysctl -a lists";
  assert.deepEqual(lines(twin, "sysctl net.ipv4.nothing"), [
    `sysctl: net.ipv4.nothing: ${unknown}`,
    "1",
  ]);
  assert.deepEqual(lines(twin, "sysctl kernel.x=1"), [`sysctl: kernel.x: ${unknown}`, "1"]);
  assert.deepEqual(lines(twin, "sysctl -e kernel.x=1 kernel.y"), ["0"]);
  assert.deepEqual(lines(twin, "sysctl net.ipv4.tcp_sack=2"), [
    "sysctl: net.ipv4.tcp_sack: invalid value, expected 0 or 1",
    "1",
  ]);
  assert.deepEqual(lines(twin, "sysctl net.ipv4.tcp_ecn=3"), [
    "sysctl: net.ipv4.tcp_ecn: invalid value, expected 0, 1 or 2",
    "1",
  ]);
  assert.deepEqual(lines(twin, `sysctl ${CONGESTION}=bbr`), [
    `sysctl: ${CONGESTION}: invalid value, expected cubic or reno`,
    "1",
  ]);
  const available = "net.ipv4.tcp_available_congestion_control";
  assert.match(lines(twin, `sysctl ${available}=x`)[0], /permission denied/);
  assert.match(lines(twin, "sysctl")[0], /^sysctl: .*usage: sysctl/);
});

test("sysctl.NAME=VALUE on the command line changes a parameter at boot", async () => {
  const words = [`sysctl.${CONGESTION}=reno`, "sysctl.net.ipv4.tcp_sack=no", "sysctl.a.b=1"];
  const twin = await Twin.boot({ commandLine: words.join(" ") });
  twin.pass(1);
  assert.deepEqual(lines(twin, `sysctl -n ${CONGESTION}`), ["reno", "0"]);
  const problems = twin.output.match(/^cmdline: .*$/gm);
  assert.deepEqual(
    problems?.map((line) => line.trim()),
    [
      "cmdline: sysctl.net.ipv4.tcp_sack=no: invalid value, expected 0 or 1",
      "cmdline: sysctl.a.b=1: no such parameter, expected one that sysctl -a lists",
    ],
  );
});
