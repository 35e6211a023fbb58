/**
 * The descriptors that driver and controller share: the legacy ones (SDM 3.2.3 and 3.3.3), and the
 * advanced ones of the 82576 and its successors (I210 7.1.4.2 and 7.2.2.3), which differ in their
 * second half. All fields are naturally aligned, so the compiler's layout equals the hardware's.
 */

/** Size of a descriptor of either kind, in bytes. */
export const DESCRIPTOR_BYTES: u32 = 16;
/** Alignment of a ring, which is an array of descriptors, in bytes; 16 for legacy ones. */
export const RING_ALIGNMENT: u32 = 128;

/**
 * A buffer for the controller to fill, and the status of the received frame (SDM 3.2.3).
 *
 *       63                48 47    40 39    32 31          16 15           0
 *      ┌────────────────────────────────────────────────────────────────────┐
 *    0 │                        buffer address                              │
 *    8 │ special           │ errors │ status │   checksum    │    length    │
 *      └────────────────────────────────────────────────────────────────────┘
 */
@unmanaged
export class ReceiveDescriptor {
  address: u64;
  length: u16;
  checksum: u16;
  status: u8;
  errors: u8;
  special: u16;

  static at(pointer: usize): ReceiveDescriptor {
    return changetype<ReceiveDescriptor>(pointer);
  }
}

/** Byte offset of the second half of a descriptor, which the controller writes back. */
export const WRITE_BACK: usize = 8;
// The second half of a receive descriptor as one u64: length, descriptor done, end of packet.
export const RECEIVE_LENGTH: u64 = 0xffff;
export const RECEIVE_DD: u64 = 1 << 32;
export const RECEIVE_EOP: u64 = 1 << 33;
/** CRC or alignment error. */
export const RECEIVE_CE: u64 = 1 << 40;
// Symbol, sequence, carrier extension and receive data errors, in this order.
export const RECEIVE_SE: u64 = 1 << 41;
export const RECEIVE_SEQ: u64 = 1 << 42;
export const RECEIVE_CXE: u64 = 1 << 44;
export const RECEIVE_RXE: u64 = 1 << 47;

/**
 * Converts the second half of an advanced receive descriptor, as the controller writes it, to that
 * of a legacy one; a CRC error is a receive data error (I210 7.1.4.2.2).
 *
 *       63                48 47           32 31           20 19               0
 *      ┌──────────────────────────────────────────────────────────────────────┐
 *    8 │ VLAN tag          │    length      │    errors     │      status     │
 *      └──────────────────────────────────────────────────────────────────────┘
 */
export function fromAdvanced(result: u64): u64 {
  const status = (result << 32) & (RECEIVE_DD | RECEIVE_EOP);
  return ((result >> 32) & RECEIVE_LENGTH) | status | ((result << 16) & RECEIVE_RXE);
}

/**
 * A buffer to send, with the command for it (SDM 3.3.3).
 *
 *       63                48 47    40 39 36 35 32 31    24 23    16 15      0
 *      ┌────────────────────────────────────────────────────────────────────┐
 *    0 │                        buffer address                              │
 *    8 │ special           │  CSS   │ RSV │ STA │  CMD   │  CSO   │ length  │
 *      └────────────────────────────────────────────────────────────────────┘
 */
@unmanaged
export class TransmitDescriptor {
  address: u64;
  length: u16;
  checksumOffset: u8;
  command: u8;
  status: u8;
  checksumStart: u8;
  special: u16;

  static at(pointer: usize): TransmitDescriptor {
    return changetype<TransmitDescriptor>(pointer);
  }
}

// TransmitDescriptor.command: end of packet; insert the frame check sequence; report status.
export const COMMAND_EOP: u8 = 1 << 0;
export const COMMAND_IFCS: u8 = 1 << 1;
export const COMMAND_RS: u8 = 1 << 3;
/** An advanced descriptor (DEXT) with data (DTYP 3), in the second half as one u64. */
export const ADVANCED_DATA: u64 = (1 << 29) | (3 << 20);
/** Where an advanced descriptor has the length of the frame (PAYLEN). */
export const ADVANCED_LENGTH_SHIFT: u64 = 46;
/** Descriptor done, in the second half as one u64. */
export const TRANSMIT_DD: u64 = 1 << 32;
