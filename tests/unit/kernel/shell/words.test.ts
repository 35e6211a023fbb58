/** Texts for the user: stream failures, HTTP statuses, TLS groups and errors. */
import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import test from "node:test";
import { load, readString } from "../../../lab/scripted/assembly.ts";
import { SocketError } from "../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/words.ts");
const tls = await load("tests/lab/entries/tls-words.ts");
const text = (pointer: number) => readString(wasm.memory, pointer);

test("every way that a connection ends has a message and a kind of failure", () => {
  const ends: [error: keyof typeof SocketError, kind: number, words: string][] = [
    ["None", 0, "Connection closed"],
    ["Refused", 1, "Connection refused"],
    ["Reset", 4, "Connection reset by peer"],
    ["TimedOut", 2, "Connection timed out"],
    ["Unreachable", 3, "No route to host"],
    ["AddressGone", 4, "Cannot assign requested address"],
    ["NoResources", 5, "No buffer space available"],
    ["NetworkUnreachable", 3, "Network is unreachable"],
    ["InvalidArgument", 3, "Invalid argument"],
    ["Denied", 3, "Permission denied"],
  ];
  assert.deepEqual(ends.map(([error]) => error).sort(), Object.keys(SocketError).sort());
  for (const [error, kind, words] of ends) {
    assert.equal(text(wasm.failure(SocketError[error])), words);
    assert.equal(wasm.failureKind(SocketError[error]), kind, error);
    assert.equal(wasm.read(SocketError[error]), 0);
  }
});

test("gives common HTTP statuses the names of RFC 9110 section 15 and RFC 6585", () => {
  // Node still uses an older name for 413.
  const names: Record<number, string> = { ...STATUS_CODES, 413: "Content Too Large" };
  const named = Object.keys(names).filter((status) => text(wasm.reason(Number(status))) !== "");
  for (const status of named) assert.equal(text(wasm.reason(Number(status))), names[+status]);
  const known = "200 204 301 302 304 400 403 404 405 408 413 417 431 500 501 503 505";
  assert.equal(named.join(" "), known);
  assert.equal(text(wasm.reason(299)), "");
});

test("gives common TLS groups IANA's names, and others their number", () => {
  const groups: [number: number, name: string][] = [
    [0, ""],
    [23, "secp256r1"],
    [24, "secp384r1"],
    [25, "secp521r1"],
    [29, "x25519"],
    [30, "x448"],
    [4588, "group 4588"],
  ];
  for (const [number, name] of groups) assert.equal(text(wasm.group(number)), name);
});

test("describes known TLS errors, and prints the number of every error", () => {
  const failure = (error: number, sent = -1) =>
    readString(tls.memory, tls.failure(error, 0, -1, sent));
  assert.equal(failure(-0x6c00), "TLS: internal error (-0x6c00)");
  // The low seven bits are the error of a lower layer.
  assert.equal(failure(-0x6c05), "TLS: internal error (-0x6c05)");
  assert.equal(failure(-0x1234), "TLS: handshake failed (-0x1234)");
  assert.match(failure(-0x6c00, 42), /^TLS: cannot parse the peer's certificate \(-0x6c00\)$/);
});
