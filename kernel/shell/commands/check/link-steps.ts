/** The steps of `check` for the link: the network card, the gateway's hardware address, a ping. */
import { SECOND } from "../../../../core/time";
import { NeighborState } from "../../../../net/iface/link/neighbor";
import { EchoSocket, NO_ERROR } from "../../../../net/socket/echo-socket";
import { formatHardware, formatIpv4, Ipv4Address } from "../../../../net/wire/address";
import { HeldIpAddress } from "../../../../net/wire/ip-address";
import { formatMilliseconds } from "../../time-text";
import { CheckContext } from "./context";
import { Step, Verdict } from "./step";

const DATA_BYTES: u32 = 56;
const NO_GATEWAY: string = "no gateway on the way";

/** How long to wait for an address, and then for a frame. */
const ADDRESS_WAIT: i64 = 9 * SECOND;
const FRAME_WAIT: i64 = 2 * SECOND;
/** How long to wait for a carrier: some cards need a second or two after their start. */
const CARRIER_WAIT: i64 = 3 * SECOND;

/**
 * Waits until an interface has an address, and then until the one on the way to the host has sent
 * and received frames; without a route, any interface.
 */
export class NicStep extends Step {
  /** When there was an address; 0 before. */
  private configuredAt: i64 = 0;
  private reason: string = "";

  constructor(private readonly ping: PingStep) {
    super("nic", ADDRESS_WAIT);
  }

  deadline(): i64 {
    return this.configuredAt > 0 ? this.configuredAt + FRAME_WAIT : super.deadline();
  }

  poll(context: CheckContext, now: i64): Verdict {
    const interfaces = context.stack.ip.interfaces;
    if (interfaces.length == 0) return this.verdict(Verdict.Fail, "no network device found");
    if (!hasCarrier(context)) {
      if (now < this.startedAt + CARRIER_WAIT) return Verdict.Pending;
      const one = interfaces.length == 1;
      return this.verdict(Verdict.Fail, one ? `${interfaces[0].name} has no link` : "no link");
    }
    if (!context.network.configured()) {
      this.reason = context.network.reason();
      return Verdict.Pending;
    }
    if (this.configuredAt == 0) {
      this.configuredAt = now;
      this.reason = "no frame received";
      context.findGateway();
      this.ping.prepare(context, now);
    }
    for (let i = 0; i < interfaces.length; i++) {
      if (context.iface != null && interfaces[i] !== context.iface) continue;
      const device = interfaces[i].device;
      const counters = device.counters();
      if (counters.sentFrames == 0 || counters.receivedFrames == 0) continue;
      const hardware = formatHardware(interfaces[i].hardware);
      return this.verdict(
        Verdict.Ok,
        `${interfaces[i].name} ${device.driverName()} ${hardware}: ` +
          `${counters.sentFrames} frames sent, ${counters.receivedFrames} received`,
      );
    }
    return Verdict.Pending;
  }

  timeoutText(): string {
    return this.reason;
  }
}

function hasCarrier(context: CheckContext): bool {
  const interfaces = context.stack.ip.interfaces;
  for (let i = 0; i < interfaces.length; i++) if (interfaces[i].linkUp) return true;
  return false;
}

/** Waits until the gateway's hardware address is resolved. */
export class ArpStep extends Step {
  private gateway: Ipv4Address = 0;

  constructor() {
    super("arp", 3 * SECOND);
  }

  poll(context: CheckContext, _now: i64): Verdict {
    const gateway = context.gateway;
    this.gateway = gateway;
    if (gateway == 0) return this.verdict(Verdict.Skip, NO_GATEWAY);
    const held = HeldIpAddress.ofIpv4(gateway);
    const interfaces = context.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      const neighbor = interfaces[i].neighbors.find(held.view);
      if (neighbor == null || neighbor.hardware == 0) continue;
      if (neighbor.state == NeighborState.Incomplete) continue;
      const hardware = formatHardware(neighbor.hardware);
      return this.verdict(Verdict.Ok, `gateway ${formatIpv4(gateway)} is at ${hardware}`);
    }
    return Verdict.Pending;
  }

  timeoutText(): string {
    return `no ARP reply from the gateway ${formatIpv4(this.gateway)}`;
  }
}

/**
 * Pings the gateway, without a failure if it does not reply: many routers do not. The first request
 * is sent as soon as there is an address.
 */
export class PingStep extends Step {
  private socket: EchoSocket | null = null;
  private sequence: u32 = 0;
  private nextAt: i64 = 0;

  constructor() {
    super("ping", 2 * SECOND);
  }

  /** Sends the first request: the traffic that the nic and arp steps wait for. */
  prepare(context: CheckContext, now: i64): void {
    if (context.gateway == 0) return;
    this.socket = context.stack.ip.echo.open();
    this.send(context, now);
  }

  poll(context: CheckContext, now: i64): Verdict {
    if (context.gateway == 0) return this.verdict(Verdict.Skip, NO_GATEWAY);
    const socket = this.socket;
    if (socket == null) return this.verdict(Verdict.Fail, "no free echo socket");
    while (socket.receive()) {
      if (socket.lastError != NO_ERROR || socket.lastFrom != context.gateway) continue;
      const time = formatMilliseconds(socket.lastArrival - socket.lastSentAt);
      return this.verdict(Verdict.Ok, `gateway ${formatIpv4(context.gateway)} in ${time} ms`);
    }
    if (now >= this.deadline()) return this.verdict(Verdict.Skip, "the gateway does not reply");
    if (now >= this.nextAt) this.send(context, now);
    return Verdict.Pending;
  }

  end(_context: CheckContext): void {
    const socket = this.socket;
    if (socket != null) socket.close();
    this.socket = null;
  }

  timeoutText(): string {
    return "no echo reply from the gateway";
  }

  private send(context: CheckContext, now: i64): void {
    const socket = this.socket;
    if (socket == null) return;
    socket.send(context.gateway, ++this.sequence, DATA_BYTES, now);
    this.nextAt = now + SECOND;
  }
}
