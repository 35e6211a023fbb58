/**
 * The packet path allocates only in the functions that `allowed` lists: in the module that becomes
 * the kernel, no other chain of calls leads from it to the allocator. An interrupt handler does not
 * allocate at all, because it may interrupt the allocator.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";
import { CallGraph, plain } from "./call-graph.ts";

/** Where the packet path begins; each pattern must match a function. */
const packetPath = [
  /^net\/iface\/layer\/IpLayer#poll$/,
  /^net\/socket\/udp-socket\/UdpSocket#(send|receive)$/,
  /^net\/socket\/tcp\/[^#]+\/TcpConnection#(read|write|consume)$/,
];

/** The allocating functions of AssemblyScript's minimal runtime. */
const allocator = new RegExp(
  [
    /^~lib\/rt\/tcms\/__(new|renew)$/,
    /^~lib\/rt\/tlsf\/(__alloc|__realloc|allocateBlock|reallocateBlock)$/,
    /^~lib\/rt\/__new(Array|Buffer)$/,
  ]
    .map((pattern) => pattern.source)
    .join("|"),
);

/**
 * Functions on the packet path that may allocate, each with the reason. An entry that is no longer
 * needed fails the test.
 */
const allowed: Record<string, string> = {
  "net/socket/tcp/passive-open/PassiveOpen#add": "a new connection, bounded by TCP_CONNECTIONS",
  "net/socket/tcp/registry/TcpRegistry#enlarge": "the tables of connections, each time they double",
  "core/pages/Pages#take": "a page for a connection's buffer, when there is no spare one",
  "net/socket/tcp/receive/reassembly/Reassembly#enlarge":
    "the bounds of data out of order, when there are more pieces",
  "core/ring/newTable": "the addresses of a buffer's pages, at its first byte and when it grows",
  "net/socket/tcp/send/sent-segments/SentSegments#enlarge":
    "the record of segments in flight, with the first data and when it is full",
};

let cached: CallGraph | undefined;

/** Returns the kernel's call graph. */
function kernelGraph(): CallGraph {
  if (cached === undefined) {
    const module = `${root}build/kernel.wasm`;
    assert.ok(existsSync(module), "build/kernel.wasm is missing: run make first");
    const options = { encoding: "utf8", maxBuffer: 1 << 30 } as const;
    cached = new CallGraph(execFileSync(`${root}node_modules/.bin/wasm2wat`, [module], options));
  }
  return cached;
}

const isAllocator = (name: string) => allocator.test(name);

test("finds allocation through a call, a stub and a function value", () => {
  const sample = new CallGraph(
    [
      "(module",
      "  (type (;0;) (func (param i32)))",
      "  (type (;1;) (func))",
      "  (func $clean (type 1)\n    call $leaf)",
      "  (func $leaf (type 1)\n    call 0)",
      "  (func $direct (type 1)\n    call $~lib/rt/tcms/__new)",
      "  (func $A#m@override (type 1)\n    call $leaf\n    call $direct)",
      "  (func $virtual (type 1)\n    call $A#m@override)",
      "  (func $byValue (type 1)\n    call_indirect (type 1))",
      "  (func $~lib/rt/tcms/__new (type 0))",
      "  (elem (;0;) (i32.const 1) func $direct)",
      '  (export "x" (func $virtual)))',
    ].join("\n"),
  );
  const way = (name: string, ...ignored: string[]) =>
    sample.path(name, isAllocator, new Set(ignored))?.join(" > ") ?? "";
  assert.equal(way("$clean"), "");
  assert.equal(way("$direct"), "direct > ~lib/rt/tcms/__new");
  assert.equal(way("$virtual"), "virtual > A#m@override > direct > ~lib/rt/tcms/__new");
  assert.equal(way("$byValue"), "byValue > direct > ~lib/rt/tcms/__new");
  assert.equal(way("$virtual", "direct"), "");
  assert.equal(sample.exports.get("x"), "$virtual");
});

test("the allocator's functions have the expected names, and only they grow memory", () => {
  const graph = kernelGraph();
  assert.ok(graph.named(allocator).length >= 2, "the allocator's names have changed");
  const outside = graph.growing.filter((name) => !plain(name).startsWith("~lib/rt/tlsf/"));
  assert.deepEqual(outside, [], "memory grows outside the allocator");
});

test("the packet path allocates only where it may", () => {
  const graph = kernelGraph();
  const complaints: string[] = [];
  for (const pattern of packetPath) {
    const roots = graph.named(pattern);
    if (roots.length === 0) complaints.push(`no function matches ${pattern}`);
    for (const from of roots) {
      const way = graph.path(from, isAllocator, new Set(Object.keys(allowed)));
      if (way !== null) complaints.push(way.join(" > "));
    }
  }
  assert.deepEqual(complaints, []);
});

test("an interrupt handler never allocates", () => {
  const graph = kernelGraph();
  const handler = graph.exports.get("interrupt");
  assert.ok(handler !== undefined, "the module exports no interrupt()");
  assert.deepEqual(graph.path(handler, isAllocator, new Set()), null);
});

test("every exception is still needed", () => {
  const graph = kernelGraph();
  const roots = packetPath.flatMap((pattern) => graph.named(pattern));
  const reached = new Set(roots.flatMap((from) => [...graph.reachable(from)]));
  const needless = Object.keys(allowed).filter(
    (name) => !reached.has(name) || graph.path(`$${name}`, isAllocator, new Set()) === null,
  );
  assert.deepEqual(needless, []);
});
