/**
 * The registers and descriptors of Realtek's Fast and Gigabit Ethernet cards that the drivers use.
 * DS here and in the drivers is Realtek's RTL8139C(L)+ datasheet, revision 1.6; GS is the RTL8169
 * datasheet, revision 1.21, for what the gigabit chips (RTL8169, RTL8168, RTL8111 and, at 100 Mb/s,
 * RTL8101E) have instead.
 */

/** The hardware address, six bytes. */
export const IDR0: u32 = 0x00;
/** Without C+ mode: the status and the address of transmit slot 0; each has four registers. */
export const TSD0: u32 = 0x10;
export const TSAD0: u32 = 0x20;
/** Without C+ mode: the address of the receive buffer. */
export const RBSTART: u32 = 0x30;
/** Addresses of the rings, 64 bits each: transmit at normal priority, receive. */
export const TNPDS: u32 = 0x20;
export const RDSAR: u32 = 0xe4;
/** Command, 8 bits. */
export const CR: u32 = 0x37;
/** Without C+ mode: the offset up to which the driver has read, less 16; 16 bits. */
export const CAPR: u32 = 0x38;
/** Gigabit: transmit polling, 8 bits. */
export const GIGABIT_TPPOLL: u32 = 0x38;
/** Interrupt mask and status, 16 bits; ones written to the status clear it. */
export const IMR: u32 = 0x3c;
export const ISR: u32 = 0x3e;
/** Configuration of transmission and reception. */
export const TCR: u32 = 0x40;
export const RCR: u32 = 0x44;
/** Missed packets, 24 bits; a write clears it. */
export const MPC: u32 = 0x4c;
/** What protects the configuration registers, 8 bits. */
export const CR9346: u32 = 0x50;
/** Media status, 8 bits. */
export const MSR: u32 = 0x58;
/** Gigabit: access to the registers of the PHY, and its status, 8 bits. */
export const PHYAR: u32 = 0x60;
export const PHYSTATUS: u32 = 0x6c;
/** Transmit polling, 8 bits. */
export const TPPOLL: u32 = 0xd9;
/** Gigabit: the longest frame to receive, in bytes, 16 bits. */
export const RMS: u32 = 0xda;
/** C+ command, 16 bits. */
export const CPCR: u32 = 0xe0;
/** Gigabit: interrupt moderation, 16 bits. */
export const MITIGATE: u32 = 0xe2;
/** Gigabit: the longest frame to send, in units of 128 bytes, 8 bits. */
export const MTPS: u32 = 0xec;
/** RTL8168G and later: various. */
export const MISC: u32 = 0xf0;

export const CR_RST: u32 = 1 << 4;
export const CR_RE: u32 = 1 << 3;
export const CR_TE: u32 = 1 << 2;
/** The receive buffer is empty. */
export const CR_BUFE: u32 = 1 << 0;

export const CR9346_UNLOCK: u32 = 3 << 6;
export const CR9346_LOCK: u32 = 0;

export const CPCR_TRANSMIT: u32 = 1 << 0;
export const CPCR_RECEIVE: u32 = 1 << 1;
/** PCI multiple reads and writes. */
export const CPCR_MULTIPLE: u32 = 1 << 3;
/** Checks checksums; removes VLAN tags. */
export const CPCR_OFFLOADS: u32 = (1 << 5) | (1 << 6);

/** Normal priority queue. */
export const TPPOLL_NPQ: u32 = 1 << 6;

// Interrupts: received, receive error, sent, transmit error, link changed, receive FIFO overflow.
export const INTERRUPT_ROK: u32 = 1 << 0;
export const INTERRUPT_RER: u32 = 1 << 1;
export const INTERRUPT_TOK: u32 = 1 << 2;
export const INTERRUPT_TER: u32 = 1 << 3;
export const INTERRUPT_LINK: u32 = 1 << 5;
export const INTERRUPT_FOVW: u32 = 1 << 6;

/** Own address and broadcasts; unlimited DMA bursts, no FIFO threshold. */
export const RCR_STATION: u32 = (1 << 1) | (1 << 3) | (7 << 8) | (7 << 13);
/** Without C+ mode: a buffer of 32 KiB, with room behind it for the rest of the last frame. */
export const RCR_BUFFER: u32 = (2 << 11) | (1 << 7);
/** RTL8168G and later: frames are not reported before they are complete. */
export const RCR_NOT_EARLY: u32 = 1 << 11;
/** Unlimited DMA bursts; the interframe gap of 802.3. */
export const TCR_NORMAL: u32 = (7 << 8) | (3 << 24);
/** The version of the chip, in TCR from this bit on. */
export const TCR_VERSION_SHIFT: u32 = 20;
export const TCR_VERSION: u32 = 0x7cf;

/** RTL8168G and later: the receiver is held back. */
export const MISC_GATED: u32 = 1 << 19;

/** The link is down. */
export const MSR_LINKB: u32 = 1 << 2;
export const MSR_SPEED_10: u32 = 1 << 3;

export const PHYSTATUS_LINK: u32 = 1 << 1;
export const PHYSTATUS_10: u32 = 1 << 2;
export const PHYSTATUS_100: u32 = 1 << 3;

/** PHYAR: a write, and when it is done 0; a read is the reverse. The register's number. */
export const PHYAR_FLAG: u32 = 1 << 31;
export const PHYAR_SHIFT: u32 = 16;
/** The basic control register of a PHY (IEEE 802.3 section 22.2.4.1). */
export const BMCR: u32 = 0;
export const BMCR_POWER_DOWN: u32 = 1 << 11;
export const BMCR_NEGOTIATE: u32 = (1 << 12) | (1 << 9);

// The status of a transmit slot: the frame came too late, was sent, or was given up.
export const TSD_UNDERRUN: u32 = 1 << 14;
export const TSD_SENT: u32 = 1 << 15;
export const TSD_ABORTED: u32 = 1 << 30;
/** No carrier. */
export const TSD_CARRIER: u32 = 1 << 31;
/** Sending starts once 1,536 bytes, so any frame, are in the FIFO. */
export const TSD_WHOLE: u32 = 48 << 16;

/** The status before a frame in the receive buffer: a good frame follows. */
export const HEADER_OK: u32 = 1 << 0;

/**
 * A descriptor, 16 bytes: flags and length, VLAN tag, address of the buffer. Rings start on a
 * multiple of 256 bytes and have at most 64 descriptors, or 1,024 of a gigabit chip.
 */
export const DESCRIPTOR_BYTES: u32 = 16;
export const RING_ALIGNMENT: u32 = 256;
/** Owned by the card; end of the ring; first and last part of a frame. */
export const OWN: u32 = 1 << 31;
export const EOR: u32 = 1 << 30;
export const FS: u32 = 1 << 29;
export const LS: u32 = 1 << 28;
// Receive status: frame alignment (not gigabit), any error, CRC. A gigabit chip has the last two a
// bit higher, because its lengths are one bit longer.
export const RECEIVE_FAE: u32 = 1 << 27;
export const RECEIVE_RES: u32 = 1 << 20;
export const RECEIVE_CRC: u32 = 1 << 18;
/** The length of a received frame, with FCS. */
export const RECEIVE_LENGTH: u32 = 0x1fff;
/** The bytes of a frame check sequence. */
export const FCS: u32 = 4;
