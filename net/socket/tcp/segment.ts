/** One segment that came in, its fields read once; one object serves all (no allocation). */
import { FLAG_FIN, FLAG_SYN, TcpHeader } from "../../wire/tcp";
import { TcpOptions } from "../../wire/tcp-options";

export class TcpSegment {
  source: u32 = 0;
  destination: u32 = 0;
  sourcePort: u32 = 0;
  destinationPort: u32 = 0;
  /** SEG.SEQ */
  sequence: u32 = 0;
  /** SEG.ACK */
  acknowledgment: u32 = 0;
  flags: u32 = 0;
  /** As on the wire, not scaled. */
  window: u32 = 0;
  payload: usize = 0;
  /** Bytes of payload. */
  length: u32 = 0;
  /** What `parseOptions` found. */
  readonly options: TcpOptions = new TcpOptions();
  /** Set while it is worked on: it is answered by a RST. */
  refused: bool = false;
  private optionsAt: usize = 0;

  /** Reads a segment of `length` bytes that passed `parseTcp`. */
  load(source: u32, destination: u32, pointer: usize, length: u32): void {
    const header = TcpHeader.at(pointer);
    const headerLength = header.headerLength;
    this.source = source;
    this.destination = destination;
    this.sourcePort = header.sourcePort;
    this.destinationPort = header.destinationPort;
    this.sequence = header.sequence;
    this.acknowledgment = header.acknowledgment;
    this.flags = header.flags;
    this.window = header.window;
    this.payload = pointer + headerLength;
    this.length = length - headerLength;
    this.optionsAt = header.options;
    this.refused = false;
  }

  /** Reads the options, which only a SYN's are worth. */
  parseOptions(): void {
    this.options.parse(this.optionsAt, (this.payload - this.optionsAt) as u32);
  }

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  /** SEG.LEN: sequence numbers that it takes, SYN and FIN included. */
  get span(): u32 {
    return this.length + (this.flags & FLAG_FIN) + ((this.flags & FLAG_SYN) >>> 1);
  }
}
