/** `nc -w`: silence counts only once there is a connection, and so do missing acknowledgments. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

test("a line typed before there is a connection does not start the time of -w", async () => {
  const lab = await Lab.at("S1");
  lab.gateway.tcp.listeners.set(81, (connection) => {
    connection.onData = () => lab.world.after(3e9, () => connection.write(Buffer.from("late\n")));
  });
  lab.mute(true);
  lab.type("nc -w 5 slow.test 81\r");
  lab.type("hello\r");
  lab.pass(7);
  assert.ok(!lab.twin.output.endsWith("\nanonymos> "), "it ended before there was a connection");
  lab.mute(false);
  lab.pass(20);
  assert.match(lab.twin.output, /\nhello\r\nlate\r\n[\s\S]*anonymos> $/);
});

test("-w ends a connection that does not acknowledge data, without a busy loop", async () => {
  const lab = await Lab.at("S1");
  lab.gateway.tcp.listeners.set(81, (connection) => {
    connection.onData = () => {};
  });
  lab.type("nc -w 2 10.0.2.2 81\r");
  lab.mute(true);
  lab.type("hello\r");
  const turns = lab.twin.turns;
  lab.pass(10);
  assert.match(lab.twin.output, /\nnc: Connection timed out\r\nanonymos> $/);
  assert.ok(lab.twin.turns - turns < 500, `${lab.twin.turns - turns} turns`);
});
