/**
 * The registers, commands and shared memory of VMware's vmxnet3, revision 1. VMware has published
 * no specification; these follow the layouts that its open drivers (Linux, FreeBSD) agree on.
 */

// BAR 0: interrupt mask of vector 0, producer indexes.
export const IMR: u32 = 0x000;
export const TXPROD: u32 = 0x600;
export const RXPROD: u32 = 0x800;

// BAR 1: revisions, address of the shared memory, command, hardware address, interrupt cause,
// events to acknowledge.
export const VRRS: u32 = 0x00;
export const UVRS: u32 = 0x08;
export const DSAL: u32 = 0x10;
export const DSAH: u32 = 0x18;
export const CMD: u32 = 0x20;
export const MACL: u32 = 0x28;
export const MACH: u32 = 0x30;
export const ICR: u32 = 0x38;
export const ECR: u32 = 0x40;

export const REVISION_1: u32 = 1;

// Commands; those that start with 0xf00d return a value when the register is read.
export const CMD_ACTIVATE: u32 = 0xcafe_0000;
export const CMD_QUIESCE: u32 = 0xcafe_0001;
export const CMD_RESET: u32 = 0xcafe_0002;
export const CMD_UPDATE_RX_MODE: u32 = 0xcafe_0003;
export const CMD_GET_STATISTICS: u32 = 0xf00d_0001;
/** The value has the link's state in bit 0 and its Mb/s in bits 31..16. */
export const CMD_GET_LINK: u32 = 0xf00d_0002;

/**
 * The memory that driver and device share: magic, configuration, events.
 *
 *     0 magic │ 8 driver │ 24 features │ 32 driver data │ 40 queues │ 48 lengths │ 56 MTU, counts
 *     80 interrupts │ 120 filter of received frames │ 648 unused │ 696 events │
 */
export const SHARED_SIZE: u32 = 768;
export const SHARED_ALIGNMENT: u32 = 128;
export const SHARED_MAGIC: u32 = 0xbabe_fee1;
export const DRIVER_VERSION: u32 = 8;
export const DRIVER_SYSTEM: u32 = 12;
export const DRIVER_REVISION: u32 = 16;
export const DRIVER_UPT: u32 = 20;
export const DRIVER_DATA: u32 = 32;
export const QUEUES: u32 = 40;
export const DRIVER_DATA_LENGTH: u32 = 48;
export const QUEUES_LENGTH: u32 = 52;
export const MTU: u32 = 56;
/** Buffers of one frame, 16 bits; queues of each direction, 8 bits each. */
export const RECEIVE_PARTS: u32 = 60;
export const TRANSMIT_QUEUES: u32 = 62;
export const RECEIVE_QUEUES: u32 = 63;
export const INTERRUPT_COUNT: u32 = 81;
export const INTERRUPT_LEVEL: u32 = 83;
export const RECEIVE_MODE: u32 = 120;
/** One bit for each VLAN. */
export const VLANS: u32 = 136;
export const EVENTS: u32 = 696;

/** A 64-bit system of type Linux, as no type is defined for AnonymOS. */
export const SYSTEM: u32 = 2 | (1 << 2);
/** The device chooses how many interrupts to coalesce. */
export const LEVEL_ADAPTIVE: u8 = 8;
/** Own address and broadcasts. */
export const MODE_STATION: u32 = 1 | 4;
// Events: a receive or transmit queue has stopped, the link has changed.
export const EVENT_QUEUES: u32 = 1 | 2;
export const EVENT_LINK: u32 = 4;

/** The descriptions of the queues, transmit first, and their fields. */
export const QUEUE_DESCRIPTION_SIZE: u32 = 256;
/** Receive: whether the device wants to be told of new buffers. */
export const QUEUE_UPDATE: u32 = 0;
export const QUEUE_RING: u32 = 16;
/** The address of the completion ring, and the entries of both rings. */
export const QUEUE_COMPLETIONS: u32 = 32;
export const QUEUE_ENTRIES: u32 = 56;
export const QUEUE_COMPLETION_ENTRIES: u32 = 64;
/** Receive: frames lost for lack of a buffer, and frames with errors, 64 bits each. */
export const RECEIVE_MISSED: u32 = 152;
export const RECEIVE_ERRORS: u32 = 160;

/** Every descriptor has 16 bytes; rings start on a multiple of 512. */
export const DESCRIPTOR_SIZE: u32 = 16;
export const RING_ALIGNMENT: u32 = 512;
/**
 * The generation bit, which flips with each round: bit 14 of word 2 of a transmit descriptor; the
 * top bit of word 2 of a receive descriptor, and of word 3 of a completion.
 */
export const TRANSMIT_GENERATION: u32 = 1 << 14;
export const GENERATION: u32 = 1 << 31;
/** Word 3 of a transmit descriptor: end of packet, report completion. */
export const TRANSMIT_LAST: u32 = (1 << 12) | (1 << 13);
/** Word 0 of a completion: the descriptor. */
export const COMPLETION_INDEX: u32 = 0xfff;
// Word 0 of a receive completion: end and start of a packet. Word 2: length, error.
export const COMPLETION_END: u32 = 1 << 14;
export const COMPLETION_START: u32 = 1 << 15;
export const COMPLETION_LENGTH: u32 = 0x3fff;
export const COMPLETION_ERROR: u32 = 1 << 14;
