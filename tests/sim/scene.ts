/** A world built from its plan: twins, peers and a switch. Checks every frame; can capture all. */
import { Reel, traceOf } from "../../tools/tape/reel.ts";
import { emulated, slow } from "../lab/machine/pace.ts";
import { Twin } from "../lab/machine/twin.ts";
import { Checker } from "../lab/network/checker.ts";
import { DhcpServer, politeDhcp } from "../lab/network/dhcp-server.ts";
import { DnsServer, politeDns } from "../lab/network/dns-server.ts";
import { HttpServer, politeHttp } from "../lab/network/http-peer.ts";
import type { Capture } from "../lab/network/pcapng.ts";
import { Peer } from "../lab/network/peer.ts";
import { polite } from "../lab/network/peer-behavior.ts";
import { type Port, Switch } from "../lab/network/switch.ts";
import { PROMPT, SECOND, type Station, World } from "../lab/network/world.ts";
import { address, dotted } from "../lab/packets/bytes.ts";
import { behaviorOf } from "./conditions.ts";
import { LossWatch } from "./incidents.ts";
import { Operator } from "./operator.ts";
import type { Plan, TwinPlan } from "./plan.ts";
import { secureModules } from "./secure.ts";

const GATEWAY = "10.0.2.2";
/** CPUID as KVM reports itself and its clock's rate, in kilohertz (leaf 0x40000010). */
const HYPERVISOR = {
  1: [0, 0, 0x80000000, 0],
  1073741824: [0x40000010, 0, 0, 0],
  1073741840: [2_500_000, 0, 0, 0],
};
/** Nanoseconds between checks for connections that have fallen silent. */
const SILENCE_CHECK = 5 * SECOND;
const NAMES = { "web.test": "10.0.2.3", "alias.test": "10.0.2.3", "gate.test": GATEWAY };

export interface Member {
  plan: TwinPlan;
  twin: Twin;
  port: Port;
  operator: Operator;
  /** The tape of its kernel's inputs and actions. */
  reel: Reel;
  /** Tells whether its console said that its address was lost. */
  losses: LossWatch;
}

export class Scene {
  readonly world: World;
  readonly network: Switch;
  readonly checker = new Checker();
  readonly members: Member[] = [];
  readonly gateway: Peer;
  readonly web: Peer;
  readonly dhcp: DhcpServer;
  readonly dns: DnsServer;
  readonly servers: HttpServer[];
  /** The hosts whose addresses the twins have as name servers, in their order. */
  private readonly nameServers: Peer[];
  frames = 0;
  /** Whether the storm is over. */
  calmed = false;

  private constructor(
    readonly plan: Plan,
    private readonly capture: Capture | undefined,
    private readonly keepsTapes: boolean,
  ) {
    this.world = new World(plan.seed);
    this.network = new Switch(this.world);
    const peer = (name: string, at: string, last: number) =>
      new Peer(this.world, this.network, name, at, Uint8Array.of(2, 0, 0, 0, 0, last));
    this.gateway = peer("gateway", GATEWAY, 2);
    this.web = peer("web", "10.0.2.3", 3);
    const { gateway } = this;
    const { dhcp, firstServer } = plan.conditions;
    this.nameServers = firstServer === null ? [gateway] : [this.web, gateway];
    const servers = this.nameServers.map(({ address }) => address);
    const lease = { router: gateway.address, servers, first: "10.0.2.100" };
    this.dhcp = new DhcpServer(gateway, { ...lease, ...dhcp });
    this.dns = new DnsServer(gateway, NAMES);
    if (firstServer !== null) new DnsServer(this.web, NAMES).behavior = behaviorOf(firstServer);
    this.servers = [new HttpServer(gateway), new HttpServer(this.web)];
    this.network.taps.push((frame, time, from) => this.tap(frame, time, from));
    this.world.after(SILENCE_CHECK, () => this.checkSilence());
  }

  static async create(plan: Plan, capture?: Capture, keepsTapes = false): Promise<Scene> {
    const scene = new Scene(plan, capture, keepsTapes);
    for (const [i, each] of plan.twins.entries()) await scene.addTwin(each, i);
    return scene;
  }

  private async addTwin(plan: TwinPlan, index: number): Promise<void> {
    const mac = [2, 0, 0, 0, 1, index + 1];
    const names = this.nameServers.map(({ address: server }) => dotted(server)).join(":");
    const fixed = `ip=${plan.address}::${GATEWAY}:255.255.255.0:${plan.name}::off:${names}`;
    const pace = plan.slow ? slow : emulated;
    const cpuid = plan.hypervisor ? HYPERVISOR : {};
    const reel = new Reel(this.keepsTapes);
    const twin = await Twin.boot({
      name: plan.name,
      recorder: reel.recorder,
      seed: this.world.random.bits(),
      mac,
      commandLine: plan.dhcp ? "ip=dhcp" : fixed,
      modules: this.plan.secure ? secureModules : [],
      machine: { pace, cpuid, memoryLimit: plan.memory },
      nic: { kind: plan.nic, sendTime: plan.sendTime },
    });
    if (plan.dhcp) {
      // The DHCP server offers the address that the plan names.
      const key = 0x0200_0000_0101 + index;
      this.dhcp.leases.set(key, address(plan.address));
    }
    this.checker.allow(mac, address(plan.address));
    this.world.add(twin);
    const port = this.network.connectTwin(twin);
    port.down.priority = this.plan.conditions.priority;
    twin.onStop = () => this.checker.conversations.forget(address(plan.address));
    const [operator, losses] = [new Operator(this.world, twin), new LossWatch(twin)];
    this.members.push({ plan, twin, port, operator, reel, losses });
  }

  /** Begins faults and misbehaviour, until `calm`. */
  storm(): void {
    const { plan } = this;
    this.calmed = false;
    for (const { port, plan: own } of this.members) port.setFaults(own.down, own.up);
    const some = plan.rudeness;
    this.dhcp.behavior = {
      ...{ lease: plan.lease, silence: some, refuse: some / 2 },
      ...{ twice: some, delay: some * 3000, garbage: some },
    };
    this.dns.behavior = {
      ...politeDns,
      silence: some,
      fail: some,
      wrongId: some,
      garbage: some,
      delay: some * 1e3,
    };
    const { ackDelay } = plan;
    const { peerWindow: window, peerSegment: segment, peerOverrun: overrun } = plan;
    const tcp = { ...polite, window, segment, overrun, ackDelay };
    for (const server of this.servers) {
      server.behavior = { resets: some / 2, closes: some / 2, chunked: plan.chunked, tcp };
    }
  }

  /** Ends all faults and misbehaviour. */
  calm(): void {
    this.calmed = true;
    this.network.islands = undefined;
    for (const { port, twin } of this.members) {
      port.setFaults({});
      twin.setLink(true, this.world.now);
    }
    this.dhcp.behavior = { ...politeDhcp, lease: this.plan.lease };
    this.dns.behavior = politeDns;
    const { chunked } = this.plan;
    for (const server of this.servers) server.behavior = { ...politeHttp, chunked };
    // Responses to the first probe may still go to a network card that was replaced.
    for (const seconds of [0, 60, 120]) {
      this.world.after(seconds * SECOND, () => {
        for (const peer of [this.gateway, this.web]) peer.tcp.keepAlive();
      });
    }
  }

  /** Returns one of the two scripted hosts: 0 is the gateway, 1 the web server. */
  peer(index: number): Peer {
    return index === 0 ? this.gateway : this.web;
  }

  /** Excuses a twin's silence up to now, as it could not send. */
  excuse({ plan }: Member): void {
    this.checker.conversations.excuse(address(plan.address), 0, this.world.now);
  }

  /** Drops all output so far, to bound memory. All commands must be done. */
  forgetOutput(): void {
    for (const member of this.members) {
      const { operator, twin } = member;
      member.losses = new LossWatch(twin);
      twin.console = "";
      twin.machine.uart.output = twin.machine.uart.output.slice(-PROMPT.length);
      operator.outcomes.length = 0;
    }
  }

  /** Returns the hash over the tapes of all kernels. */
  trace(): string {
    return traceOf(this.members.map(({ reel }) => reel.digest()));
  }

  private checkSilence(): void {
    for (const member of this.members) if (member.losses.lost()) this.excuse(member);
    this.checker.checkSilence(this.world.now);
    this.world.after(SILENCE_CHECK, () => this.checkSilence());
  }

  private tap(frame: Uint8Array, time: number, from: Station): void {
    this.frames++;
    this.capture?.add(frame, time, from);
    const member = this.members.find(({ port }) => port.station === from);
    if (member) this.checker.check(frame, time, from.name, member.twin.mac);
    else this.checker.conversations.heard(frame, time);
  }
}
