/** The state of a TCP connection in the words, the order and the units of ss(8) of iproute2. */
import { CONGESTION_NAMES } from "../../net/socket/tcp/congestion/controller";
import { THRESHOLD_INITIAL } from "../../net/socket/tcp/congestion/window";
import { TcpConnection } from "../../net/socket/tcp/connection";
import { TcpInfo, TIMER_NAMES } from "../../net/socket/tcp/info";
import { ANY_RATE } from "../../net/socket/tcp/send/pacing";

const MILLION: u64 = 1_000_000;
const BITS: u64 = 8;

/** Returns what `ss -i` prints below a connection, after the tab; `exact` as for -n. */
export function connectionDetails(connection: TcpConnection, exact: bool): string {
  const info = connection.info();
  const name = CONGESTION_NAMES[connection.congestionAlgorithm];
  return (
    negotiatedText(info) +
    ` ${name}` +
    sendingText(info) +
    trafficText(info, exact) +
    lossText(info) +
    receivingText(info)
  );
}

/** Returns what `ss -o` adds to the line of a connection: ` timer:(on,200ms,0)`, or "". */
export function timerText(connection: TcpConnection): string {
  const info = connection.info();
  if (info.timer == 0) return "";
  const left = max<i64>(info.timerLeft, 0) / 1000;
  return ` timer:(${TIMER_NAMES[info.timer]},${timeLeftText(left)},${info.timerCount})`;
}

function negotiatedText(info: TcpInfo): string {
  let text = "";
  if (info.timestamps) text += " ts";
  if (info.selective) text += " sack";
  if (info.ecn) text += " ecn";
  if (info.ecnSeen) text += " ecnseen";
  if (info.synData) text += " fastopen";
  return text;
}

function sendingText(info: TcpInfo): string {
  const scaled = info.sendShift + info.receiveShift > 0;
  let text = scaled ? ` wscale:${info.sendShift},${info.receiveShift}` : "";
  text += ` rto:${millisecondsText(info.timeout)}` + counted("backoff", info.backoff);
  if (info.roundTrip > 0) {
    text += ` rtt:${millisecondsText(info.roundTrip)}/${millisecondsText(info.variation)}`;
  }
  if (info.acknowledgmentDelay > 0) text += ` ato:${millisecondsText(info.acknowledgmentDelay)}`;
  text += ` mss:${info.sendSize}` + counted("pmtu", info.pathMtu);
  text += ` rcvmss:${info.receiveSize} advmss:${info.announcedSize} cwnd:${info.window}`;
  const open = info.threshold == THRESHOLD_INITIAL;
  return open ? text : `${text} ssthresh:${info.threshold}`;
}

function trafficText(info: TcpInfo, exact: bool): string {
  let text =
    counted("bytes_sent", info.bytesSent) +
    counted("bytes_retrans", info.bytesResent) +
    counted("bytes_acked", info.bytesAcknowledged) +
    counted("bytes_received", info.bytesReceived) +
    counted("segs_out", info.segmentsOut) +
    counted("segs_in", info.segmentsIn) +
    counted("data_segs_out", info.dataSegmentsOut) +
    counted("data_segs_in", info.dataSegmentsIn);
  if (info.roundTrip > 0) {
    const window = (info.window as u64) * info.sendSize;
    text += ` send ${rateText((window * BITS * MILLION) / (info.roundTrip as u64), exact)}bps`;
  }
  text += counted("lastsnd", (info.sinceSent / 1000) as u64);
  text += counted("lastrcv", (info.sinceReceived / 1000) as u64);
  text += counted("lastack", (info.sinceHeard / 1000) as u64);
  if (info.pacingRate > 0) {
    text += ` pacing_rate ${rateText(info.pacingRate * BITS, exact)}bps`;
    if (info.pacingMaximum != ANY_RATE) {
      text += `/${rateText((info.pacingMaximum as u64) * BITS, exact)}bps`;
    }
  }
  if (info.deliveryRate > 0) {
    text += ` delivery_rate ${rateText(info.deliveryRate * BITS, exact)}bps`;
  }
  text += counted("delivered", info.delivered);
  if (info.rateUserLimited) text += " app_limited";
  if (info.busy < 1000) return text;
  text += ` busy:${info.busy / 1000}ms`;
  return (
    text +
    shareText("rwnd_limited", info.peerLimited, info.busy) +
    shareText("sndbuf_limited", info.bufferLimited, info.busy)
  );
}

function lossText(info: TcpInfo): string {
  const total = info.retransmissions;
  return (
    counted("unacked", info.unacknowledged) +
    (total > 0 ? ` retrans:${info.resentInFlight}/${total}` : "") +
    counted("lost", info.lost) +
    counted("sacked", info.sacked) +
    counted("dsack_dups", info.duplicates) +
    counted("reord_seen", info.reorderings)
  );
}

function receivingText(info: TcpInfo): string {
  const shortest = info.minimumRoundTrip;
  return (
    counted("rcv_space", info.receiveSpace) +
    counted("rcv_ssthresh", info.receiveThreshold) +
    counted("notsent", info.notSent) +
    (shortest > 0 ? ` minrtt:${millisecondsText(shortest)}` : "") +
    counted("snd_wnd", info.sendWindow) +
    counted("rcv_wnd", info.receiveWindow)
  );
}

/** Returns ` name:value`, or "" if the value is 0. */
function counted(name: string, value: u64): string {
  return value == 0 ? "" : ` ${name}:${value}`;
}

/** Returns a time and its share of `whole`, if it is at least a millisecond. */
function shareText(name: string, micros: i64, whole: i64): string {
  if (micros < 1000) return "";
  const tenths = (1000 * micros) / whole;
  return ` ${name}:${micros / 1000}ms(${tenths / 10}.${tenths % 10}%)`;
}

/** Returns bits per second: 950, 12.5K or 3.1M; with `exact`, always the number. */
function rateText(rate: u64, exact: bool): string {
  if (exact || rate <= 1000) return rate.toString();
  const unit: u64 = rate > MILLION ? MILLION : 1000;
  const tenths = (rate * 10 + unit / 2) / unit;
  return `${tenths / 10}.${tenths % 10}${unit == MILLION ? "M" : "K"}`;
}

/** Returns microseconds as milliseconds with up to six digits, as printf's %g: 200, 0.054, 12.5. */
function millisecondsText(micros: i64): string {
  let unit: i64 = 1;
  while (micros / unit >= 1_000_000) unit *= 10;
  const rounded = ((micros + unit / 2) / unit) * unit;
  let fraction = (rounded % 1000).toString().padStart(3, "0");
  while (fraction.endsWith("0")) fraction = fraction.substring(0, fraction.length - 1);
  return fraction == "" ? `${rounded / 1000}` : `${rounded / 1000}.${fraction}`;
}

/** Returns milliseconds as ss(8) prints them: 1min59sec, 14sec, 20ms, but 4.020ms for 4.02 s. */
function timeLeftText(milliseconds: i64): string {
  const seconds = milliseconds / 1000;
  const minutes = seconds / 60;
  let text = minutes > 0 ? `${minutes}min` : "";
  const rest = minutes > 9 ? 0 : seconds % 60;
  const part = minutes > 0 || rest > 9 ? 0 : milliseconds % 1000;
  if (rest > 0) text += `${rest}${part > 0 ? "." : "sec"}`;
  if (part > 0) text += `${part.toString().padStart(3, "0")}ms`;
  return text;
}
