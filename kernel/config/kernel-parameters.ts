/**
 * The parameters of the network stack that can be changed while it runs, under the names that
 * sysctl(8) of Linux has for them (Documentation/networking/ip-sysctl.rst). Keep-alive, buffer
 * sizes, congestion control and what the SYNs negotiate are fixed when a connection is opened, and
 * somaxconn when a listener is; a change of any other parameter applies at once to all connections.
 */
import {
  TCP_BACKLOG,
  TCP_CONNECTIONS,
  TCP_RECEIVE_MAXIMUM_BYTES,
  TCP_RECEIVE_MINIMUM_BYTES,
  TCP_SEND_MAXIMUM_BYTES,
  TCP_SEND_MINIMUM_BYTES,
} from "../../core/limits";
import { parseDecimalText, parseHexText, parseNumberText } from "../../core/text";
import { SECOND } from "../../core/time";
import { CONGESTION_NAMES } from "../../net/socket/tcp/congestion/controller";
import { EcnMode } from "../../net/socket/tcp/congestion/ecn";
import { bufferSize, CookieMode, TcpSettings } from "../../net/socket/tcp/settings";

/** In the order of `PARAMETERS`. */
const enum Id {
  Backlog = 0,
  Available,
  Congestion,
  Ecn,
  FastOpen,
  BlackHoleTimeout,
  FastOpenKey,
  FinTimeout,
  KeepAliveInterval,
  KeepAliveProbes,
  KeepAliveTime,
  MaxOrphans,
  MtuProbing,
  NotSentMaximum,
  OrphanRetries,
  PacingAvoidance,
  PacingSlowStart,
  PingPong,
  Retries,
  ReceiveMemory,
  Sack,
  SlowStartAfterIdle,
  SynRetries,
  SynAckRetries,
  SynCookies,
  Timestamps,
  WindowScaling,
  SendMemory,
}

/** A name, and the numbers that it can be set to: an empty range if its value is not a number. */
class Parameter {
  constructor(
    readonly name: string,
    readonly least: i64 = 0,
    readonly most: i64 = -1,
  ) {}
}

/** In alphabetical order. */
const PARAMETERS: StaticArray<Parameter> = [
  new Parameter("net.core.somaxconn", 1, TCP_BACKLOG),
  new Parameter("net.ipv4.tcp_available_congestion_control"),
  new Parameter("net.ipv4.tcp_congestion_control"),
  new Parameter("net.ipv4.tcp_ecn", 0, 2),
  new Parameter("net.ipv4.tcp_fastopen", 0, i32.MAX_VALUE),
  new Parameter("net.ipv4.tcp_fastopen_blackhole_timeout_sec", 0, i32.MAX_VALUE),
  new Parameter("net.ipv4.tcp_fastopen_key"),
  new Parameter("net.ipv4.tcp_fin_timeout", 1, 120),
  new Parameter("net.ipv4.tcp_keepalive_intvl", 1, 32767),
  new Parameter("net.ipv4.tcp_keepalive_probes", 1, 127),
  new Parameter("net.ipv4.tcp_keepalive_time", 1, 32767),
  new Parameter("net.ipv4.tcp_max_orphans", 0, TCP_CONNECTIONS),
  new Parameter("net.ipv4.tcp_mtu_probing", 0, 1),
  new Parameter("net.ipv4.tcp_notsent_lowat", 1, u32.MAX_VALUE),
  new Parameter("net.ipv4.tcp_orphan_retries", 1, 255),
  new Parameter("net.ipv4.tcp_pacing_ca_ratio", 0, 1000),
  new Parameter("net.ipv4.tcp_pacing_ss_ratio", 0, 1000),
  new Parameter("net.ipv4.tcp_pingpong_thresh", 0, 255),
  new Parameter("net.ipv4.tcp_retries2", 1, 255),
  new Parameter("net.ipv4.tcp_rmem"),
  new Parameter("net.ipv4.tcp_sack", 0, 1),
  new Parameter("net.ipv4.tcp_slow_start_after_idle", 0, 1),
  new Parameter("net.ipv4.tcp_syn_retries", 1, 127),
  new Parameter("net.ipv4.tcp_synack_retries", 0, 127),
  new Parameter("net.ipv4.tcp_syncookies", 0, 2),
  new Parameter("net.ipv4.tcp_timestamps", 0, 1),
  new Parameter("net.ipv4.tcp_window_scaling", 0, 1),
  new Parameter("net.ipv4.tcp_wmem"),
];
/** The words of tcp_fastopen_key, and the hexadecimal digits of each. */
const KEY_WORDS: i32 = 4;
const KEY_DIGITS: i32 = 8;
/** The numbers of tcp_rmem and tcp_wmem. */
const BUFFER_SIZES: i32 = 3;

export class KernelParameters {
  constructor(private readonly tcp: TcpSettings) {}

  /** Returns all names, in alphabetical order. */
  names(): StaticArray<string> {
    const names = new StaticArray<string>(PARAMETERS.length);
    for (let i = 0; i < PARAMETERS.length; i++) names[i] = PARAMETERS[i].name;
    return names;
  }

  /** Returns the value of a parameter; "" if there is no such parameter. */
  value(name: string): string {
    const id = idOf(name);
    const tcp = this.tcp;
    if (id < 0) return "";
    if (id == Id.Available) return CONGESTION_NAMES.join(" ");
    if (id == Id.Congestion) return CONGESTION_NAMES[tcp.congestion];
    if (id == Id.FastOpenKey) return keyText(tcp.fastOpen.key0, tcp.fastOpen.key1);
    if (id == Id.ReceiveMemory) {
      return `${TCP_RECEIVE_MINIMUM_BYTES}\t${tcp.receiveBytes}\t${tcp.receiveMaximum}`;
    }
    if (id == Id.SendMemory)
      return `${TCP_SEND_MINIMUM_BYTES}\t${tcp.sendBytes}\t${tcp.sendMaximum}`;
    return this.number(id).toString();
  }

  /** Changes a parameter. Returns the problem, "" if there is none. */
  change(name: string, value: string): string {
    const id = idOf(name);
    if (id < 0) return "no such parameter, expected one that sysctl -a lists";
    if (id == Id.Available) return "permission denied, expected a parameter that can be changed";
    if (id == Id.Congestion) {
      const index = CONGESTION_NAMES.indexOf(value);
      if (index < 0) return `invalid value, expected ${CONGESTION_NAMES.join(" or ")}`;
      this.tcp.congestion = index;
      return "";
    }
    if (id == Id.ReceiveMemory || id == Id.SendMemory) return this.changeBuffers(id, value);
    if (id == Id.FastOpenKey) return this.changeKey(value);
    const parameter = PARAMETERS[id];
    const least = parameter.least;
    const most = parameter.most;
    const number = parseNumberText(value, i64.MAX_VALUE);
    if (number < least || number > most) {
      const many = most - least > 2;
      const words = many ? `${least} to ${most}` : most == 1 ? "0 or 1" : "0, 1 or 2";
      return `invalid value, expected ${words}`;
    }
    this.setNumber(id, number);
    return "";
  }

  private number(id: Id): i64 {
    const tcp = this.tcp;
    if (id == Id.Backlog) return tcp.backlogMaximum;
    if (id == Id.Ecn) return tcp.ecn;
    if (id == Id.FastOpen) return tcp.fastOpen.bits;
    if (id == Id.BlackHoleTimeout) return tcp.fastOpen.blackHoleTime / SECOND;
    if (id == Id.FinTimeout) return tcp.finTimeout / SECOND;
    if (id == Id.KeepAliveInterval) return tcp.keepAliveInterval / SECOND;
    if (id == Id.KeepAliveProbes) return tcp.keepAliveProbes;
    if (id == Id.KeepAliveTime) return tcp.keepAliveIdle / SECOND;
    if (id == Id.MaxOrphans) return tcp.orphansMaximum;
    if (id == Id.NotSentMaximum) return tcp.notSentMaximum;
    if (id == Id.OrphanRetries) return tcp.orphanRetries;
    if (id == Id.MtuProbing) return tcp.mtuProbing ? 1 : 0;
    if (id == Id.PacingAvoidance) return tcp.pacingAvoidance;
    if (id == Id.PacingSlowStart) return tcp.pacingSlowStart;
    if (id == Id.PingPong) return tcp.answersAwaited;
    if (id == Id.Retries) return tcp.dataRetries;
    if (id == Id.Sack) return tcp.selective ? 1 : 0;
    if (id == Id.SlowStartAfterIdle) return tcp.restartsAfterIdle ? 1 : 0;
    if (id == Id.SynRetries) return tcp.synRetries;
    if (id == Id.SynAckRetries) return tcp.synAckRetries;
    if (id == Id.SynCookies) return tcp.cookies;
    if (id == Id.Timestamps) return tcp.timestamps ? 1 : 0;
    return tcp.scaling ? 1 : 0;
  }

  private setNumber(id: Id, value: i64): void {
    const tcp = this.tcp;
    if (id == Id.Backlog) tcp.backlogMaximum = value as u32;
    else if (id == Id.Ecn) tcp.ecn = value as EcnMode;
    else if (id == Id.FastOpen) tcp.fastOpen.bits = value as u32;
    else if (id == Id.BlackHoleTimeout) tcp.fastOpen.blackHoleTime = value * SECOND;
    else if (id == Id.FinTimeout) tcp.finTimeout = value * SECOND;
    else if (id == Id.KeepAliveInterval) tcp.keepAliveInterval = value * SECOND;
    else if (id == Id.KeepAliveProbes) tcp.keepAliveProbes = value as u32;
    else if (id == Id.KeepAliveTime) tcp.keepAliveIdle = value * SECOND;
    else if (id == Id.MaxOrphans) tcp.orphansMaximum = value as u32;
    else if (id == Id.NotSentMaximum) tcp.notSentMaximum = value as u32;
    else if (id == Id.OrphanRetries) tcp.orphanRetries = value as u32;
    else if (id == Id.MtuProbing) tcp.mtuProbing = value == 1;
    else if (id == Id.PacingAvoidance) tcp.pacingAvoidance = value as u32;
    else if (id == Id.PacingSlowStart) tcp.pacingSlowStart = value as u32;
    else if (id == Id.PingPong) tcp.answersAwaited = value as u32;
    else if (id == Id.Retries) tcp.dataRetries = value as u32;
    else if (id == Id.Sack) tcp.selective = value == 1;
    else if (id == Id.SlowStartAfterIdle) tcp.restartsAfterIdle = value == 1;
    else if (id == Id.SynRetries) tcp.synRetries = value as u32;
    else if (id == Id.SynAckRetries) tcp.synAckRetries = value as u32;
    else if (id == Id.SynCookies) tcp.cookies = value as CookieMode;
    else if (id == Id.Timestamps) tcp.timestamps = value == 1;
    else tcp.scaling = value == 1;
  }

  /** Changes tcp_fastopen_key: four words of eight hexadecimal digits, separated by "-". */
  private changeKey(value: string): string {
    const words = value.split("-");
    let valid = words.length == KEY_WORDS;
    let key0: u64 = 0;
    let key1: u64 = 0;
    for (let i = 0; i < words.length && valid; i++) {
      const word = parseHexText(words[i]);
      valid = words[i].length == KEY_DIGITS && word >= 0;
      if (i < 2) key0 |= (word as u64) << (i << 5);
      else key1 |= (word as u64) << ((i - 2) << 5);
    }
    if (!valid) return "invalid value, expected 32 hexadecimal digits in groups of eight: x-x-x-x";
    this.tcp.fastOpen.setKey(key0, key1);
    return "";
  }

  /**
   * Changes tcp_rmem or tcp_wmem: "LEAST INITIAL MOST" in bytes, separated by blanks. The sizes are
   * rounded to those that a buffer can have; the least is fixed.
   */
  private changeBuffers(id: Id, value: string): string {
    const receive = id == Id.ReceiveMemory;
    const least = receive ? TCP_RECEIVE_MINIMUM_BYTES : TCP_SEND_MINIMUM_BYTES;
    const most = receive ? TCP_RECEIVE_MAXIMUM_BYTES : TCP_SEND_MAXIMUM_BYTES;
    const words = value.split(" ");
    const sizes: Array<i64> = [];
    for (let i = 0; i < words.length; i++) {
      if (words[i] != "") sizes.push(parseDecimalText(words[i]));
    }
    const valid = sizes.length == BUFFER_SIZES && sizes[0] >= 0;
    if (!valid || sizes[1] < sizes[0] || sizes[2] < sizes[1]) {
      return "invalid value, expected three ascending numbers of bytes: least, initial and most";
    }
    const tcp = this.tcp;
    if (receive) {
      tcp.receiveBytes = bufferSize(sizes[1], least, most);
      tcp.receiveMaximum = bufferSize(sizes[2], least, most);
    } else {
      tcp.sendBytes = bufferSize(sizes[1], least, most);
      tcp.sendMaximum = bufferSize(sizes[2], least, most);
    }
    return "";
  }
}

/** Returns a key as `changeKey` takes it. */
function keyText(key0: u64, key1: u64): string {
  return `${wordText(key0)}-${wordText(key0 >> 32)}-${wordText(key1)}-${wordText(key1 >> 32)}`;
}

function wordText(word: u64): string {
  return (word & 0xffff_ffff).toString(16).padStart(KEY_DIGITS, "0");
}

/** Returns the index of a parameter, or -1. */
function idOf(name: string): i32 {
  for (let i = 0; i < PARAMETERS.length; i++) if (PARAMETERS[i].name == name) return i;
  return -1;
}
