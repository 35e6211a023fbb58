/**
 * The registers and descriptors of the RTL8139C+ in C+ mode that the driver uses. DS here and in
 * the driver is Realtek's RTL8139C(L)+ datasheet, revision 1.6.
 */

/** The hardware address, six bytes. */
export const IDR0: u32 = 0x00;
/** Addresses of the rings, 64 bits each: transmit at normal priority, receive. */
export const TNPDS: u32 = 0x20;
export const RDSAR: u32 = 0xe4;
/** Command, 8 bits. */
export const CR: u32 = 0x37;
/** Interrupt mask and status, 16 bits; ones written to the status clear it. */
export const IMR: u32 = 0x3c;
export const ISR: u32 = 0x3e;
/** Configuration of transmission and reception. */
export const TCR: u32 = 0x40;
export const RCR: u32 = 0x44;
/** Missed packets, 24 bits; a write clears it. */
export const MPC: u32 = 0x4c;
/** Media status, 8 bits. */
export const MSR: u32 = 0x58;
/** Transmit polling, 8 bits. */
export const TPPOLL: u32 = 0xd9;
/** C+ command, 16 bits. */
export const CPCR: u32 = 0xe0;

export const CR_RST: u32 = 1 << 4;
export const CR_RE: u32 = 1 << 3;
export const CR_TE: u32 = 1 << 2;

export const CPCR_TRANSMIT: u32 = 1 << 0;
export const CPCR_RECEIVE: u32 = 1 << 1;
/** PCI multiple reads and writes. */
export const CPCR_MULTIPLE: u32 = 1 << 3;

/** Normal priority queue. */
export const TPPOLL_NPQ: u32 = 1 << 6;

// Interrupts: received, receive error, sent, transmit error, no receive descriptor, link changed,
// receive FIFO overflow.
export const INTERRUPT_ROK: u32 = 1 << 0;
export const INTERRUPT_RER: u32 = 1 << 1;
export const INTERRUPT_TOK: u32 = 1 << 2;
export const INTERRUPT_TER: u32 = 1 << 3;
export const INTERRUPT_RDU: u32 = 1 << 4;
export const INTERRUPT_LINK: u32 = 1 << 5;
export const INTERRUPT_FOVW: u32 = 1 << 6;

/** Own address and broadcasts; unlimited DMA bursts, no FIFO threshold. */
export const RCR_STATION: u32 = (1 << 1) | (1 << 3) | (7 << 8) | (7 << 13);
/** Unlimited DMA bursts; the interframe gap of 802.3. */
export const TCR_NORMAL: u32 = (7 << 8) | (3 << 24);

/** The link is down. */
export const MSR_LINKB: u32 = 1 << 2;
export const MSR_SPEED_10: u32 = 1 << 3;

/**
 * A descriptor, 16 bytes: flags and length, VLAN tag, address of the buffer. Rings start on a
 * multiple of 256 bytes and have at most 64 descriptors.
 */
export const DESCRIPTOR_BYTES: u32 = 16;
export const RING_ALIGNMENT: u32 = 256;
/** Owned by the card; end of the ring; first and last part of a frame. */
export const OWN: u32 = 1 << 31;
export const EOR: u32 = 1 << 30;
export const FS: u32 = 1 << 29;
export const LS: u32 = 1 << 28;
// Receive status: frame alignment, any error, CRC.
export const RECEIVE_FAE: u32 = 1 << 27;
export const RECEIVE_RES: u32 = 1 << 20;
export const RECEIVE_CRC: u32 = 1 << 18;
/** The length of a received frame, with FCS. */
export const RECEIVE_LENGTH: u32 = 0x1fff;
