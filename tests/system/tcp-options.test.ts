/** TCP's keep-alive and user timeout from the console: curl --keepalive-time, nc -w. */
import assert from "node:assert/strict";
import test from "node:test";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import { SECOND } from "../lab/network/world.ts";
import { be16 } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";

const TCP = 6;
const ACK = 0x10;

/** A client, and a gateway that accepts connections to ports 7 and 80 and stays silent. */
async function silence() {
  const pair = await SecurePair.boot();
  const bare: number[] = [];
  pair.network.taps.push((frame, time, from) => {
    const ip = parseIp(frame);
    if (from !== pair.clientPort.station || ip?.protocol !== TCP) return;
    const header = (frame[ip.start + 12] >> 4) * 4;
    const port = be16(frame, ip.start + 2);
    const isProbe = ip.start + header === ip.end && frame[ip.start + 13] === ACK;
    if (isProbe && (port === 7 || port === 80)) bare.push(time / SECOND);
  });
  for (const port of [7, 80]) pair.gateway.tcp.listeners.set(port, () => {});
  /** Runs a command; returns its output, its duration and when empty segments were sent. */
  return (command: string) => {
    bare.length = 0;
    const start = pair.world.now;
    const text = pair.ask(`${command}; echo exit $?`, 300);
    const begun = start / SECOND;
    return {
      text,
      seconds: (pair.world.now - start) / SECOND,
      // The first second contains the last ACK of the handshake.
      probes: bare.map((at) => at - begun).filter((at) => at > 1),
    };
  };
}

test("curl probes a silent server after --keepalive-time; --no-keepalive never", async () => {
  const run = await silence();
  const often = run("curl --keepalive-time 10 -m 35 http://10.0.2.2/");
  assert.ok(often.probes.length >= 1 && Math.abs(often.probes[0] - 10) < 1, `${often.probes}`);
  const usual = run("curl -m 65 http://10.0.2.2/");
  assert.deepEqual(usual.probes.map(Math.round), [60]);
  assert.deepEqual(run("curl --no-keepalive -m 65 http://10.0.2.2/").probes, []);
  assert.match(
    run("curl --keepalive-time 0 http://10.0.2.2/").text,
    /option --keepalive-time: expected a proper numerical parameter/,
  );
});

test("nc -w limits the time to connect and the idle time", async () => {
  const run = await silence();
  const idle = run("nc -w 5 10.0.2.2 7");
  assert.match(idle.text, /^exit 0/m);
  assert.ok(Math.abs(idle.seconds - 5) < 1, `${idle.seconds}`);
  const unanswered = run("nc -w 3 192.0.2.1 7");
  assert.match(unanswered.text, /192\.0\.2\.1 port 7 \(tcp\) failed: Connection timed out/);
  assert.match(unanswered.text, /^exit 1/m);
  assert.ok(Math.abs(unanswered.seconds - 3) < 1, `${unanswered.seconds}`);
  assert.match(run("nc -w 3 -u 10.0.2.2 7").text, /-w requires a TCP connection/);
});
