/** `sysctl`: the parameters of the network stack, on the console and on the command line. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin } from "../lab/machine/twin.ts";

const CONGESTION = "net.ipv4.tcp_congestion_control";

/** Returns the lines that a command prints, then its exit code. */
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

test("sizes of buffers are rounded; numbers have bounds", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  const [rmem, wmem] = ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
  assert.deepEqual(lines(twin, `sysctl -n ${rmem}`), ["65536\t131072\t4194304", "0"]);
  assert.deepEqual(lines(twin, `sysctl -w ${rmem}="4096  87380 6291456"`), [
    `${rmem} = 65536\t131072\t8388608`,
    "0",
  ]);
  assert.deepEqual(lines(twin, `sysctl ${rmem}='0 1 262144'`), [
    `${rmem} = 65536\t65536\t262144`,
    "0",
  ]);
  assert.deepEqual(lines(twin, `sysctl "${wmem} = 4096 16384 100000"`), [
    `${wmem} = 16384\t16384\t131072`,
    "0",
  ]);
  for (const value of ["1", "1 2", "1 2 3 4", "3 2 1", "1 1 0", "a b c", "-1 2 3", ""]) {
    assert.deepEqual(lines(twin, `sysctl "${wmem}=${value}"`), [
      `sysctl: ${wmem}: invalid value, ` +
        "expected three ascending numbers of bytes: least, initial and most",
      "1",
    ]);
  }
  for (const [name, low, high] of [
    ["net.core.somaxconn", 1, 256],
    ["net.ipv4.tcp_fastopen", 0, 2147483647],
    ["net.ipv4.tcp_fastopen_blackhole_timeout_sec", 0, 2147483647],
    ["net.ipv4.tcp_fin_timeout", 1, 120],
    ["net.ipv4.tcp_keepalive_intvl", 1, 32767],
    ["net.ipv4.tcp_keepalive_probes", 1, 127],
    ["net.ipv4.tcp_keepalive_time", 1, 32767],
    ["net.ipv4.tcp_max_orphans", 0, 65536],
    ["net.ipv4.tcp_notsent_lowat", 1, 4294967295],
    ["net.ipv4.tcp_orphan_retries", 1, 255],
    ["net.ipv4.tcp_pacing_ca_ratio", 0, 1000],
    ["net.ipv4.tcp_pacing_ss_ratio", 0, 1000],
    ["net.ipv4.tcp_pingpong_thresh", 0, 255],
    ["net.ipv4.tcp_retries2", 1, 255],
    ["net.ipv4.tcp_syn_retries", 1, 127],
    ["net.ipv4.tcp_synack_retries", 0, 127],
  ] as const) {
    for (const value of [low, high]) {
      assert.deepEqual(lines(twin, `sysctl ${name}=${value}`), [`${name} = ${value}`, "0"]);
    }
    for (const value of [low - 1, high + 1, "x", ""]) {
      assert.deepEqual(lines(twin, `sysctl ${name}=${value}`), [
        `sysctl: ${name}: invalid value, expected ${low} to ${high}`,
        "1",
      ]);
    }
  }
});

test("tcp_fastopen takes hexadecimal numbers, and its key four words of eight digits", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  const [bits, key] = ["net.ipv4.tcp_fastopen", "net.ipv4.tcp_fastopen_key"];
  assert.deepEqual(lines(twin, `sysctl ${bits}`), [`${bits} = 1`, "0"]);
  assert.deepEqual(lines(twin, `sysctl ${bits}=0x70403`), [`${bits} = 459779`, "0"]);
  const unset = "00000000-00000000-00000000-00000000";
  assert.deepEqual(lines(twin, `sysctl -n ${key}`), [unset, "0"]);
  const value = "a1a1a1a1-b2b2b2b2-0cc3c3c3-d4d4d4d4";
  assert.deepEqual(lines(twin, `sysctl ${key}=${value}`), [`${key} = ${value}`, "0"]);
  for (const wrong of [
    "",
    "1",
    "a1a1a1a1-b2b2b2b2-c3c3c3c3",
    `${value}-00000000`,
    value.replace("0", "x"),
  ]) {
    assert.deepEqual(lines(twin, `sysctl "${key}=${wrong}"`), [
      `sysctl: ${key}: invalid value, ` +
        "expected 32 hexadecimal digits in groups of eight: x-x-x-x",
      "1",
    ]);
  }
  assert.deepEqual(lines(twin, `sysctl -n ${key}`), [value, "0"]);
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
  const problems = twin.output.match(/(?<=^\[.*\] )cmdline: .*$/gm);
  assert.deepEqual(
    problems?.map((line) => line.trim()),
    [
      "cmdline: sysctl.net.ipv4.tcp_sack=no: invalid value, expected 0 or 1",
      "cmdline: sysctl.a.b=1: no such parameter, expected one that sysctl -a lists",
    ],
  );
});
