/** Lines of net/ and drivers/e1000 that no test in Node reaches, each with its reason. */
import type { Explanation } from "./report.ts";

/** By file and reason, the lines as they stand there. */
const reasons: [path: string, why: string, lines: string[]][] = [
  [
    "net/iface/ip.ts",
    "sockets send through its egress; TCP asks the layer for an address and the MTU alone",
    [
      "return this.egress.allocate(destination);",
      "return this.egress.send(frame, source, destination, protocol);",
      "return this.egress.sendBytes(pointer, length, source, destination, protocol);",
    ],
  ],
  [
    "net/socket/tcp/ports.ts",
    "at most half of all ports are in use: 16 drawn at random are not all taken",
    [
      "const start = randomBelow(this.random, PORTS);",
      "for (let i: u32 = 0; i < PORTS; i++) {",
      "const port = FIRST_PORT + ((start + i) & (PORTS - 1));",
      "if (this.isFree(local, port, remote, remotePort)) return this.give(port);",
      "return 0;",
    ],
  ],
  ["net/socket/tcp/state.ts", "there is no other state", ["return state;"]],
];

export const unreached: Explanation[] = reasons.flatMap(([path, why, lines]) =>
  lines.map((text) => ({ path, text, why })),
);
