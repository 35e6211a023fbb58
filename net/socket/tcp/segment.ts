/**
 * A received segment, with its fields read once. The same object is used for every segment, so
 * nothing is allocated.
 */
import { loadNet32 } from "../../../core/bytes";
import { Ipv4Address } from "../../wire/address";
import { FLAG_FIN, FLAG_SYN, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { areAlignedTimestamps, TcpOptions, TIMESTAMPS_BYTES } from "../../wire/tcp-options";
import { Endpoints } from "../endpoints";

export class TcpSegment {
  /** The ends as the receiver sees them: the local end is the destination. */
  readonly endpoints: Endpoints = new Endpoints();
  /** SEG.SEQ */
  sequence: u32 = 0;
  /** SEG.ACK */
  acknowledgment: u32 = 0;
  flags: u32 = 0;
  /** The ECN bits of its packet (RFC 3168 section 5). */
  ecn: u32 = 0;
  /** The window field, not scaled. */
  window: u32 = 0;
  payload: usize = 0;
  /** The urgent pointer, valid only with FLAG_URG: the end of urgent data, from SEG.SEQ. */
  urgentPointer: u32 = 0;
  /** Bytes of payload. */
  length: u32 = 0;
  /** Whether it has the timestamps option, and its TSval and TSecr (RFC 7323 section 3). */
  timestamped: bool = false;
  timestamp: u32 = 0;
  echo: u32 = 0;
  /** The parsed options. `hasOptions` is false if there are none but aligned timestamps. */
  readonly options: TcpOptions = new TcpOptions();
  hasOptions: bool = false;
  /** Whether the segment must be answered with a RST. */
  refused: bool = false;

  /**
   * Reads a segment of `length` bytes that passed `parseTcp`, from `source` to this host's address
   * `destination`. `ecn`: the ECN bits of its packet.
   */
  load(source: Ipv4Address, destination: Ipv4Address, pointer: usize, length: u32, ecn: u32): void {
    const header = TcpHeader.at(pointer);
    const headerLength = header.headerLength;
    this.endpoints.setIpv4(destination, header.destinationPort, source, header.sourcePort);
    this.sequence = header.sequence;
    this.acknowledgment = header.acknowledgment;
    this.flags = header.flags;
    this.ecn = ecn;
    this.window = header.window;
    this.urgentPointer = header.urgentPointer;
    this.payload = pointer + headerLength;
    this.length = length - headerLength;
    this.refused = false;
    this.timestamped = false;
    this.hasOptions = false;
    if (headerLength != TCP_HEADER) this.loadOptions(header.options, headerLength - TCP_HEADER);
  }

  /** Returns the options of a SYN; they are cleared if it has none. */
  synOptions(): TcpOptions {
    if (!this.hasOptions) this.options.clear();
    return this.options;
  }

  private loadOptions(pointer: usize, length: u32): void {
    if (length == TIMESTAMPS_BYTES && areAlignedTimestamps(pointer)) {
      this.timestamped = true;
      this.timestamp = loadNet32(pointer + 4);
      this.echo = loadNet32(pointer + 8);
      return;
    }
    const options = this.options;
    options.parse(pointer, length);
    this.hasOptions = true;
    this.timestamped = options.timestamped;
    this.timestamp = options.timestamp;
    this.echo = options.echo;
  }

  /** Marks the segment to be answered with a RST. */
  refuse(): void {
    this.refused = true;
  }

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  /** SEG.LEN: the sequence numbers it occupies, SYN and FIN included. */
  get span(): u32 {
    return this.length + (this.flags & FLAG_FIN) + ((this.flags & FLAG_SYN) >>> 1);
  }
}
