/** The parameters of a test: the client's options, and the message that carries them. */
import { IPERF3_STREAMS } from "../../../core/limits";
import { JsonKind, JsonValue } from "../json/value";

/** The longest test in seconds, as in iperf3. */
export const LONGEST_TEST: i64 = 86_400;
/** The longest time at its start that is not counted, in seconds, as in iperf3. */
export const LONGEST_OMISSION: i64 = 600;

export class TestParameters {
  /** Connections that carry data, 1 to IPERF3_STREAMS. */
  streams: u32 = 1;
  /** Seconds of the test; 0 if `bytes` ends it. */
  seconds: i64 = 10;
  /** Seconds at the start of the test that are not counted. */
  omitSeconds: i64 = 0;
  /** The bytes after which the test ends; 0 if `seconds` ends it. */
  bytes: u64 = 0;
  /** Whether the server sends and the client receives. */
  reverse: bool = false;
  /** Bits per second to which the sender limits each stream; 0 for no limit. */
  rate: u64 = 0;
  /** Whether the sender disables Nagle's algorithm. */
  noDelay: bool = false;
  /** The octet with the DS field of the data (RFC 2474). */
  trafficClass: u32 = 0;

  /** Returns the JSON message for the server. */
  toJson(): string {
    let text = `{"tcp":true,"omit":${this.omitSeconds},"time":${this.seconds},"num":${this.bytes}`;
    text += `,"blockcount":0,"parallel":${this.streams}`;
    if (this.reverse) text += ',"reverse":true';
    if (this.rate > 0) text += `,"bandwidth":${this.rate}`;
    if (this.noDelay) text += ',"nodelay":true';
    if (this.trafficClass > 0) text += `,"TOS":${this.trafficClass}`;
    return `${text},"len":131072,"pacing_timer":1000,"client_version":"3.12"}`;
  }

  /** Reads the client's message. Returns false if this server cannot do such a test. */
  read(message: JsonValue): bool {
    if (!isTrue(message, "tcp") || isTrue(message, "bidirectional")) return false;
    this.seconds = number(message, "time", 0, LONGEST_TEST);
    this.omitSeconds = number(message, "omit", 0, LONGEST_OMISSION);
    this.bytes = number(message, "num", 0, i64.MAX_VALUE) as u64;
    this.streams = number(message, "parallel", 1, IPERF3_STREAMS) as u32;
    this.reverse = isTrue(message, "reverse");
    this.rate = number(message, "bandwidth", 0, i64.MAX_VALUE) as u64;
    this.noDelay = isTrue(message, "nodelay");
    this.trafficClass = number(message, "TOS", 0, 255) as u32;
    const valid =
      this.seconds >= 0 && this.omitSeconds >= 0 && this.streams <= (IPERF3_STREAMS as u32);
    return valid && (this.bytes as i64) >= 0 && (this.rate as i64) >= 0 && this.trafficClass < 256;
  }
}

function isTrue(message: JsonValue, name: string): bool {
  const value = message.get(name);
  return value != null && (value.kind() == JsonKind.True || value.integer() != 0);
}

/** Returns a member, `least` if it is missing, or -1 if it is not an integer within the bounds. */
function number(message: JsonValue, name: string, least: i64, most: i64): i64 {
  const value = message.get(name);
  if (value == null) return least;
  const integer = value.integer();
  return value.isInteger() && integer >= least && integer <= most ? integer : -1;
}
