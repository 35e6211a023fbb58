/** Calls that send data in a SYN (RFC 7413): sendto(MSG_FASTOPEN), and TCP_FASTOPEN_CONNECT. */
import type { Descriptor, Outcome } from "./descriptor.ts";
import type { Host } from "./host.ts";
import type { Value } from "./script.ts";
import { names, numberOf, socketOptions } from "./values.ts";

const MSG_FASTOPEN = 0x20000000;

/** How a call is to write. */
export interface SendFlags {
  fastOpen: boolean;
  nonblocking: boolean;
  zeroCopy: boolean;
}

/** Reads the flags of send(2) and its kin on a socket. */
export function sendFlags(value: Value | undefined, { nonblocking }: Descriptor): SendFlags {
  const words = names(value);
  return {
    fastOpen: words.includes("MSG_FASTOPEN") || numberOf(value) === MSG_FASTOPEN,
    nonblocking: nonblocking || words.includes("MSG_DONTWAIT"),
    zeroCopy: words.includes("MSG_ZEROCOPY"),
  };
}

/** Makes the next tcpConnect use Fast Open. Returns false if the host does not allow it. */
export function wantFastOpen(host: Host, { socket }: Descriptor): boolean {
  if (!host.call("fastOpenConnects")) return false;
  host.call("tcpSetOption", socket, socketOptions.indexOf("TCP_FASTOPEN_CONNECT"), 1n);
  return true;
}

/** Returns how many bytes the SYN that waits for data can have; 0 if none waits. */
export function synRoom(host: Host, { socket }: Descriptor): number {
  return host.call("socketSynRoom", socket);
}

/**
 * Writes to a socket whose SYN waits for data. As in Linux, a call that does not block writes only
 * what the SYN can have, and any other returns when the handshake is over.
 */
export function writeOpening(
  host: Host,
  descriptor: Descriptor,
  length: number,
  nonblocking: boolean,
): Outcome | undefined {
  const { socket } = descriptor;
  const room = nonblocking ? synRoom(host, descriptor) : host.call("socketWritable", socket);
  const count = host.transfer("tcpSend", socket, Math.min(length, room));
  descriptor.written += count;
  if (length === 0) return { value: -1, error: "EINPROGRESS" };
  if (nonblocking) return { value: count };
  descriptor.opening = length;
  descriptor.backlog += length - count;
  return undefined;
}
