/**
 * A host whose only interface receives frames from the input. Every frame that it sends is checked,
 * and its queries are recorded, because responses must match them.
 */
import { SECOND } from "../../../core/time";
import { InterfaceSettings, NameServer, NetworkAddress } from "../../../net/service/settings";
import { NetworkStack } from "../../../net/service/stack";
import { EthernetHeader } from "../../../net/wire/ethernet";
import { Frame } from "../../../net/wire/frame";
import { HeldIpAddress } from "../../../net/wire/ip-address";
import { FixedClock } from "../../lab/entries/fixed-clock";
import { ScriptedDevice } from "../../lab/entries/scripted-device";
import { ScriptedEngine } from "../../lab/entries/scripted-engine";
import { SequenceRandom } from "../../lab/entries/sequence-random";
import { checkFrame } from "./check-frame";
import { FENCED_FRAMES, FencedPool } from "./fences";
import { LastQueries } from "./mend";

export const OWN_HARDWARE: u64 = 0x5254_0012_3456;
export const OWN_ADDRESS: u32 = 0x0a00_020f;
export const PEER_HARDWARE: u64 = 0x5255_0a00_0202;
export const PEER_ADDRESS: u32 = 0x0a00_0202;

/** Turns after which the host must be idle, and the number of timers that one `pass` runs. */
const TURNS: u32 = 1000;
const WAKE_UPS: u32 = 300;
/** Longer than any time-out of the host. */
const LONG: i64 = 20_000 * SECOND;

export class Wire {
  now: i64 = 10 * SECOND;
  readonly pool: FencedPool;
  readonly queries: LastQueries = new LastQueries();
  readonly device: ScriptedDevice;
  readonly stack: NetworkStack;

  constructor() {
    const pool = new FencedPool();
    this.pool = pool;
    this.device = new ScriptedDevice(pool, OWN_HARDWARE);
    this.stack = new NetworkStack(
      pool,
      new SequenceRandom(),
      new ScriptedEngine(),
      new FixedClock(),
    );
  }

  /** Brings the interface up: by DHCP, or as 10.0.2.15 with 10.0.2.2 as gateway and DNS server. */
  start(dhcp: bool): void {
    const settings = new InterfaceSettings();
    settings.dhcp = dhcp;
    if (!dhcp) {
      settings.addresses.push(new NetworkAddress(OWN_ADDRESS, 24));
      settings.gateway = PEER_ADDRESS;
      settings.nameServers.push(new NameServer(PEER_ADDRESS, 53));
    }
    this.stack.configuration.addDevice(this.device, settings, this.now);
    const net = this.stack.ip.interfaces[0];
    if (!dhcp) net.neighbors.add(HeldIpAddress.ofIpv4(PEER_ADDRESS).view, PEER_HARDWARE, this.now);
    this.turn();
  }

  /** Delivers a frame to the device; returns false if the pool is empty. */
  arrive(pointer: usize, length: u32): bool {
    const frame = this.pool.received(pointer, length);
    if (frame == null) return false;
    this.device.incoming.push(frame);
    return true;
  }

  /** Polls the host until it has nothing to do. */
  turn(): void {
    for (let turns: u32 = 0; this.stack.poll(this.now); turns++) {
      assert(turns < TURNS, "host does not come to rest");
      this.takeFrames();
    }
    this.takeFrames();
  }

  /** Lets time pass. The first WAKE_UPS timers run when they are due, later ones at the end. */
  pass(micros: i64): void {
    const end = this.now + micros;
    let stuck: u32 = 0;
    for (let i: u32 = 0; i < WAKE_UPS && this.now < end; i++) {
      const at = min(this.stack.pollAt(this.now), end);
      stuck = at <= this.now ? stuck + 1 : 0;
      assert(stuck < 20, "timer stays due");
      this.now = max(at, this.now);
      this.turn();
    }
    this.now = end;
    this.turn();
  }

  /** Asserts that all resources are free long after the last frame. */
  rest(): void {
    this.device.link = true;
    this.device.ring = 256;
    this.device.flush();
    this.pass(200 * SECOND);
    this.pass(LONG);
    const ip = this.stack.ip;
    assert(ip.ingress.reassembly.count() == 0, "datagram leaked");
    assert(ip.tcp.connectionCount() == 0, "connection leaked");
    assert(ip.tcp.timeWaitCount() == 0, "TIME-WAIT entry leaked");
    assert(this.pool.available == FENCED_FRAMES, "frame leaked");
  }

  private takeFrames(): void {
    for (;;) {
      const frame: Frame | null = this.device.outgoing.shift();
      if (frame == null) return;
      this.checkSent(frame);
      this.pool.release(frame);
    }
  }

  private checkSent(frame: Frame): void {
    assert(EthernetHeader.at(frame.start).source == OWN_HARDWARE, "foreign source");
    checkFrame(this.stack.ip, frame.start, frame.length);
    this.queries.note(frame.start, frame.length);
  }
}
