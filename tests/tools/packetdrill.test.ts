/** The runner of packetdrill scripts: what it reads, and how it reports a kernel that differs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import test from "node:test";
import { checkCode } from "../../tools/packetdrill/assertion.ts";
import { packetText } from "../../tools/packetdrill/packet-pattern.ts";
import { play } from "../../tools/packetdrill/player.ts";
import { ScriptError } from "../../tools/packetdrill/scanner.ts";
import { parseScript } from "../../tools/packetdrill/script.ts";
import { root } from "../lab/host/process.ts";

const OPEN = `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
`;

/** Plays lines on an accepted connection; returns the line and the message of the failure. */
async function failureOf(lines: string, tolerance?: number): Promise<string> {
  const { failure } = await play(parseScript(OPEN + lines), { tolerance });
  return failure === undefined ? "" : `${failure.line}: ${failure.message}`;
}

test("reads times, calls, packets, code and comments", () => {
  const { events, options } = parseScript(`
    --tolerance_usecs=10000
    // A comment
    \`sysctl -q net.ipv4.tcp_timestamps=0\`
    0.5 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
    +0...0.2 connect(3, {sa_family = AF_INET, sin_port = htons(8080)}, ...) = -1 EINPROGRESS (now)
    +.1~+.2 > [ect0] SEW 0:0(0) <mss 1460,nop,wscale 7> /* another */
    * < P. 1:11(10) ack 1 win 5 urg 3 <TS val 1 ecr 2,nop,sack 3:4 5:6>
    1~2 < icmp unreachable frag_needed mtu 1400 [1:1461(1460)]
    +0 %{ assert tcpi_rto == 1 }%`);
  assert.equal(options.get("tolerance_usecs"), "10000");
  assert.deepEqual(events[0].action, {
    kind: "command",
    text: "sysctl -q net.ipv4.tcp_timestamps=0",
  });
  assert.deepEqual(events[1].time, { kind: "absolute", from: 0.5 });
  assert.deepEqual(events[2].time, { kind: "relative", from: 0, end: 0.2 });
  const call = events[2].action;
  assert.ok(call.kind === "call" && call.error === "EINPROGRESS");
  assert.deepEqual(events[3].time, { kind: "relative", from: 0.1, to: 0.2 });
  const packets = events.flatMap(({ action }) => (action.kind === "packet" ? [action.packet] : []));
  assert.equal(packetText(packets[0]), "SEW 0:0(0) <mss 1460,nop,wscale 7>");
  const text = "P. 1:11(10) ack 1 win 5 urg 3 <TS val 1 ecr 2,nop,sack 3:4 5:6>";
  assert.equal(packetText(packets[1]), text);
  assert.equal(packetText(packets[2]), "icmp type 3 code 4");
  assert.equal(events[6].action.kind, "code");
});

test("joins segments sent at once, and cuts those that a card would have joined", async () => {
  const lines = `+0 write(4, ..., 4000) = 4000
+0 > P. 1:3001(3000) ack 1
+0 > P. 3001:4001(1000) ack 1
+0 < P. 1:4001(4000) ack 4001 win 32792
+0 > . 4001:4001(0) ack 4001`;
  assert.equal(await failureOf(lines), "");
  const wrong = await failureOf("+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4501(4500) ack 1");
  assert.match(wrong, /tcp_payload_length: expected: 4500 vs actual: 4000/);
});

test("sets the parameters of a shell script that a command names", async () => {
  const folder = mkdtempSync(`${tmpdir()}/packetdrill-`);
  const rmem = 'sysctl -q net.ipv4.tcp_rmem="4096 540000 $((15*1024*1024))"';
  writeFileSync(`${folder}/defaults.sh`, `#!/bin/sh\n${rmem}\nsysctl -q net.ipv4.unknown=1\n`);
  const syn = "+0 < S 0:0(0) win 32792 <mss 1000,nop,wscale 7>";
  const lines = OPEN.trim().split("\n").slice(0, 3);
  const script = ["`./defaults.sh`", ...lines, syn, "+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 8>"];
  script.push("`sysctl -q net.ipv4.tcp_sack=1`");
  const { failure, notices } = await play(parseScript(script.join("\n")), { folder });
  rmSync(folder, { recursive: true });
  assert.equal(failure, undefined);
  assert.deepEqual(notices, ["sysctl net.ipv4.unknown=1 in ./defaults.sh is left out"]);
});

test("reports what it does not understand, with its line", () => {
  const cases: [string, number, RegExp][] = [
    ["0 < X 0:0(0)", 1, /expected flags/],
    ["\n\n0 < S 0:5(0)", 3, /0:5 is not 0 bytes long/],
    ["0 < S 0:0(0) <exp 1>", 1, /unknown TCP option "exp"/],
    ["0 > icmp nonsense", 1, /unknown ICMP type "nonsense"/],
    ["0 close 3", 1, /expected "\("/],
  ];
  for (const [text, line, message] of cases) {
    assert.throws(
      () => parseScript(text),
      (error) => error instanceof ScriptError && error.line === line && message.test(error.message),
      text,
    );
  }
});

test("fails a script whose packet differs, comes at another time, or does not come", async () => {
  const write = "+0 write(4, ..., 1000) = 1000\n";
  const other = await failureOf(`${write}+0 > P. 1:901(900) ack 1`);
  assert.match(other, /^10: .*tcp_payload_length: expected: 900 vs actual: 1000/);
  assert.match(other, /script packet: P. 1:901\(900\) ack 1\nactual packet: 0\.1\d+ P. 1:1001/);
  assert.match(await failureOf(`${write}+.1 > P. 1:1001(1000) ack 1`), /^10: timing error: .*0\.2/);
  assert.equal(await failureOf(`${write}+.1 > P. 1:1001(1000) ack 1`, 200_000), "");
  assert.match(await failureOf("+0 > P. 1:1001(1000) ack 1"), /^9: no packet came by 0\.104/);
});

test("fails a script whose call returns something else, or at another time", async () => {
  const read = await failureOf("+0 read(4, ..., 1000) = 1000");
  assert.equal(
    read,
    "9: runtime error in read call: Expected result 1000 but got -1 with errno 11 (Resource " +
      "temporarily unavailable)",
  );
  const late = "+0...0.1 read(4, ..., 1000) = 10\n+.2 < P. 1:11(10) ack 1 win 32792";
  assert.match(await failureOf(late), /^9: timing error: .*read at 0\.2\d+ sec but .* 0\.3/);
  assert.match(await failureOf(late.split("\n")[0]), /^9: read did not return by 0\.2/);
  assert.equal(await failureOf(late.replace("0.1", "0.2")), "");
  assert.match(await failureOf("+0 splice(4, 5, 6, 7) = 1"), /unknown system call "splice"/);
  assert.match(await failureOf("+0 read(9, ..., 10) = 10"), /9: Bad file descriptor/);
});

test("fails an assertion on a connection that does not exist", async () => {
  const lines = "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+0 < R 1:1(0) win 0\n";
  const open = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
  const none = "no connection is open that has TCP_INFO";
  const early = await play(parseScript(`${open}+0 %{ assert tcpi_rto == 0 }%`));
  assert.deepEqual(early.failure, { line: 2, message: none });
  const late = await failureOf(`${lines}+0 %{ assert tcpi_rto == 0 }%`);
  assert.equal(late, `12: ${none}`);
});

test("exits with 2 and one line if there is nothing to play", (t) => {
  const empty = mkdtempSync(`${tmpdir()}/anonymos-scripts-`);
  t.after(() => rmSync(empty, { recursive: true }));
  const usage = "usage: make packetdrill SCRIPT='FILE|FOLDER ...' [TOLERANCE=MICROSECONDS]";
  for (const [words, says] of [
    [["nowhere.pkt"], "packetdrill: nowhere.pkt: No such file or directory"],
    [[empty], `packetdrill: ${empty}: there are no scripts (*.pkt) in it`],
    [[], usage],
    [["--tolerance=-1", empty], usage],
    [["--tolerance=", empty], usage],
    [["--tolerance=1e3", empty], usage],
  ] as [string[], string][]) {
    const command = ["--import", "tsx", "tools/packetdrill/main.ts", ...words];
    const run = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
    assert.deepEqual([run.status, run.stdout, run.stderr], [2, "", `${says}\n`], words.join(" "));
  }
});

test("checks assertions, and skips what it cannot evaluate", () => {
  const check = (code: string) => checkCode(code, () => 10).map(({ kind }) => kind);
  assert.deepEqual(check("assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd"), ["holds"]);
  assert.deepEqual(check("assert tcpi_cwnd < 3 and not (tcpi_rto > 1), 'no'"), ["fails"]);
  assert.deepEqual(check("assert tcpi_reordering == 3\nprint(tcpi_rto)"), ["skipped"]);
  assert.deepEqual(check("import os"), ["skipped"]);
  assert.deepEqual(check("assert process.exit() == 0"), ["skipped"]);
  assert.deepEqual(check("assert (tcpi_rto == 10"), ["skipped"]);
  assert.deepEqual(check("assert tcpi_rto =="), ["skipped"]);
  assert.deepEqual(check("assert 3 < tcpi_rto < 5"), ["fails"]);
  assert.deepEqual(check("assert 9 < tcpi_rto <= 10 < 11"), ["holds"]);
  assert.deepEqual(check("assert not tcpi_rto == 3"), ["holds"]);
  assert.deepEqual(check("assert tcpi_options & TCPI_OPT_SACK == 2"), ["holds"]);
  assert.deepEqual(check("assert tcpi_options & TCPI_OPT_SYN_DATA == 32"), ["fails"]);
  assert.deepEqual(check("assert -1 < (tcpi_rto - 2 * 4) and (False or True)"), ["holds"]);
});

test("keeps the variables of code from block to block", () => {
  const variables = new Map<string, number>();
  const check = (code: string) => checkCode(code, () => 10, variables).map(({ kind }) => kind);
  assert.deepEqual(check("cwnd = 0x8 # a comment\nprint(cwnd); cwnd += 2"), ["holds", "holds"]);
  assert.deepEqual(check("assert tcpi_cwnd == cwnd; \\\nassert cwnd != 10"), ["holds", "fails"]);
  assert.deepEqual(check("cwnd -= 1"), ["holds"]);
  assert.equal(variables.get("cwnd"), 9);
});

test("takes calls that may block but return at once, NULL, and sendmsg's buffers", async () => {
  const lines = `+0 < P. 1:1001(1000) ack 1 win 32792
+0 > . 1:1(0) ack 1001
+0...0 read(4, ..., 600) = 600
+0 recvfrom(4, NULL, 600, 0, ..., ...) = -1 EFAULT (Bad address)
+0 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {..., 0}], msg_flags=0}, 0) = 10
+0 > P. 1:11(10) ack 1001
+0 sendfile(4, 5, [0], 5) = 5`;
  assert.equal(await failureOf(lines), "");
  const late = "+0 < P. 1:11(10) ack 1 win 32792\n+0...0.1 read(4, ..., 1000) = 10";
  assert.match(await failureOf(late), /^10: timing error: expected return of read at 0\.2/);
});

test("TCP_INQ: checks what recvmsg says of the bytes left", async () => {
  const read = (rest: number) => `+0 recvmsg(4, {msg_iov(1)=[{..., 600}], msg_flags=0,
    msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=${rest}}]}, 0) = 600`;
  const lines = (rest: number, after: number) => `+0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0
+0 < FP. 1:1201(1200) ack 1 win 32792
+0 > . 1:1(0) ack 1202
${read(rest)}
${read(after)}`;
  assert.equal(await failureOf(lines(600, 1)), "");
  assert.match(await failureOf(lines(599, 1)), /^12: Expected TCP_CM_INQ 599 but got 600/);
  assert.match(await failureOf(lines(600, 0)), /^14: Expected TCP_CM_INQ 0 but got 1/);
});

const EPOLL = `+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLOUT|EPOLLET, fd=4}) = 0
`;
const wait = (events: string, count: number) =>
  `+0 epoll_wait(5, {events=${events}, fd=4}, 1, 0) = ${count}\n`;

test("epoll: tells each event once if it is edge-triggered", async () => {
  const data = (from: number) => `+0 < P. ${from}:${from + 10}(10) ack 1 win 32792
+0 > . 1:1(0) ack ${from + 10}
`;
  const first = EPOLL + wait("EPOLLOUT", 1) + wait("0", 0);
  const second = data(1) + wait("EPOLLIN|EPOLLOUT", 1) + wait("0", 0);
  assert.equal(await failureOf(first + second + data(11) + wait("EPOLLIN|EPOLLOUT", 1)), "");
  const wrong = await failureOf(first + data(1) + wait("EPOLLIN", 1));
  assert.match(wrong, /^16: Expected events POLLIN but got POLLIN\|POLLOUT/);
  const level = EPOLL.replace("|EPOLLET", "") + wait("EPOLLOUT", 1) + wait("EPOLLOUT", 1);
  assert.equal(await failureOf(level), "");
  const once = EPOLL.replace("EPOLLET", "EPOLLONESHOT") + wait("EPOLLOUT", 1) + wait("0", 0);
  const modified = "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLOUT, fd=4}) = 0\n";
  assert.equal(await failureOf(once + modified + wait("EPOLLOUT", 1) + "+0 close(5) = 0"), "");
  const none = await failureOf("+0 epoll_wait(7, {events=0}, 1, 0) = 0");
  assert.match(none, /^9: epoll_wait on a descriptor that is not an epoll instance/);
});

test("MSG_ZEROCOPY: reports calls whose bytes were acknowledged", async () => {
  const report = (first: number, last: number, result: string) => `+0 recvmsg(4, {msg_flags=0,
    msg_control=[{cmsg_data={ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_info=${first}, ee_data=${last}}}]
    }, MSG_ERRQUEUE) = ${result}
`;
  const send = `+0 setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
+0 send(4, ..., 100, MSG_ZEROCOPY) = 100
+0 > P. 1:101(100) ack 1
+0 send(4, ..., 900, MSG_ZEROCOPY) = 900
`;
  const none = report(0, 0, "-1 EAGAIN");
  const both = "+.1 < . 1:1(0) ack 1001 win 32792\n";
  assert.equal(await failureOf(send + none + both + report(0, 1, "0") + none), "");
  const one = "+.1 < . 1:1(0) ack 101 win 32792\n";
  assert.equal(await failureOf(send + one + report(0, 0, "0") + both + report(1, 1, "0")), "");
  const wrong = await failureOf(send + both + report(0, 0, "0"));
  assert.match(wrong, /^15: Expected ee_data 0 but got 1/);
});

test("skips, with a notice, what this kernel does not have", async () => {
  const script = "+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0\n+0 `true`";
  const { failure, notices } = await play(parseScript(OPEN + script));
  assert.equal(failure, undefined);
  assert.deepEqual(notices, ["setsockopt of TCP_CORK is left out", "`true` is left out"]);
});
