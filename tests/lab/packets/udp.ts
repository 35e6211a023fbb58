/** Builds and reads UDP datagrams in Node, for tests that play the peer (RFC 768). */

/** The ones-complement sum of big-endian words, not complemented. */
export function internetSum(bytes: Uint8Array, initial = 0): number {
  let total = initial;
  for (let i = 0; i < bytes.length; i += 2) total += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** What RFC 768 sums in front of the datagram. */
export function pseudoSum(source: number, destination: number, protocol: number, length: number) {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(source >>> 0, 0);
  bytes.writeUInt32BE(destination >>> 0, 4);
  bytes.writeUInt16BE(protocol, 8);
  bytes.writeUInt16BE(length, 10);
  return internetSum(bytes);
}

/** A whole UDP datagram with its checksum. */
export function udpDatagram(
  from: { address: number; port: number },
  to: { address: number; port: number },
  payload: Uint8Array,
): Buffer {
  const datagram = Buffer.alloc(8 + payload.length);
  datagram.writeUInt16BE(from.port, 0);
  datagram.writeUInt16BE(to.port, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.set(payload, 8);
  const pseudo = pseudoSum(from.address, to.address, 17, datagram.length);
  const check = ~internetSum(datagram, pseudo) & 0xffff;
  datagram.writeUInt16BE(check === 0 ? 0xffff : check, 6);
  return datagram;
}

/** "10.0.2.15" as a number. */
export function address(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
