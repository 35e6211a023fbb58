/** The 8254x driver: one controller, found on PCI. */
import { ReceiveDescriptor, TransmitDescriptor } from "../../../drivers/intel/descriptor";
import { E1000 } from "../../../drivers/intel/e1000";
import { scanPci } from "../../../drivers/pci/pci";
import { FramePool } from "../../../net/phy/pool";
import { use } from "./nic";

export * from "./nic";

export function create(frames: u32): void {
  const pool = new FramePool(frames);
  use(new E1000(scanPci()[0], pool), pool);
}

/** Offsets of a descriptor's fields, then its size; first of receive, then of transmit. */
export function fieldOffset(index: u32): usize {
  if (index == 0) return offsetof<ReceiveDescriptor>("address");
  if (index == 1) return offsetof<ReceiveDescriptor>("length");
  if (index == 2) return offsetof<ReceiveDescriptor>("checksum");
  if (index == 3) return offsetof<ReceiveDescriptor>("status");
  if (index == 4) return offsetof<ReceiveDescriptor>("errors");
  if (index == 5) return offsetof<ReceiveDescriptor>("special");
  if (index == 6) return offsetof<ReceiveDescriptor>();
  if (index == 7) return offsetof<TransmitDescriptor>("address");
  if (index == 8) return offsetof<TransmitDescriptor>("length");
  if (index == 9) return offsetof<TransmitDescriptor>("checksumOffset");
  if (index == 10) return offsetof<TransmitDescriptor>("command");
  if (index == 11) return offsetof<TransmitDescriptor>("status");
  if (index == 12) return offsetof<TransmitDescriptor>("checksumStart");
  if (index == 13) return offsetof<TransmitDescriptor>("special");
  return offsetof<TransmitDescriptor>();
}
