/** The longest responses that a server can send do not exhaust a small machine's memory. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Lab } from "../attack/world.ts";

/** The linear memory of a machine with 32 MiB. */
const memoryLimit = 26 << 20;
const MEBIBYTE = 1 << 20;
const PORT = 8545;

/** Repeats `text` as often as it fits into a response. */
const most = (text: string, around = 200) =>
  text.repeat((MEBIBYTE - around) / Buffer.byteLength(text));
const names = (count: number, name: string) => Array(count).fill(`${name}:1`).join();

const result = (json: string) => `"result":${json}`;
/** Members of a response, and the start of the console's output for it. */
const answers: [what: string, members: string, says: RegExp][] = [
  ["unprintable characters", result(`"${most("\x7f")}"`), /\r\n"(\\u007f){100}/],
  ["characters beyond 16 bits", result(`"${most("😀")}"`), /\r\n"(\xf0\x9f\x98\x80){100}/],
  ["escapes", result(`"${most("\\u0061")}"`), /\r\n"a{100}/],
  ["one number", result(most("1")), /\r\n1{100}/],
  ["many numbers", result(`[${"1,".repeat(130_000)}1]`), /\r\n\[(\r\n {2}1,){100}/],
  ["deep arrays", result("[".repeat(126) + "]".repeat(126)), /\r\n {4}\]\r\n {2}\]\r\n\]\r\n/],
  ["escaped names", `${result("7")},${names(60_000, '"\\u0061"')}`, /\r\n7\r\n/],
  ["one name many times", `${result("7")},${names(65_000, '"id"')}`, /\r\n7\r\n/],
  ["a long name", `${result("7")},"${most("\\u0061")}":1`, /\r\n7\r\n/],
  [
    "an error with a long message",
    `"error":{"code":-1,"message":"${most("\x7f", 300)}"}`,
    /"code": -1,\r\n {2}"message": "(\\u007f){1025}/,
  ],
  [
    "an error with much data",
    `"error":{"code":1,"message":"m","data":{"a":["${most("\x7f", 300)}"]}}`,
    /"message": "m",\r\n {2}"data": \{\r\n {4}"a": \[\r\n {6}"(\\u007f){100}/,
  ],
];

suite("the longest responses leave enough memory", () => {
  for (const [what, members, says] of answers) {
    test(what, async () => {
      const lab = await serving((id) => `{"jsonrpc":"2.0","id":${id},${members}}`);
      assert.match(asked(lab, "rpc", "m"), says);
      assert.match(asked(lab, "check", ""), /^(ok|FAIL) +rpc .{0,7000}\r$/m);
    });
  }

  test("rejects a batch whose responses all have the same id", async () => {
    const one = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":1}`;
    const lab = await serving((id) => `[${Array(18_000).fill(one(id)).join()}]`);
    assert.match(asked(lab, "rpc -b", "m m"), /rpc: m: two responses for id \d+\r\n/);
  });
});

/** A kernel, and a server that responds with a text and the id of the (first) call. */
async function serving(answer: (id: number) => string): Promise<Lab> {
  const lab = await Lab.at("S1", { machine: { memoryLimit } });
  lab.gateway.tcp.listeners.set(PORT, (connection) => {
    connection.onData = (data) => {
      const id = Number(/"id":(\d+)/.exec(data.toString())?.[1]);
      const body = Buffer.from(answer(id));
      connection.write(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`));
      connection.write(body);
    };
    connection.onFinish = () => connection.close();
  });
  return lab;
}

/** Runs a command for a few seconds, interrupts it, and returns its output. */
function asked(lab: Lab, command: string, methods: string): string {
  const from = lab.twin.output.length;
  lab.type(`${command} http://10.0.2.2:${PORT}/ ${methods}\r`);
  lab.pass(10);
  lab.type("\x03");
  lab.pass(10);
  const screen = lab.twin.output.slice(from);
  assert.match(screen, /anonymos> $/);
  return screen;
}
