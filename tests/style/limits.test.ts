/**
 * Every bound of the system is defined in core/limits.ts, and each of them is used. A bound is a
 * module constant that limits how much is stored or accepted: it sizes a buffer or a table, or its
 * name looks like that of a bound. Constants of a wire format or a register are not bounds, nor
 * are times.
 */
import { test } from "node:test";
import ts from "typescript";
import { kernelFiles, none, parse, walk, where } from "./sources.ts";

const LIMITS = "core/limits.ts";

/** Folders and files whose constants belong to formats and registers. */
const formats = [
  "core/volume/fat.ts",
  "core/volume/iso9660.ts",
  "core/volume/partitions.ts",
  "drivers/ata/packet-cd.ts",
  "net/wire/",
  "drivers/intel/registers.ts",
  "drivers/intel/descriptor.ts",
  "drivers/realtek/registers.ts",
  "drivers/vmware/registers.ts",
];

/** Names of bounds. */
const named = new RegExp(
  "_(LIMIT|MAXIMUM|BYTES|LENGTH|CONNECTIONS|SOCKETS|SESSIONS|ENTRIES|QUEUE|BATCH|DEPTH)$|" +
    "_(LINES|ROOM)$|^(MAXIMUM_.*|DEPTH|LENGTH|LINES|PIECES|ROOM|BUCKETS)$",
);

/** Classes whose constructors take the size of a buffer or a table. */
const makers = /^(StaticArray|Ring|Uint8Array|DatagramQueue|Block|ByteQueue)$/;

/** Constants that look like bounds but are none, with the reason. */
const allowed: Record<string, string> = {
  "core/generator.ts KEY_WORDS": "a key of ChaCha20",
  "core/huffman.ts LONGEST_CODE": "fixed by RFC 1951",
  "core/deflate-codes.ts LITERALS": "fixed by RFC 1951",
  "core/sha1.ts BLOCK": "fixed by FIPS 180-4 section 1",
  "core/sha1.ts SHA1_DIGEST": "fixed by FIPS 180-4 section 1",
  "core/sha1.ts TRAILER": "fixed by FIPS 180-4 section 5.1.1",
  "core/volume/medium.ts PAGE": "a sector of a CD",
  "drivers/intel/receive-ring.ts RETURN_BATCH": "descriptors returned at a time; stores nothing",
  "drivers/virtio/modern-pci.ts QUEUES": "one for each direction of a network device",
  "drivers/virtio/net-receive.ts RETURN_BATCH": "buffers returned at a time; stores nothing",
  "drivers/pci/pci.ts BUSES": "fixed by PCI 3.0 section 3.2.2.3.2",
  "drivers/pci/pci.ts CAPABILITY_LIMIT": "as many as fit into the configuration space",
  "kernel/shell/commands/ca/check.ts ROOM": "what one line of output needs",
  "kernel/shell/commands/check/link-steps.ts DATA_BYTES": "the payload of a ping",
  "kernel/shell/commands/selftest.ts BENCHMARK_BYTES": "what is measured",
  "kernel/shell/commands/selftest.ts NAME_BYTES": "names of the library's tests",
  "kernel/shell/commands/ss.ts LINES": "what the lines of one connection need",
  "kernel/start/tls-engine.ts SEED_BYTES": "entropy given at a time",
  "machine/cpio.ts HEADER": "fixed by the format newc",
  "machine/entropy.ts DEVICE_BYTES": "entropy taken from a device",
  "machine/pic.ts LINES": "fixed by the 8259A",
  "net/iface/qdisc/specification.ts QUANTUM_MAXIMUM": "what a user may set; nothing is stored",
  "net/iface/qdisc/specification.ts SHARE_MAXIMUM": "what a user may set; nothing is stored",
  "net/iface/link/neighbor-table.ts CHAINS": "chains of a hash table whose entries are bounded",
  "net/iface/ip/icmp.ts ERROR_LENGTH": "fixed by RFC 1812 section 4.3.2.3",
  "net/iface/ip/reassembly.ts MAP_WORDS": "derived from the longest datagram",
  "net/service/dhcp/message.ts MESSAGE_BYTES": "the longest message that the client sends",
  "net/service/dns/exchange.ts PREFIX": "the format of DNS over TCP (RFC 1035 section 4.2.2)",
  "net/service/http/message/body.ts PERIOD": "the period of a pattern of bytes",
  "net/service/http/message/head.ts WORDS": "the size of a record",
  "net/service/iperf3/control.ts NUMBER": "the format of a message",
  "net/service/json/digest.ts BLOCK_UNITS": "what is hashed at a time",
  "net/service/json/value.ts WORDS": "the size of a record",
  "net/service/websocket/frame.ts CONTROL_BYTES": "fixed by RFC 6455 section 5.5",
  "net/service/websocket/frame.ts FRAME_HEADER_BYTES": "fixed by RFC 6455 section 5.2",
  "net/service/websocket/handshake.ts NONCE": "fixed by RFC 6455 section 4.1",
  "net/socket/echo-socket.ts REPLY_BYTES": "the size of a record",
  "net/socket/echo-socket.ts TIME_BYTES": "the format of a ping",
  "net/socket/endpoints.ts ENDPOINTS_BYTES": "the size of a record",
  "net/socket/tcp/congestion/window.ts WINDOW_MAXIMUM": "fixed by RFC 7323 section 2.2",
  "net/socket/tcp/fast-open/black-hole.ts SHIFT_MAXIMUM": "the longest time; stores nothing",
  "net/socket/tcp/fast-open/peers.ts LOSS_SHIFT_MAXIMUM": "the longest time; stores nothing",
  "net/socket/tcp/fast-open/server-cookies.ts INPUT_BYTES": "the size of what is hashed",
  "net/socket/tcp/fast-open/server-cookies.ts SERVER_COOKIE_BYTES": "the size of a hash",
  "net/socket/tcp/open/initial-sequence.ts ADDRESS_BYTES": "the size of what is hashed",
  "net/socket/tcp/open/initial-sequence.ts INPUT_BYTES": "the size of what is hashed",
  "net/socket/udp-ports.ts CHAINS": "chains of a hash table whose entries are bounded",
  "net/socket/udp-socket.ts QUEUE_SLACK": "so that the longest datagram fits an empty queue",
};

interface Constant {
  name: string;
  at: string;
}

/** Returns the module constants whose value is written as numbers only. */
function constants(file: ts.SourceFile): Constant[] {
  const found: Constant[] = [];
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      const value = declaration.initializer;
      if (value === undefined || !ts.isIdentifier(declaration.name)) continue;
      if (literal(value)) found.push({ name: declaration.name.text, at: where(declaration) });
    }
  }
  return found;
}

/** Reports whether an expression consists of numbers only. */
function literal(node: ts.Expression): boolean {
  if (ts.isNumericLiteral(node)) return true;
  if (ts.isParenthesizedExpression(node)) return literal(node.expression);
  return ts.isBinaryExpression(node) && literal(node.left) && literal(node.right);
}

/** Returns the names in the arguments of `makers`, which set the size of a buffer or a table. */
function sizes(file: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  walk(file, (node) => {
    if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return;
    if (!makers.test(node.expression.text)) return;
    for (const argument of node.arguments ?? []) {
      walk(argument, (part) => {
        if (ts.isIdentifier(part)) found.add(part.text);
      });
    }
  });
  return found;
}

const isFormat = (path: string) => formats.some((start) => path.startsWith(start));

test("every bound is in core/limits.ts", () => {
  const complaints: string[] = [];
  const used = new Set<string>();
  for (const path of kernelFiles()) {
    if (path === LIMITS || path.startsWith("examples/") || isFormat(path)) continue;
    const file = parse(path);
    const sizing = sizes(file);
    for (const { name, at } of constants(file)) {
      if (name === "RECORD_BYTES" || (!sizing.has(name) && !named.test(name))) continue;
      const key = `${path} ${name}`;
      if (key in allowed) used.add(key);
      else complaints.push(`${at}: ${name} is a bound, which belongs in ${LIMITS}`);
    }
  }
  const unused = Object.keys(allowed).filter((key) => !used.has(key));
  none([...complaints, ...unused.map((key) => `${key} is no longer there: delete it`)]);
});

test("every bound in core/limits.ts is used", () => {
  const imported = new Set<string>();
  for (const path of kernelFiles()) {
    walk(parse(path), (node) => {
      if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return;
      if (!/(^|\/)limits$/.test(node.moduleSpecifier.text)) return;
      const names = node.importClause?.namedBindings;
      if (names === undefined || !ts.isNamedImports(names)) return;
      for (const one of names.elements) imported.add((one.propertyName ?? one.name).text);
    });
  }
  const limits = constants(parse(LIMITS));
  none(limits.filter(({ name }) => !imported.has(name)).map(({ name, at }) => `${at}: ${name}`));
});
