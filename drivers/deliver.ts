/** How every driver passes a received frame to the stack. */
import { dmaArrived } from "../machine/host";
import { DeviceCounters } from "../net/phy/counters";
import { Frame } from "../net/wire/frame";

/** Sets the window of a frame whose storage holds `length` bytes, and counts the frame. */
export function deliver(frame: Frame, length: u32, counters: DeviceCounters): Frame {
  dmaArrived(frame.storage, length);
  frame.next = null;
  frame.start = frame.storage;
  frame.length = length;
  counters.receivedFrames++;
  counters.receivedBytes += length as u64;
  if ((load<u8>(frame.start) & 1) != 0) counters.receivedMulticast++;
  return frame;
}
