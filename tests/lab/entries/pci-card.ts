/** Any network card that has a driver, found on PCI. */
import { createNic } from "../../../drivers/nic-probe";
import { scanPci } from "../../../drivers/pci/pci";
import { FramePool } from "../../../net/phy/pool";
import { use } from "./nic";

export * from "./nic";

/** Returns whether there is a driver. */
export function create(frames: u32): bool {
  const pool = new FramePool(frames);
  const nic = createNic(scanPci()[0], pool);
  if (nic == null) return false;
  use(nic, pool);
  return true;
}
