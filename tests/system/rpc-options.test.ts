/** `rpc`: header fields, and the next of several servers. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

const RESULT = '{"jsonrpc":"2.0","id":ID,"result":"0x144"}';
const LIMITED = '{"jsonrpc":"2.0","id":ID,"error":{"code":-32005,"message":"slow down"}}';

/** Returns a lab whose gateway gives each answer on a port of its own, and the requests' heads. */
async function lab(...answers: [status: string, body: string][]): Promise<[Lab, string[]]> {
  const lab = await Lab.at("S1");
  const heads: string[] = [];
  answers.forEach(([status, body], index) => {
    lab.gateway.tcp.listeners.set(8000 + index, (connection) => {
      connection.onData = (data) => {
        const text = data.toString();
        heads.push(text.slice(0, text.indexOf("\r\n\r\n") + 2));
        const json = body.replace("ID", /"id":(\d+)/.exec(text)?.[1] ?? "");
        connection.write(
          Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${json.length}\r\n\r\n${json}`),
        );
      };
      connection.onFinish = () => connection.close();
    });
  });
  return [lab, heads];
}

const url = (index: number) => `http://10.0.2.2:${8000 + index}/`;

test("in the requests to every URL, -H adds a field, omits one or sends one empty", async () => {
  const [world, heads] = await lab(["503 Busy", ""], ["200 OK", RESULT]);
  const options = "-H 'X-Key: k' -H User-Agent: -H 'X-Empty;'";
  const text = world.command(`rpc ${options} ${url(0)} ${url(1)} eth_chainId`);
  assert.match(text, /HTTP 503 Busy, trying http[\s\S]*\n"0x144" \(324\)\r\n/);
  assert.equal(heads.length, 2);
  for (const head of heads) {
    assert.match(head, /\r\nX-Key: k\r\n/);
    assert.match(head, /\r\nX-Empty: \r\n/);
    assert.doesNotMatch(head, /User-Agent/);
  }
  const wrong = world.command(`rpc -H nothing ${url(0)} m; echo $?`);
  assert.match(wrong, /\nrpc: -H nothing: expected NAME: VALUE, NAME: .* \(usage: .*\r\n2\r\n/);
  assert.match(world.command("help rpc"), /-H HEADER +fields for every URL[\s\S]*error -32005/);
});

test("the next URL is tried after a 5xx whose body is an error object", async () => {
  const busy = LIMITED.replace("-32005", "-32000");
  const [world, heads] = await lab(["503 Busy", busy], ["200 OK", RESULT]);
  assert.match(world.command(`rpc ${url(0)} ${url(1)} eth_chainId`), /\n"0x144" \(324\)\r\n/);
  assert.equal(heads.length, 2);
});

test("the next URL is tried after error -32005 or no response, but not another error", async () => {
  const failed = LIMITED.replace("-32005", "-32601");
  const [world] = await lab(["200 OK", LIMITED], ["200 OK", failed], ["200 OK", RESULT]);
  const asked = (...urls: string[]) => world.command(`rpc ${urls.join(" ")} m; echo $?`);
  assert.match(asked(url(0), url(2)), /error -32005: slow down, trying [\s\S]*\(324\)\r\n0\r/);
  assert.match(asked(url(9), url(2)), /Connection refused, trying [\s\S]*\(324\)\r\n0\r/);
  const error = asked(url(1), url(2));
  assert.doesNotMatch(error, /trying/);
  assert.match(error, /"code": -32601[\s\S]*\r\n1\r/);
});
