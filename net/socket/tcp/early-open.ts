/**
 * Fast Open of connections that a peer opens (RFC 7413 section 4.2): a SYN that has a valid cookie
 * delivers its data at once, and the connection is ready to be accepted before its handshake is
 * over; any other SYN that asks for a cookie gets one with the SYN,ACK.
 */
import { Random } from "../../../core/random";
import { ControlBlock } from "./control-block";
import { TcpCounter } from "./counters";
import { SERVER_COOKIE_BYTES, ServerCookies } from "./fast-open/server-cookies";
import { FastOpenSettings } from "./fast-open/settings";
import { TcpListener } from "./listen/listener";
import { TcpSegment } from "./segment";
import { Schedule } from "./time/schedule";

export class EarlyOpen {
  private readonly settings: FastOpenSettings;
  private readonly cookies: ServerCookies;
  /** The cookie to be sent. */
  private readonly cookie: StaticArray<u8> = new StaticArray<u8>(SERVER_COOKIE_BYTES as i32);

  constructor(
    private readonly schedule: Schedule,
    random: Random,
  ) {
    const settings = schedule.settings.fastOpen;
    this.settings = settings;
    this.cookies = new ServerCookies(settings, random);
  }

  /**
   * Handles the Fast Open option and the data of a SYN for which `block`, in SYN-RECEIVED, was just
   * opened. Unless data is accepted, the connection goes on as if there were none.
   */
  consider(listener: TcpListener, block: ControlBlock, segment: TcpSegment): void {
    const options = segment.synOptions();
    const counters = this.schedule.counters;
    const asks = options.fastOpen;
    if (!asks && segment.length == 0) return;
    if (asks && options.cookieBytes == 0) counters.add(TcpCounter.FastOpenCookieReqd);
    const settings = this.settings;
    const most = this.pendingMaximumOf(listener);
    if (most == 0 || (!asks && !settings.servesWithoutCookie)) return;
    if (!listener.fastOpens.admits(most, this.schedule.now)) {
      counters.add(TcpCounter.FastOpenListenOverflow);
      return;
    }
    if (!settings.servesWithoutCookie) {
      const ends = segment.endpoints;
      if (!this.cookies.isValid(ends, options.cookie, options.cookieBytes)) {
        if (options.cookieBytes > 0) counters.add(TcpCounter.FastOpenPassiveFail);
        this.giveCookie(block, segment);
        return;
      }
    }
    if (segment.length == 0 && listener.options.deferAccept > 0) return;
    if (this.begin(listener, block, segment)) {
      counters.add(TcpCounter.FastOpenPassive);
    } else {
      counters.add(TcpCounter.FastOpenPassiveFail);
      this.giveCookie(block, segment);
    }
  }

  /** Returns how many connections of a listener may be pending. */
  private pendingMaximumOf(listener: TcpListener): u32 {
    const settings = this.settings;
    if (!settings.serves) return 0;
    const own = listener.options.fastOpen;
    if (own == 0) return settings.servesEverywhere ? listener.backlog : 0;
    return min(own, this.schedule.settings.backlogMaximum);
  }

  /** Puts the peer's cookie into the SYN,ACK, in the form of the option that the peer uses. */
  private giveCookie(block: ControlBlock, segment: TcpSegment): void {
    const options = segment.synOptions();
    if (!options.fastOpen) return;
    const cookie = changetype<usize>(this.cookie);
    store<u64>(cookie, this.cookies.of(segment.endpoints));
    block.fastOpen.offer(cookie, SERVER_COOKIE_BYTES, options.experimental);
  }

  /**
   * Takes the data of the SYN, and has the connection accepted. Returns false, and does nothing, if
   * there is no memory for the data.
   */
  private begin(listener: TcpListener, block: ControlBlock, segment: TcpSegment): bool {
    const now = this.schedule.now;
    const receiver = block.receiver;
    const start = segment.sequence + 1;
    if (!receiver.reserve(start, segment.length)) return false;
    const moved = receiver.accept(start, segment.payload, segment.length, false);
    if (moved > 0) {
      block.statistics.sawData(now);
      block.statistics.received(moved);
      receiver.sawSegment(moved, block.negotiated.ownSegmentSize);
      block.liveness.acted(now);
    }
    block.congestion.start(block.sender.segmentSize, false);
    block.recovery.start(block.negotiated.selective);
    block.fastOpen.begin(moved > 0);
    listener.fastOpens.begin();
    listener.makeReady(block);
    return true;
  }
}
