/**
 * The state of a connection at one moment, with the fields of TCP_INFO of Linux (linux/tcp.h).
 * Times are in microseconds, and sizes in bytes. cwnd, ssthresh, and what is in flight, lost or
 * SACKed count segments.
 */
import { NEVER } from "../../../core/time";
import { THRESHOLD_INITIAL } from "./congestion/window";
import { ControlBlock } from "./control-block";
import { rateOf } from "./output/pace";
import { ANY_RATE } from "./send/pacing";
import { before } from "./sequence";
import { ACK_DELAY } from "./timing";

/** The timer of a connection that expires next, in the words of ss(8). */
const enum Timer {
  Off = 0,
  On,
  KeepAlive,
  TimeWait,
  Persist,
}

/** In the order of `Timer`. */
export const TIMER_NAMES: StaticArray<string> = ["off", "on", "keepalive", "timewait", "persist"];

export class TcpInfo {
  timestamps: bool = false;
  selective: bool = false;
  ecn: bool = false;
  ecnSeen: bool = false;
  /** Whether data in a SYN was acknowledged (TCPI_OPT_SYN_DATA). */
  synData: bool = false;
  sendShift: u32 = 0;
  receiveShift: u32 = 0;
  timeout: i64 = 0;
  backoff: u32 = 0;
  roundTrip: i64 = 0;
  variation: i64 = 0;
  minimumRoundTrip: i64 = 0;
  /** The delay of ACKs; 0 before data has arrived. */
  acknowledgmentDelay: i64 = 0;
  sendSize: u32 = 0;
  receiveSize: u32 = 0;
  announcedSize: u32 = 0;
  pathMtu: u32 = 0;
  /** cwnd and ssthresh; THRESHOLD_INITIAL before the first loss. */
  window: u32 = 0;
  threshold: u32 = 0;
  bytesSent: u64 = 0;
  bytesResent: u64 = 0;
  bytesAcknowledged: u64 = 0;
  bytesReceived: u64 = 0;
  segmentsOut: u32 = 0;
  segmentsIn: u32 = 0;
  dataSegmentsOut: u32 = 0;
  dataSegmentsIn: u32 = 0;
  /** Since data was last sent, data last arrived, and anything last arrived. */
  sinceSent: i64 = 0;
  sinceReceived: i64 = 0;
  sinceHeard: i64 = 0;
  /** Bytes per second: the pacing rate, or 0; SO_MAX_PACING_RATE; what the peer receives. */
  pacingRate: u64 = 0;
  pacingMaximum: u32 = ANY_RATE;
  deliveryRate: u64 = 0;
  rateUserLimited: bool = false;
  delivered: u32 = 0;
  busy: i64 = 0;
  peerLimited: i64 = 0;
  bufferLimited: i64 = 0;
  unacknowledged: u32 = 0;
  resentInFlight: u32 = 0;
  retransmissions: u32 = 0;
  lost: u32 = 0;
  sacked: u32 = 0;
  duplicates: u32 = 0;
  reorderings: u32 = 0;
  /** What the user reads in a round trip, and the largest window that the buffer allows. */
  receiveSpace: u32 = 0;
  receiveThreshold: u32 = 0;
  notSent: u32 = 0;
  sendWindow: u32 = 0;
  receiveWindow: u32 = 0;
  /** The timer that expires next, by its index in `TIMER_NAMES`; its time left, and its retries. */
  timer: u32 = 0;
  timerLeft: i64 = 0;
  timerCount: u32 = 0;

  /** Reads the state at `now`. */
  constructor(block: ControlBlock, now: i64) {
    this.readSizes(block);
    this.readTimes(block, now);
    this.readTraffic(block);
  }

  private readSizes(block: ControlBlock): void {
    const negotiated = block.negotiated;
    const sender = block.sender;
    const receiver = block.receiver;
    const size = sender.segmentSize;
    this.timestamps = negotiated.timestamps;
    this.selective = negotiated.selective;
    this.ecn = block.ecn.agreed;
    this.ecnSeen = block.ecn.seen;
    this.synData = block.fastOpen.accepted;
    this.sendShift = sender.shift;
    this.receiveShift = receiver.shift;
    this.sendSize = size;
    this.receiveSize = receiver.segmentSize;
    this.announcedSize = negotiated.ownSegmentSize - negotiated.optionBytes;
    this.pathMtu = block.path.mtu;
    this.window = block.recovery.window / size;
    const threshold = block.congestion.threshold();
    this.threshold = threshold == THRESHOLD_INITIAL ? threshold : threshold / size;
    this.receiveSpace = receiver.readInRound;
    this.receiveThreshold = receiver.largestOffer;
    this.notSent = sender.unsent;
    this.sendWindow = sender.window;
    this.receiveWindow = receiver.window;
  }

  private readTimes(block: ControlBlock, now: i64): void {
    const roundTrip = block.roundTrip;
    const statistics = block.statistics;
    const liveness = block.liveness;
    const began = liveness.progressAt;
    this.timeout = roundTrip.timeout();
    this.backoff = roundTrip.backoffs;
    this.roundTrip = roundTrip.smoothed;
    this.variation = roundTrip.variation;
    this.minimumRoundTrip = block.recovery.rack.minimum;
    this.acknowledgmentDelay = statistics.dataSegmentsIn > 0 ? ACK_DELAY : 0;
    this.sinceSent = now - (liveness.sentAt > 0 ? liveness.sentAt : began);
    this.sinceReceived = now - (statistics.receivedAt > 0 ? statistics.receivedAt : began);
    this.sinceHeard = now - (liveness.heardAt > 0 ? liveness.heardAt : began);
    this.busy = statistics.busyTime(now);
    this.peerLimited = statistics.peerLimitedTime;
    this.bufferLimited = statistics.bufferLimitedTime;
    const timer = timerOf(block);
    this.timer = timer;
    const due = block.idleAt < block.retransmitAt ? block.idleAt : block.retransmitAt;
    this.timerLeft = timer == Timer.Off ? 0 : due - now;
    this.timerCount = timer == Timer.KeepAlive ? liveness.probeCount : roundTrip.backoffs;
  }

  private readTraffic(block: ControlBlock): void {
    const sender = block.sender;
    const segments = sender.segments;
    const statistics = block.statistics;
    const size = sender.segmentSize;
    const sent = statistics.bytesAcknowledged + (sender.maximum - sender.unacknowledged);
    const fin: u64 = before(sender.end, sender.maximum) ? 1 : 0;
    this.bytesSent = (sent > 0 ? sent - 1 - fin : 0) + statistics.bytesResent;
    this.bytesResent = statistics.bytesResent;
    this.bytesAcknowledged = statistics.bytesAcknowledged;
    this.bytesReceived = statistics.bytesReceived;
    this.segmentsOut = statistics.segmentsOut;
    this.segmentsIn = statistics.segmentsIn;
    this.dataSegmentsOut = statistics.dataSegmentsOut;
    this.dataSegmentsIn = statistics.dataSegmentsIn;
    this.pacingRate = rateOf(block);
    this.pacingMaximum = block.pacing.most;
    this.deliveryRate = statistics.deliveryRate;
    this.rateUserLimited = statistics.rateUserLimited;
    // A SYN and the data in it are one segment.
    const fastOpen = block.fastOpen;
    this.delivered = segments.arrivals - (fastOpen.accepted && fastOpen.sentBytes > 0 ? 1 : 0);
    this.unacknowledged = segments.count;
    this.resentInFlight = segments.countResent();
    this.retransmissions = segments.retransmissions;
    this.lost = inSegments(segments.lost, size);
    this.sacked = inSegments(segments.sacked, size);
    this.duplicates = statistics.duplicates;
    this.reorderings = statistics.reorderings;
  }
}

/** Returns what the timer that expires next is for; that of delayed ACKs does not count. */
function timerOf(block: ControlBlock): Timer {
  const idleFirst = block.idleAt < block.retransmitAt;
  if (!idleFirst && block.retransmitAt != NEVER) {
    return block.persist.running ? Timer.Persist : Timer.On;
  }
  if (!idleFirst) return Timer.Off;
  return block.liveness.keepAliveIdle > 0 ? Timer.KeepAlive : Timer.TimeWait;
}

function inSegments(bytes: u32, size: u32): u32 {
  return (bytes + size - 1) / size;
}
