/**
 * The state of one connection (the TCB of RFC 9293 section 3.3.1): its ends, its place in the state
 * diagram, and one object for each subject. Each object alone writes its fields, except for the
 * links at the end.
 */
import { TCP_CONNECTION_BYTES, TCP_OWN_CONNECTIONS } from "../../../core/limits";
import { Wakeable, wake } from "../../../core/wakeable";
import { DEFAULT_TTL, ECN_BITS } from "../../wire/ipv4";
import { Endpoints } from "../endpoints";
import { SocketError } from "../error";
import { Path } from "../path";
import { CongestionAlgorithm, CongestionController } from "./congestion/controller";
import { CUBIC_PARTS_BYTES, Cubic } from "./congestion/cubic";
import { Ecn } from "./congestion/ecn";
import { NewReno } from "./congestion/new-reno";
import { TcpCounters } from "./counters";
import { FastOpen } from "./fast-open/fast-open";
import { RECOVERY_PARTS_BYTES, Recovery } from "./loss/recovery";
import { Negotiated } from "./negotiated";
import { Acknowledgments } from "./receive/acknowledgments";
import { Reassembly } from "./receive/reassembly";
import { Receiver } from "./receive/receiver";
import { Pacing } from "./send/pacing";
import { PathMtu } from "./send/path-mtu";
import { PersistTimer } from "./send/persist";
import { Sender } from "./send/sender";
import { SentSegments } from "./send/sent-segments";
import { CONGESTION_DEFAULT, SocketOptions } from "./socket-options";
import { nextState, TcpEvent, TcpState } from "./state";
import { Statistics } from "./statistics";
import { Liveness } from "./time/liveness";
import { RoundTripTime } from "./time/round-trip-time";
import { Schedule, Scheduled } from "./time/schedule";
import { Timestamps } from "./time/timestamps";

/** The queue of its listener in which a connection waits. */
export const enum ListenQueue {
  /** In no queue: the connection was opened by this host, was accepted, or is over. */
  None = 0,
  /** SYN-RECEIVED. */
  HalfOpen,
  /** Established, or exchanging data by Fast Open; to be accepted. */
  Ready,
}

/**
 * What is due at `Scheduled.retransmitAt` while something is in flight. With nothing in flight,
 * that is the persist timer's time, and this is Timeout.
 */
export const enum TimerUse {
  /** The retransmission timeout (RFC 6298). */
  Timeout = 0,
  /** A tail loss probe (RFC 8985 section 7). */
  Probe,
  /** The reordering timer of RACK (RFC 8985 section 6). */
  Reordering,
}

// The offsets of the parts in their common memory, and the bytes of all of them.
const ACKNOWLEDGMENTS: usize = (offsetof<Negotiated>() + 7) & ~7;
const SENT_SEGMENTS: usize = ACKNOWLEDGMENTS + ((offsetof<Acknowledgments>() + 7) & ~7);
const PERSIST: usize = SENT_SEGMENTS + ((offsetof<SentSegments>() + 7) & ~7);
const RECOVERY: usize = PERSIST + ((offsetof<PersistTimer>() + 7) & ~7);
const ROUND_TRIP: usize = RECOVERY + ((RECOVERY_PARTS_BYTES + 7) & ~7);
const TIMESTAMPS: usize = ROUND_TRIP + ((offsetof<RoundTripTime>() + 7) & ~7);
const LIVENESS: usize = TIMESTAMPS + ((offsetof<Timestamps>() + 7) & ~7);
const REASSEMBLY: usize = LIVENESS + ((offsetof<Liveness>() + 7) & ~7);
const ECN: usize = REASSEMBLY + ((offsetof<Reassembly>() + 7) & ~7);
const PATH_MTU: usize = ECN + ((offsetof<Ecn>() + 7) & ~7);
const PACING: usize = PATH_MTU + ((offsetof<PathMtu>() + 7) & ~7);
const STATISTICS: usize = PACING + ((offsetof<Pacing>() + 7) & ~7);
const FAST_OPEN: usize = STATISTICS + ((offsetof<Statistics>() + 7) & ~7);
const CONTROLLER: usize = FAST_OPEN + ((offsetof<FastOpen>() + 7) & ~7);
const PARTS_BYTES: usize = CONTROLLER + CUBIC_PARTS_BYTES;

export class ControlBlock extends Scheduled {
  readonly endpoints: Endpoints = new Endpoints();
  readonly path: Path = new Path();
  state: TcpState = TcpState.Closed;
  /** Why the connection is over, once `state` is Closed; None if it ended normally. */
  error: SocketError = SocketError.None;
  /** An error that is reported only if the connection fails for good (RFC 9293, MUST-56). */
  softError: SocketError = SocketError.None;
  /** Whether ESTABLISHED was reached. */
  wasEstablished: bool = false;
  /** Whether the connection began in SYN-RECEIVED, with a SYN of the peer. */
  passive: bool = false;
  /** Whether the user has released the connection and will not read any more. */
  orphaned: bool = false;
  /** Whether the user has ended reading (SHUT_RD). */
  readEnded: bool = false;
  /**
   * Until when an ACK without data does not end the handshake (TCP_DEFER_ACCEPT); 0 until the first
   * such ACK.
   */
  deferredUntil: i64 = 0;
  /** TCP_NOTSENT_LOWAT: bytes that may wait to be sent; 0 for the host's setting. */
  notSentMaximum: u32 = 0;
  /** Whether the connection is over, but data that had arrived can still be read. */
  keptForReading: bool = false;
  /** What the retransmission timer is for. */
  timer: TimerUse = TimerUse.Timeout;
  /** When the retransmission timeout is due, if something is in flight. */
  timeoutAt: i64 = 0;
  /** Whether a RST is sent in the next `dispatch`; the connection is already closed. */
  resetDue: bool = false;
  /**
   * TCP_LINGER2: microseconds in FIN-WAIT-2 once the user has released the connection, at most the
   * host's setting; 0 for that setting, or NO_FIN_WAIT to reset the connection instead.
   */
  finTimeout: i64 = 0;
  /** TCP_SYNCNT: how often the SYN is sent again; 0 for the host's setting. */
  synRetries: u32 = 0;
  /** Whether Nagle is off: small segments do not wait for those in flight. */
  noDelay: bool = false;
  /**
   * The user timeout (RFC 9293 section 3.9.1): the connection fails when what it sends is not
   * acknowledged for this many microseconds. 0 means the R2 times in timing.ts and the limits of
   * retries, which are ignored otherwise.
   */
  userTimeout: i64 = 0;

  /** Woken when a segment arrives, and when the connection ends. */
  private subscriber: Wakeable | null = null;

  readonly negotiated: Negotiated;
  readonly receiver: Receiver;
  readonly acknowledgments: Acknowledgments;
  readonly sender: Sender;
  readonly pacing: Pacing;
  readonly persist: PersistTimer;
  readonly recovery: Recovery;
  congestion: CongestionController;
  readonly ecn: Ecn;
  readonly roundTrip: RoundTripTime;
  readonly timestamps: Timestamps;
  readonly liveness: Liveness;
  readonly statistics: Statistics;
  readonly fastOpen: FastOpen;
  /**
   * The memory of the parts that hold no references. Allocating them as one object makes opening a
   * connection cheaper by a seventh.
   */
  readonly parts: StaticArray<u8>;

  // Links of the lists that the connection is in. Only the file named above a link writes it.
  /** listen/queue.ts */
  queue: ListenQueue = ListenQueue.None;
  queueBefore: ControlBlock | null = null;
  queueAfter: ControlBlock | null = null;
  /** demux.ts */
  hashNext: ControlBlock | null = null;
  /** registry.ts */
  tableIndex: u32 = 0;

  constructor(schedule: Schedule) {
    super(schedule);
    const parts = new StaticArray<u8>(PARTS_BYTES as i32);
    const memory = changetype<usize>(parts);
    const counters = schedule.counters;
    const settings = schedule.settings;
    const congestion = controllerOf(settings.congestion, memory + CONTROLLER, counters);
    const ecn = Ecn.at(memory + ECN);
    const segments = SentSegments.at(memory + SENT_SEGMENTS);
    const pathMtu = PathMtu.at(memory + PATH_MTU);
    const sender = new Sender(schedule.pages, segments, pathMtu, settings);
    this.parts = parts;
    this.negotiated = Negotiated.at(memory, settings);
    this.receiver = new Receiver(
      schedule.pages,
      Reassembly.at(memory + REASSEMBLY),
      counters,
      settings,
    );
    this.acknowledgments = Acknowledgments.at(memory + ACKNOWLEDGMENTS);
    this.sender = sender;
    this.pacing = Pacing.at(memory + PACING);
    this.persist = PersistTimer.at(memory + PERSIST);
    this.recovery = new Recovery(sender, congestion, ecn, memory + RECOVERY, counters);
    this.congestion = congestion;
    this.ecn = ecn;
    this.roundTrip = RoundTripTime.at(memory + ROUND_TRIP);
    this.timestamps = Timestamps.at(memory + TIMESTAMPS);
    this.liveness = Liveness.at(memory + LIVENESS, settings);
    this.statistics = Statistics.at(memory + STATISTICS);
    this.fastOpen = FastOpen.at(memory + FAST_OPEN);
  }

  /** Begins in SYN-SENT or, for a SYN that arrived, in SYN-RECEIVED. */
  open(state: TcpState, initialSequence: u32): void {
    this.state = state;
    this.passive = state == TcpState.SynReceived;
    if (this.passive) {
      const own = TCP_OWN_CONNECTIONS * TCP_CONNECTION_BYTES;
      this.sender.ring.spare(own);
      this.receiver.ring.spare(own);
    }
    this.liveness.progressed(this.schedule.now);
    this.sender.start(initialSequence);
  }

  /** Notes why the connection could not be opened. */
  failToOpen(error: SocketError): void {
    this.error = error;
  }

  /** Changes the state as the state diagram says. */
  move(event: TcpEvent): void {
    this.state = nextState(this.state, event);
  }

  /** Notes that ESTABLISHED was reached. */
  established(now: i64): void {
    this.wasEstablished = true;
    this.liveness.established(now);
    if (this.liveness.keepAliveIdle > 0) this.setIdle(now + this.liveness.keepAliveIdle);
  }

  /** Makes the next `dispatch` send an ACK. */
  acknowledge(): void {
    this.acknowledgments.owe(this);
  }

  /** Makes the next `dispatch` send a challenge ACK, unless there were too many (RFC 5961). */
  challenge(now: i64): void {
    this.acknowledgments.challenge(this, now);
  }

  subscribe(subscriber: Wakeable | null): void {
    this.subscriber = subscriber;
  }

  /** Tells the user that something has happened. */
  notify(): void {
    wake(this.subscriber);
  }

  /** Notes an error that does not end the connection. */
  softFail(error: SocketError): void {
    this.softError = error;
  }

  /** Ends the connection: stops its timers, and sends nothing more except a RST that is due. */
  end(error: SocketError): void {
    this.error = error;
    this.move(TcpEvent.Drop);
    this.sender.release();
    this.stopTimers();
    this.wake();
    this.notify();
  }

  /** Ends the connection with a RST to the peer. */
  reset(): void {
    this.resetDue = true;
    this.end(SocketError.None);
  }

  /**
   * Drops everything queued and ends the connection with a RST to the peer, or without one in
   * SYN-SENT (RFC 9293 section 3.10.5). TIME-WAIT goes on, but nothing can be read any more.
   */
  abort(): void {
    this.receiver.release();
    if (this.state == TcpState.Closed || this.state == TcpState.TimeWait) this.wake();
    else if (this.state == TcpState.SynSent) this.end(SocketError.None);
    else this.reset();
  }

  /** Notes that the RST was sent, or must not be sent. */
  clearReset(): void {
    this.resetDue = false;
  }

  /** Notes that the user has released the connection. */
  orphan(): void {
    if (this.attached && !this.orphaned) this.schedule.orphaned();
    this.orphaned = true;
  }

  /** Notes that the user has ended reading. */
  endReading(): void {
    this.readEnded = true;
  }

  /** Ignores ACKs without data in the handshake until `until`. */
  deferUntil(until: i64): void {
    this.deferredUntil = until;
  }

  /** Keeps the received data readable although the connection is over. */
  keepForReading(): void {
    this.keptForReading = true;
  }

  /** Called when the registry removes the connection: nothing can be read any more. */
  forget(): void {
    if (this.attached && this.orphaned) this.schedule.orphanEnded();
    this.receiver.release();
    this.detach();
    this.keptForReading = false;
  }

  /** Notes what the retransmission timer is for. */
  setTimerUse(use: TimerUse): void {
    this.timer = use;
  }

  /** Notes when the retransmission timeout is due. */
  setTimeoutAt(at: i64): void {
    this.timeoutAt = at;
  }

  /** Takes over the options of a socket. */
  adopt(options: SocketOptions): void {
    const path = this.path;
    path.trafficClass = (options.trafficClass & ~ECN_BITS) | (path.trafficClass & ECN_BITS);
    path.timeToLive = options.timeToLive != 0 ? options.timeToLive : DEFAULT_TTL;
    path.setMark(options.mark);
    this.noDelay = options.noDelay;
    this.userTimeout = options.userTimeout;
    this.finTimeout = options.finTimeout;
    this.synRetries = options.synRetries;
    if (options.receiveBytes != 0) this.receiver.fixBuffer(options.receiveBytes);
    if (options.sendBytes != 0) this.sender.fixBuffer(options.sendBytes);
    this.notSentMaximum = options.notSentMaximum;
    this.acknowledgments.setQuick(this, options.quickAck);
    this.pacing.limit(options.pacingRate);
    if (options.congestion != CONGESTION_DEFAULT) this.changeController(options.congestion);
    const liveness = this.liveness;
    liveness.setProbes(options.keepAliveInterval, options.keepAliveProbes);
    const idle = options.keepAliveIdle;
    const usual = this.schedule.settings.keepAliveIdle;
    this.keepAlive(!options.keepAlive ? 0 : idle != 0 ? idle : usual);
  }

  /** Probes a peer that is silent for `idle` microseconds; 0 disables probes. */
  keepAlive(idle: i64): void {
    this.liveness.setKeepAlive(idle);
    const open = this.state == TcpState.Established || this.state == TcpState.CloseWait;
    if (idle > 0 && open) this.setIdle(this.schedule.now + idle);
    else if (this.state != TcpState.FinWait2) this.stopIdle();
  }

  /** Changes the congestion controller; the windows stay. */
  private changeController(algorithm: CongestionAlgorithm): void {
    const old = this.congestion;
    if (old.algorithm() == algorithm) return;
    const parts = changetype<usize>(this.parts) + CONTROLLER;
    const window = old.window();
    const threshold = old.threshold();
    memory.fill(parts, 0, CUBIC_PARTS_BYTES);
    const congestion = controllerOf(algorithm, parts, this.schedule.counters);
    congestion.replace(window, threshold);
    this.congestion = congestion;
    this.recovery.setController(congestion);
  }

  setNoDelay(on: bool): void {
    this.noDelay = on;
  }
  setUserTimeout(micros: i64): void {
    this.userTimeout = micros;
  }
}

/** `memory` is for the parts of a controller. */
function controllerOf(
  algorithm: CongestionAlgorithm,
  memory: usize,
  counters: TcpCounters,
): CongestionController {
  return algorithm == CongestionAlgorithm.NewReno ? new NewReno() : new Cubic(memory, counters);
}
