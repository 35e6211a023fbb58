/** The virtio drivers: one device of each kind, found on PCI. */

import { logLines } from "../../../core/log";
import { scanPci } from "../../../drivers/pci/pci";
import { NET_CONFIG, VirtioNet } from "../../../drivers/virtio/net";
import { openPci } from "../../../drivers/virtio/pci";
import { readEntropyDevice } from "../../../drivers/virtio/rng";
import { FramePool } from "../../../net/phy/pool";
import { use } from "./nic";

export * from "./nic";

/** Returns whether the device has a transport. */
export function create(frames: u32): bool {
  const pool = new FramePool(frames);
  const pci = scanPci()[0];
  const transport = openPci(pci, NET_CONFIG);
  if (transport == null) return false;
  use(new VirtioNet(transport, pci, pool), pool);
  return true;
}

/** Returns random bytes from the entropy device. */
export function entropy(): StaticArray<u8> {
  return readEntropyDevice(scanPci());
}
export function logged(): string {
  return logLines().join("\n");
}
