/** URLs: what is accepted, what is rejected, and how relative references resolve. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/url.ts");
const string = (pointer: number) => readString(wasm.memory, pointer);
const parse = (text: string) => string(wasm.parse(...writeText(wasm, text)));
const loosely = (text: string) => string(wasm.parseLoosely(...writeText(wasm, text)));
const resolve = (base: string, reference: string) =>
  string(wasm.resolve(...writeText(wasm, base), ...writeText(wasm, reference)));

test("splits URLs into their parts", () => {
  const cases: Record<string, string> = {
    "http://example.com": "http name example.com 80 / host=example.com",
    "HTTP://Example.COM/A": "http name example.com 80 /A host=example.com",
    "https://mainnet.era.zksync.io":
      "https name mainnet.era.zksync.io 443 / host=mainnet.era.zksync.io",
    "http://a:8080/x?y=1#z": "http name a 8080 /x?y=1 host=a:8080",
    "http://a:80/": "http name a 80 / host=a",
    "https://a:80/": "https name a 80 / host=a:80",
    "http://a:/": "http name a 80 / host=a",
    "https://a:?q": "https name a 443 /?q host=a",
    "http://a/%?%zz": "http name a 80 /%?%zz host=a",
    'http://a/"<^`{|}>?"<^`{|}>': "http name a 80 /%22%3C%5E%60%7B|%7D%3E?%22%3C^`{|}%3E host=a",
    "http://a/b\\..\\c": "http name a 80 /c host=a",
    "http://a:00080/": "http name a 80 / host=a",
    "http://10.0.2.2:65535/": "http address 10.0.2.2 65535 / host=10.0.2.2:65535",
    "http://u:p%40@h/": "http u:p%40 @ name h 80 / host=h",
    "http://@h/": "http  @ name h 80 / host=h",
    "http://h?q": "http name h 80 /?q host=h",
    "http://h#f": "http name h 80 / host=h",
    "http://h#@evil": "http name h 80 / host=h",
    "http://h/a/./b/../c": "http name h 80 /a/c host=h",
    "http://h/../../a/..": "http name h 80 / host=h",
    "http://h/%41?[]=%7b": "http name h 80 /%41?[]=%7b host=h",
    "http://h//a//": "http name h 80 //a// host=h",
    "http://h./": "http name h. 80 / host=h.",
    "http://_dmarc.a-b.c3/": "http name _dmarc.a-b.c3 80 / host=_dmarc.a-b.c3",
    "http://1.2.3.4a/": "http name 1.2.3.4a 80 / host=1.2.3.4a",
  };
  for (const [url, want] of Object.entries(cases)) assert.equal(parse(url), want, url);
});

const spaces = /no space, control or non-ASCII/;
const host = /expected a host/;
const port = /a port from 1 to 65535/;
const address = /an IPv4 address/;
/** Invalid URLs, with what the error says is expected. */
const rejected: [string, RegExp][] = [
  ["http://a/\r\nX: y", spaces],
  ["http://a\r\n/", spaces],
  ["http://a/\0", spaces],
  ["http://a/b c", spaces],
  [" http://a/", spaces],
  ["http://a/é", spaces],
  ["http://bücher.test/", spaces],
  ["http://a/\x7f", spaces],
  ["http://", host],
  ["http:///a", host],
  ["http://:80/", host],
  ["http://a@/", host],
  ["http://.", host],
  ["http://a..b/", host],
  ["http://.a/", host],
  ["http://a,b/", host],
  ["http://a%20b/", host],
  ["http://a\\b/", host],
  ["http://-a/", host],
  ["http://a-/", host],
  ["http://a&b/", host],
  [`http://${"a".repeat(64)}/`, host],
  [`http://${"a.".repeat(130)}a/`, /at most 253/],
  ["http://a:0/", port],
  ["http://a:65536/", port],
  ["http://a:80a/", port],
  ["http://a:-1/", port],
  ["http://a:+80/", port],
  ["http://a:99999999999/", port],
  ["http://a:b:80/", port],
  ["http://a:80:90/", port],
  ["http://a: 80/", spaces],
  ["http://a@b@c/", /one @/],
  ["http://a:b|c@d/", /user:password/],
  ["http://1.2.3/", address],
  ["http://1/", address],
  ["http://1.2.3.256/", address],
  ["http://01.2.3.4/", address],
  ["http://a.1/", address],
  ["http://1.2.3.4.5/", address],
  ["http://1.2.3.4./", address],
  ["http://4294967297/", address],
  ["http://[::1]/", /IPv6 is not supported/],
  ["http:/a", /\/\/ after/],
  ["http:a", /\/\/ after/],
  ["a/b", /http:\/\//],
  ["", /http:\/\//],
  ["//a", /http:\/\//],
  [`http://a/${"a".repeat(9000)}`, /at most 8192/],
];

test("HTP-36: rejects invalid URLs, and says what is expected", () => {
  for (const [url, want] of rejected) {
    assert.match(parse(url), want, JSON.stringify(url));
    assert.match(parse(url), /^error: expected /, JSON.stringify(url));
  }
});

test("HTP-27: reports schemes other than http and https as unsupported", () => {
  for (const url of [
    "ftp://a/",
    "file:///etc/passwd",
    "gopher://a",
    "javascript:alert(1)",
    "data:,x",
    "ws://a/",
  ]) {
    assert.match(parse(url), /^unsupported: Protocol "[a-z]+" not supported$/, url);
  }
});

test("accepts a host alone if there is a default scheme", () => {
  assert.equal(loosely("example.com"), "http name example.com 80 / host=example.com");
  assert.equal(loosely("10.0.2.2:8080/x"), "http address 10.0.2.2 8080 /x host=10.0.2.2:8080");
  assert.equal(loosely("localhost:8080"), "http name localhost 8080 / host=localhost:8080");
  assert.equal(loosely("a/?u=http://b/"), "http name a 80 /?u=http://b/ host=a");
  assert.match(loosely("ftp://a/"), /^unsupported/);
  assert.match(loosely("javascript:alert(1)"), /^error: expected a port/);
});

test("resolves the references of RFC 3986 section 5.4", () => {
  const base = "http://a/b/c/d;p?q";
  const cases: Record<string, string> = {
    g: "http://a/b/c/g",
    "./g": "http://a/b/c/g",
    "g/": "http://a/b/c/g/",
    "/g": "http://a/g",
    "//g": "http://g/",
    "?y": "http://a/b/c/d;p?y",
    "g?y": "http://a/b/c/g?y",
    "#s": "http://a/b/c/d;p?q",
    "g#s": "http://a/b/c/g",
    ";x": "http://a/b/c/;x",
    "": "http://a/b/c/d;p?q",
    ".": "http://a/b/c/",
    "./": "http://a/b/c/",
    "..": "http://a/b/",
    "../": "http://a/b/",
    "../g": "http://a/b/g",
    "../..": "http://a/",
    "../../g": "http://a/g",
    "../../../g": "http://a/g",
    "/./g": "http://a/g",
    "/../g": "http://a/g",
    "g.": "http://a/b/c/g.",
    "..g": "http://a/b/c/..g",
    "./g/.": "http://a/b/c/g/",
    "g/../h": "http://a/b/c/h",
    "g?y/../x": "http://a/b/c/g?y/../x",
    "https://z:1/": "https://z:1/",
    "//h:8080/p": "http://h:8080/p",
  };
  for (const [reference, want] of Object.entries(cases)) {
    assert.equal(resolve(base, reference), want, reference);
  }
});

test("HTP-28: no reference can bring a line end, a blank or NUL into a URL", () => {
  const cases: Record<string, string> = {
    "/a\r\nSet-Cookie: x": "http://a/aSet-Cookie:%20x",
    " /a b\t": "http://a/a%20b",
    "/\0b": "http://a/%00b",
    "/é": "http://a/%E9",
  };
  for (const [reference, want] of Object.entries(cases)) {
    assert.equal(resolve("http://a/", reference), want);
  }
  for (const bad of ["/\u2028", `/${"a".repeat(1 << 20)}`, `/${"<".repeat(4000)}`, "//a\r\n b/"]) {
    assert.match(resolve("http://a/", bad), /^expected /);
  }
});

test("accepts any number of slashes after the scheme of a reference, as browsers do", () => {
  const cases: Record<string, string> = {
    "http:g": "http://a/b/g",
    "http:/g": "http://a/g",
    "http:///g": "http://g/",
    "https:g": "https://g/",
    "https:/g/h": "https://g/h",
    "HTTP://G": "http://g/",
  };
  for (const [reference, want] of Object.entries(cases)) {
    assert.equal(resolve("http://a/b/c", reference), want, reference);
  }
});

test("HTP-28: a reference that repeats its scheme is a path, however often it does", () => {
  const schemes = "http:".repeat(12_000);
  assert.equal(resolve("http://a/b/c", "http:http:g"), "http://a/b/http:g");
  assert.equal(resolve("http://a/b/c", "http:http://g"), "http://a/b/http://g");
  assert.match(resolve("https://a/b/c", "http:http:g"), /^expected a port/);
  assert.match(resolve("http://a/", schemes), /^expected at most/);
});
