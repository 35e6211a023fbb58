/** The network, put together: the stack over every card, configured as the user asked. */
import { E1000 } from "../../drivers/e1000/e1000";
import { FramePool } from "../../net/phy/pool";
import { NetworkStack } from "../../net/service/stack";
import { MemoryGauge } from "../../net/socket/tcp/registry";
import { Configuration } from "../config/configuration";
import { now } from "../machine/clock";
import { seededGenerator } from "../machine/entropy";
import { freeMemory } from "../machine/memory";

class HeapGauge implements MemoryGauge {
  freeBytes(): u32 {
    return freeMemory();
  }
}

/** Starts the stack: DHCP's first DISCOVER leaves in the first turn. */
export function startNetworking(
  configuration: Configuration,
  pool: FramePool,
  cards: Array<E1000>,
): NetworkStack {
  const salt = cards.length > 0 ? cards[0].hardwareAddress() : 0;
  const stack = new NetworkStack(pool, seededGenerator(salt));
  stack.ip.tcp.setMemoryGauge(new HeapGauge());
  stack.setHostname(configuration.hostname);
  const hosts = configuration.hosts;
  for (let i = 0; i < hosts.length; i++) stack.dns.hosts.add(hosts[i].name, hosts[i].address);
  configuration.reportMissing(cards.length);
  for (let i = 0; i < cards.length; i++) {
    const card = cards[i];
    card.connectInterrupt();
    stack.addDevice(card, configuration.settingsFor(`net${i}`, card.hardwareAddress()), now());
  }
  return stack;
}
