/** The longest responses that a server can send do not exhaust a small machine's memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { Lab } from "../attack/world.ts";

/** The linear memory of a machine with 32 MiB. */
const memoryLimit = 26 << 20;
const PORT = 8545;

const limits = readFileSync(new URL("../../core/limits.ts", import.meta.url), "utf8");
const DEPTH = Number(/^export const JSON_DEPTH: u32 = (\d+);$/m.exec(limits)?.[1]);

/** Repeats `text` as often as it fits into `bytes` bytes, `around` of which are left free. */
const fill = (text: string, bytes: number, around = 200) =>
  text.repeat((bytes - around) / Buffer.byteLength(text));
/** An array of nearly as many values as a text may have, which is one per eight bytes. */
const numbers = (bytes: number) => `[${fill("1,       ", bytes)}1]`;
const names = (bytes: number, name: string) => `${fill(`${name}:1,`.padEnd(20), bytes)}"last":1`;

const result = (json: string) => `"result":${json}`;
/** Members of a response of so many bytes, and what the console prints for it, in part. */
const answers: [what: string, members: (bytes: number) => string, says: RegExp][] = [
  ["unprintable characters", (n) => result(`"${fill("\x7f", n)}"`), /\r\n"(\\u007f){100}/],
  [
    "characters beyond 16 bits",
    (n) => result(`"${fill("😀", n)}"`),
    /\r\n"(\xf0\x9f\x98\x80){100}/,
  ],
  ["escapes", (n) => result(`"${fill("\\u0061", n)}"`), /\r\n"a{100}/],
  ["one number", (n) => result(fill("1", n)), /\r\n1{100}/],
  ["many numbers", (n) => result(numbers(n)), /\r\n\[(\r\n {2}1,){100}/],
  [
    "the deepest arrays",
    () => result("[".repeat(DEPTH - 1) + "]".repeat(DEPTH - 1)),
    /\r\n\[\r\n {2}\[\r\n {4}\[\r\n {6}\[/,
  ],
  ["escaped names", (n) => `${result("7")},${names(n, '"\\u0061"')}`, /too many members/],
  ["one name many times", (n) => `${result("7")},${names(n, '"x"')}`, /too many members/],
  ["a long name", (n) => `${result("7")},"${fill("\\u0061", n)}":1`, /\r\n7\r\n/],
  [
    "a long message of an error",
    (n) => `"error":{"code":-1,"message":"${fill("\x7f", n)}"}`,
    /"code": -1,\r\n {2}"message": "(\\u007f){1025}/,
  ],
  [
    "much data of an error",
    (n) => `"error":{"code":1,"message":"m","data":{"a":["${fill("\x7f", n)}"]}}`,
    /"message": "m",\r\n {2}"data": \{\r\n {4}"a": \[\r\n {6}"(\\u007f){100}/,
  ],
];

suite("RPC-17: the longest responses leave enough memory", () => {
  for (const [what, members, says] of answers) {
    test(what, async () => {
      const lab = await serving((id, n) => `{"jsonrpc":"2.0","id":${id},${members(n)}}`);
      assert.match(asked(lab, "rpc", "m"), says);
      assert.match(asked(lab, "check", ""), /^(ok|FAIL) +rpc .{0,7000}\r$/m);
    });
  }

  test("rejects a batch of far more responses than calls", async () => {
    const one = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":1},`.padEnd(64);
    const lab = await serving((id, n) => `[${fill(one(id), n)}{}]`);
    assert.match(
      asked(lab, "rpc -b", "m m"),
      /rpc: http:\S+: m: the batch response has too many elements\r\n/,
    );
  });
});

/**
 * A kernel, and a server whose responses are made from the id of the (first) call and the length in
 * bytes of the longest response that the kernel accepts, which depends on its free memory.
 */
async function serving(answer: (id: number, bytes: number) => string): Promise<Lab> {
  const lab = await Lab.at("S1", { machine: { memoryLimit } });
  let most = 0;
  lab.gateway.tcp.listeners.set(PORT, (connection) => {
    connection.onData = (data) => {
      const id = Number(/"id":(\d+)/.exec(data.toString())?.[1]);
      const body = Buffer.from(most === 0 ? "" : answer(id, most));
      const length = most === 0 ? 1 << 30 : body.length;
      connection.write(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`));
      connection.write(body);
    };
    connection.onFinish = () => connection.close();
  });
  const [, limit] = /response is longer than (\d+) bytes/.exec(asked(lab, "rpc", "m")) ?? [];
  // The second command may find a little less memory than the first.
  most = Math.floor(Number(limit) * 0.95);
  assert.ok(most > 1 << 20, `a limit of ${limit} bytes`);
  return lab;
}

/** Runs a command, types Ctrl-C after ten seconds, and returns the output. */
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
