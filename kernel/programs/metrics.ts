/**
 * What `httpd` serves at /metrics: the state of the kernel for Prometheus. A metric that
 * Prometheus' node_exporter has too has the same name here; the names of all others begin with
 * anonymos_.
 */
import { NAME, VERSION } from "../../core/version";
import { wallClock } from "../../machine/clock";
import { buildTime } from "../../machine/host";
import { freeMemory, usableMemory, usedMemory } from "../../machine/memory";
import { Interface } from "../../net/iface/interface";
import { DeviceCounters } from "../../net/phy/counters";
import { NetworkStack } from "../../net/service/stack";
import { formatHardware } from "../../net/wire/address";
import { DROP_NAMES, Drop } from "../../net/wire/drop";
import { label, MetricsText } from "./metrics-text";
import { COUNTER_GROUPS, counterGroup, NetworkCounters } from "./network-counters";

export const METRICS_TYPE: string = "text/plain; version=0.0.4; charset=utf-8";

/** The counters of a device, under node_exporter's names, in the order of `deviceCounter`. */
const DEVICE_COUNTERS: StaticArray<string> = [
  "receive_bytes",
  "receive_packets",
  "receive_multicast",
  "receive_errs",
  "receive_drop",
  "receive_fifo",
  "receive_frame",
  "transmit_bytes",
  "transmit_packets",
  "transmit_errs",
  "transmit_drop",
  "transmit_colls",
  "transmit_carrier",
];

export class Metrics {
  private readonly text: MetricsText = new MetricsText();
  private readonly counters: NetworkCounters;
  /** All interfaces, the loopback first, and the label of each. */
  private readonly interfaces: Array<Interface> = [];
  private readonly labels: Array<string> = [];

  constructor(private readonly stack: NetworkStack) {
    this.counters = new NetworkCounters(stack);
    this.addInterface(stack.ip.loopback);
    for (let i = 0; i < stack.ip.interfaces.length; i++) this.addInterface(stack.ip.interfaces[i]);
  }

  /** Returns the page. */
  page(): ArrayBuffer {
    this.addSystem();
    this.addMemory();
    this.addDevices();
    this.addSockets();
    this.addProtocols();
    this.addDrops();
    return this.text.take();
  }

  private addInterface(iface: Interface): void {
    this.interfaces.push(iface);
    this.labels.push(label("device", iface.name));
  }

  private addSystem(): void {
    const text = this.text;
    const name = label("nodename", this.stack.configuration.hostname());
    text.family("anonymos_build_info", "gauge", "Version and source date of the kernel.");
    text.sample(`{${label("version", VERSION)},source_date="${buildTime()}"}`, 1);
    text.family("node_uname_info", "gauge", "Name of the system and of this host.");
    text.sample(
      `{domainname="(none)",machine="x86_64",${name},${label("release", VERSION)},` +
        `${label("sysname", NAME)},version="${buildTime()}"}`,
      1,
    );
    const now = this.stack.ip.now;
    text.family("node_time_seconds", "gauge", "System time in seconds since epoch (1970).");
    text.seconds(wallClock());
    text.family("node_boot_time_seconds", "gauge", "Node boot time, in unixtime.");
    text.seconds(wallClock() - now);
  }

  private addMemory(): void {
    const text = this.text;
    const pool = this.stack.pool;
    this.addMemoryField("MemTotal", usableMemory());
    // Memory that linear memory cannot grow into is not free: the kernel cannot use it.
    this.addMemoryField("MemFree", freeMemory());
    this.addMemoryField("MemAvailable", freeMemory());
    text.single("anonymos_heap_used_bytes", "gauge", "Heap in use, with garbage.", usedMemory());
    text.single("anonymos_frames", "gauge", "Frames of the pool.", pool.count);
    text.single("anonymos_frames_free", "gauge", "Frames that are free.", pool.available);
  }

  private addMemoryField(name: string, value: u64): void {
    const help = `Memory information field ${name}_bytes.`;
    this.text.single(`node_memory_${name}_bytes`, "gauge", help, value);
  }

  private addDevices(): void {
    const text = this.text;
    for (let i = 0; i < DEVICE_COUNTERS.length; i++) {
      const name = DEVICE_COUNTERS[i];
      text.family(`node_network_${name}_total`, "counter", `Network device statistic ${name}.`);
      for (let j = 0; j < this.interfaces.length; j++) {
        const counters = this.interfaces[j].device.counters();
        text.sample(`{${this.labels[j]}}`, deviceCounter(counters, i));
      }
    }
    text.family("node_network_info", "gauge", "Address and state of a network device.");
    for (let j = 0; j < this.interfaces.length; j++) {
      const iface = this.interfaces[j];
      const state = isUp(iface) ? "up" : "down";
      const address = label("address", formatHardware(iface.hardware));
      text.sample(`{${address},${this.labels[j]},operstate="${state}"}`, 1);
    }
    text.family("node_network_up", "gauge", "Whether the device is up and has a carrier.");
    for (let j = 0; j < this.interfaces.length; j++) {
      text.sample(`{${this.labels[j]}}`, isUp(this.interfaces[j]) ? 1 : 0);
    }
    text.family("node_network_carrier_changes_total", "counter", "Changes of the carrier.");
    for (let j = 0; j < this.interfaces.length; j++) {
      text.sample(`{${this.labels[j]}}`, this.interfaces[j].linkChanges);
    }
    text.family("node_network_mtu_bytes", "gauge", "Network device property: mtu_bytes.");
    for (let j = 0; j < this.interfaces.length; j++) {
      text.sample(`{${this.labels[j]}}`, this.interfaces[j].mtu);
    }
  }

  private addSockets(): void {
    const tcp = this.stack.ip.tcp;
    const udp = this.stack.ip.udp;
    this.addSocketCount("TCP", "inuse", tcp.connectionCount() + tcp.listenerCount());
    this.addSocketCount("TCP", "tw", tcp.timeWaitCount());
    this.addSocketCount("UDP", "inuse", udp.count);
  }

  private addSocketCount(protocol: string, state: string, value: u64): void {
    const help = `Number of ${protocol} sockets in state ${state}.`;
    this.text.single(`node_sockstat_${protocol}_${state}`, "gauge", help, value);
  }

  /** Adds the counters of `nstat`, untyped as in node_exporter. */
  private addProtocols(): void {
    const counters = this.counters;
    for (let i = 0; i < counters.count; i++) {
      const name = counters.nameAt(i);
      const group = COUNTER_GROUPS[counterGroup(name)];
      const full = `node_netstat_${group}_${name.substring(group.length)}`;
      this.text.single(full, "untyped", `Statistic ${name}.`, counters.valueAt(i));
    }
  }

  /** Adds the packets dropped, by interface and reason; reasons without any are left out. */
  private addDrops(): void {
    const text = this.text;
    text.family("anonymos_dropped_packets_total", "counter", "Received packets that were dropped.");
    for (let j = 0; j < this.interfaces.length; j++) {
      const drops = this.interfaces[j].drops;
      for (let reason = 1; reason < Drop.COUNT; reason++) {
        const count = drops.of(reason);
        if (count > 0) text.sample(`{${this.labels[j]},reason="${DROP_NAMES[reason]}"}`, count);
      }
    }
  }
}

function isUp(iface: Interface): bool {
  return iface.up && iface.linkUp;
}

/** Returns a counter by its index in `DEVICE_COUNTERS`. */
function deviceCounter(counters: DeviceCounters, index: i32): u64 {
  switch (index) {
    case 0:
      return counters.receivedBytes;
    case 1:
      return counters.receivedFrames;
    case 2:
      return counters.receivedMulticast;
    case 3:
      return counters.receiveErrors();
    case 4:
      return counters.receiveDropped();
    case 5:
      return counters.fifoErrors;
    case 6:
      return counters.frameErrors;
    case 7:
      return counters.sentBytes;
    case 8:
      return counters.sentFrames;
    case 9:
      return counters.sendErrors();
    case 10:
      return counters.sendDropped();
    case 11:
      return counters.collisions;
    default:
      return counters.carrierErrors;
  }
}
