/** DHCP messages (RFC 2131 section 2, RFC 2132), well-formed and malformed. */
import { address, u32 } from "./bytes.ts";

export const DhcpType = {
  Discover: 1,
  Offer: 2,
  Request: 3,
  Decline: 4,
  Ack: 5,
  Nak: 6,
  Release: 7,
  Inform: 8,
};

export const COOKIE = 0x63825363;
/** Offset of the options, after the fixed fields and the cookie. */
export const HEADER = 240;
/** BOOTP's minimum message size; shorter messages are padded (RFC 1542 section 2.1). */
const SHORTEST = 300;

/** Codes and data in wire order; a code may be repeated. */
export type Options = [code: number, data: Uint8Array | number[]][];

/** Encodes addresses as an option's data, 4 bytes each. */
export const ips = (...list: (string | number)[]): Buffer =>
  Buffer.concat(list.map((each) => u32(address(each))));

/** Encodes the data of option 121: networks `ADDRESS/PREFIX` and their routers (RFC 3442). */
export function classlessRoutes(routes: [network: string, router: string][]): Buffer {
  const parts = routes.map(([network, router]) => {
    const [to, prefix] = network.split("/");
    const significant = ips(to).subarray(0, Math.ceil(Number(prefix) / 8));
    return Buffer.concat([Buffer.of(Number(prefix)), significant, ips(router)]);
  });
  return Buffer.concat(parts);
}

/** Encodes the data of option 119, without compression (RFC 3397). */
export function searchList(...domains: string[]): Buffer {
  const labels = domains.flatMap((domain) => [...domain.split("."), ""]);
  return Buffer.concat(
    labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
  );
}

export function encodeOptions(options: Options): Buffer {
  return Buffer.concat(
    options.map(([code, data]) => Buffer.concat([Buffer.of(code, data.length), Buffer.from(data)])),
  );
}

/** The options of an ordinary lease, besides the message's type and the server's address. */
export function leaseOptions(
  seconds: number,
  network: { mask?: string; router: string | number; dnsServers: (string | number)[] },
): Options {
  return [
    [1, ips(network.mask ?? "255.255.255.0")],
    [3, ips(network.router)],
    [6, ips(...network.dnsServers)],
    [51, u32(seconds)],
  ];
}

/** Returns a message's options by code; the last wins if a code is repeated. */
export function readOptions(message: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = HEADER; at + 1 < message.length && message[at] !== 255; ) {
    if (message[at] === 0) {
      at++;
      continue;
    }
    options.set(message[at], message.subarray(at + 2, at + 2 + message[at + 1]));
    at += 2 + message[at + 1];
  }
  return options;
}

/** Fields of a server's message; by default a reply without address and options. */
export interface DhcpFields {
  xid: number;
  chaddr: Uint8Array;
  op?: number;
  htype?: number;
  hlen?: number;
  cookie?: number;
  flags?: number;
  yiaddr?: string | number;
  giaddr?: string | number;
  sname?: Uint8Array;
  file?: Uint8Array;
  options?: Options;
  /** Replaces all options and the End option; the message is not padded. */
  raw?: Buffer;
}

export function dhcpMessage(fields: DhcpFields): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = fields.op ?? 2;
  header[1] = fields.htype ?? 1;
  header[2] = fields.hlen ?? 6;
  header.writeUInt32BE(fields.xid >>> 0, 4);
  header.writeUInt16BE(fields.flags ?? 0, 10);
  header.writeUInt32BE(address(fields.yiaddr ?? 0), 16);
  header.writeUInt32BE(address(fields.giaddr ?? 0), 24);
  header.set(fields.chaddr, 28);
  if (fields.sname) header.set(fields.sname, 44);
  if (fields.file) header.set(fields.file, 108);
  header.writeUInt32BE(fields.cookie ?? COOKIE, 236);
  if (fields.raw) return Buffer.concat([header, fields.raw]);
  const whole = Buffer.concat([header, encodeOptions(fields.options ?? []), Buffer.of(255)]);
  return Buffer.concat([whole, Buffer.alloc(Math.max(0, SHORTEST - whole.length))]);
}
