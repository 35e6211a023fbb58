/** The virtio drivers: a network device, on PCI or without it, and an entropy device on PCI. */

import { logLines } from "../../../core/log";
import { scanPci } from "../../../drivers/pci/pci";
import { mmioSlots } from "../../../drivers/virtio/mmio";
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

/** As `create`, with the device in slot `index` of those without PCI. */
export function createMmio(frames: u32, index: i32): bool {
  const pool = new FramePool(frames);
  const slot = mmioSlots(true)[index];
  if (slot.kind() != 1) return false;
  use(new VirtioNet(slot.open(), slot, pool), pool);
  return true;
}
/** The slots that are found, each with its line. */
export function slots(probes: bool): string {
  const found = mmioSlots(probes);
  const words: Array<string> = [];
  for (let i = 0; i < found.length; i++) {
    words.push(`${found[i].place()} ${found[i].interruptLine}`);
  }
  return words.join(", ");
}

/** Returns random bytes from the entropy device. */
export function entropy(): StaticArray<u8> {
  return readEntropyDevice(scanPci());
}
export function logged(): string {
  return logLines().join("\n");
}
