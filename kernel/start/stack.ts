/** Starts the network stack over all NICs, with the boot configuration. */

import { HEAP_RESERVE } from "../../core/limits";
import { log } from "../../core/log";
import { MemoryGauge } from "../../core/memory-gauge";
import { MILLISECOND } from "../../core/time";
import { TimeOfDay } from "../../core/time-of-day";
import { Nic } from "../../drivers/nic";
import { PciDevice } from "../../drivers/pci/pci";
import { readEntropyDevice } from "../../drivers/virtio/rng";
import { now } from "../../machine/clock";
import { entropyReport, seededGenerator } from "../../machine/entropy";
import { collectGarbage } from "../../machine/host";
import { freeMemory } from "../../machine/memory";
import { FramePool } from "../../net/phy/pool";
import { NetworkStack } from "../../net/service/stack";
import { BootFiles } from "../config/boot-files";
import { Configuration } from "../config/configuration";
import { KernelParameters } from "../config/kernel-parameters";
import { startRemoteLog } from "./remote-log";
import { NativeTls } from "./tls-engine";
import { loadTlsFiles } from "./tls-files";

/** With less free memory than this, garbage is collected before objects have doubled. */
const SCARCE: u32 = 2 * HEAP_RESERVE;
/** The shortest time between two such collections, in microseconds, as a full heap takes long. */
const COLLECTION_INTERVAL: i64 = 500 * MILLISECOND;

class HeapGauge implements MemoryGauge {
  private collectAt: i64 = 0;

  freeBytes(): u32 {
    if (freeMemory() < SCARCE) this.collect();
    return freeMemory();
  }

  /** Has garbage collected after this turn, unless that was done just before. */
  private collect(): void {
    if (now() < this.collectAt) return;
    this.collectAt = now() + COLLECTION_INTERVAL;
    collectGarbage();
  }
}

/** Starts the stack. The first DHCPDISCOVER is sent in the first turn. */
export function startStack(
  configuration: Configuration,
  files: BootFiles,
  pool: FramePool,
  nics: Array<Nic>,
  devices: Array<PciDevice>,
  time: TimeOfDay,
): NetworkStack {
  const salt = nics.length > 0 ? nics[0].hardwareAddress() : 0;
  const generator = seededGenerator(salt, readEntropyDevice(devices));
  log(`random: ${entropyReport()}`);
  const engine = new NativeTls(generator, entropyReport(), time);
  if (engine.obstacle() != "") log(engine.obstacle());
  loadTlsFiles(files);
  const stack = new NetworkStack(pool, generator, engine, time);
  stack.setMemoryGauge(new HeapGauge());
  configuration.applyTo(new KernelParameters(stack.ip.tcp.settings));
  stack.configuration.setHostname(configuration.hostname);
  stack.http.setProxies(configuration.proxies.proxies);
  stack.insecureHttp.setProxies(configuration.proxies.proxies);
  const hosts = configuration.hosts;
  for (let i = 0; i < hosts.length; i++) stack.dns.hosts.add(hosts[i].name, hosts[i].address);
  configuration.devices = nics.length;
  for (let i = 0; i < nics.length; i++) {
    const nic = nics[i];
    const settings = configuration.settingsFor(`net${i}`, nic.hardwareAddress());
    stack.configuration.addDevice(nic, settings, now());
  }
  configuration.reportMissing();
  startRemoteLog(configuration.logs.netconsole, stack);
  startRemoteLog(configuration.logs.syslog, stack);
  return stack;
}
