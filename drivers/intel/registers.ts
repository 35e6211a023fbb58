/**
 * The registers that the drivers use, and the class that reads and writes them. SDM here and in the
 * drivers is Intel's PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual,
 * revision 4.0; DS is the 82574 GbE Controller Family Datasheet, revision 3.4; I210 is the Ethernet
 * Controller I210 Datasheet, whose sections the 82576EB and the I350 have too.
 */
import { mmioRead32, mmioWrite32 } from "../../machine/host";

// General (SDM 13.4.1 to 13.4.8).
export const CTRL: u32 = 0x0000;
export const STATUS: u32 = 0x0008;
export const EECD: u32 = 0x0010;
export const EERD: u32 = 0x0014;
/** Flow control address, type and timer: all 0 disable flow control. */
export const FCAL: u32 = 0x0028;
export const FCAH: u32 = 0x002c;
export const FCT: u32 = 0x0030;
export const FCTTV: u32 = 0x0170;

// Interrupts (SDM 13.4.17 to 13.4.21).
export const ICR: u32 = 0x00c0;
export const ITR: u32 = 0x00c4;
export const IMS: u32 = 0x00d0;
export const IMC: u32 = 0x00d8;

// From the 82576 on (I210 8.8), which has ICR, IMS and IMC also where an 8254x has them.
export const GPIE: u32 = 0x1514;
export const EIMS: u32 = 0x1524;
export const EIMC: u32 = 0x1528;
export const EITR: u32 = 0x1680;
export const IVAR: u32 = 0x1700;

// From the 82576 on: extended control, access to the PHY, queues, unicast filter; PHPM from the
// I350 on (I210 8.2, 8.10, 8.12). RXPBSIZE and TXPBSIZE: the packet buffers of an I210 (I210 8.3).
export const CTRL_EXT: u32 = 0x0018;
export const MDIC: u32 = 0x0020;
export const PHPM: u32 = 0x0e14;
export const RXPBSIZE: u32 = 0x2404;
export const SRRCTL: u32 = 0x280c;
export const RXDCTL: u32 = 0x2828;
export const TXPBSIZE: u32 = 0x3404;
export const UTA: u32 = 0xa000;

// Receive (SDM 13.4.22 to 13.4.31, 13.5).
export const RCTL: u32 = 0x0100;
export const RDBAL: u32 = 0x2800;
export const RDBAH: u32 = 0x2804;
export const RDLEN: u32 = 0x2808;
export const RDH: u32 = 0x2810;
export const RDT: u32 = 0x2818;
export const RDTR: u32 = 0x2820;
export const RADV: u32 = 0x282c;
export const MTA: u32 = 0x5200;
/** Words of each filter table. */
export const TABLE_WORDS: u32 = 128;
export const RAL0: u32 = 0x5400;
export const RAH0: u32 = 0x5404;

// Transmit (SDM 13.4.33 to 13.4.44).
export const TCTL: u32 = 0x0400;
export const TIPG: u32 = 0x0410;
export const TDBAL: u32 = 0x3800;
export const TDBAH: u32 = 0x3804;
export const TDLEN: u32 = 0x3808;
export const TDH: u32 = 0x3810;
export const TDT: u32 = 0x3818;
export const TIDV: u32 = 0x3820;
/** Not written on an 8254x. */
export const TXDCTL: u32 = 0x3828;
export const TADV: u32 = 0x382c;

// Statistics (SDM 13.7); real hardware clears a counter when it is read.
export const CRCERRS: u32 = 0x4000;
export const ALGNERRC: u32 = 0x4004;
export const RXERRC: u32 = 0x400c;
export const MPC: u32 = 0x4010;
export const ECOL: u32 = 0x4018;
export const LATECOL: u32 = 0x4020;
export const TNCRS: u32 = 0x4034;
export const CEXTERR: u32 = 0x403c;
export const RLEC: u32 = 0x4040;
export const RFC: u32 = 0x40a8;
export const ROC: u32 = 0x40ac;
export const RJC: u32 = 0x40b0;

// CTRL.
/** 82574: no new DMA; STATUS reports when the last has ended (DS: Master Disable). */
export const CTRL_MASTER_DISABLE: u32 = 1 << 2;
export const CTRL_LRST: u32 = 1 << 3;
export const CTRL_SLU: u32 = 1 << 6;
export const CTRL_ILOS: u32 = 1 << 7;
export const CTRL_FRCSPD: u32 = 1 << 11;
export const CTRL_FRCDPLX: u32 = 1 << 12;
export const CTRL_RST: u32 = 1 << 26;
export const CTRL_RFCE: u32 = 1 << 27;
export const CTRL_TFCE: u32 = 1 << 28;
export const CTRL_VME: u32 = 1 << 30;
export const CTRL_PHY_RST: u32 = 1 << 31;

// STATUS.
export const STATUS_LU: u32 = 1 << 1;
/** Speed in bits 7..6: 0 is 10 Mb/s, 1 is 100 Mb/s, 2 and 3 are 1000 Mb/s. */
export const STATUS_SPEED_SHIFT: u32 = 6;
export const STATUS_MASTER_ENABLED: u32 = 1 << 19;

// EECD and EERD (SDM 13.4.3, 13.4.4, 5.3).
export const EECD_SK: u32 = 1 << 0;
export const EECD_CS: u32 = 1 << 1;
export const EECD_DI: u32 = 1 << 2;
export const EECD_DO: u32 = 1 << 3;
export const EECD_REQ: u32 = 1 << 6;
export const EECD_GNT: u32 = 1 << 7;
export const EERD_START: u32 = 1 << 0;
export const EERD_DONE: u32 = 1 << 4;
export const EERD_ADDRESS_SHIFT: u32 = 8;
export const EERD_82574_DONE: u32 = 1 << 1;
export const EERD_82574_ADDRESS_SHIFT: u32 = 2;
export const EERD_DATA_SHIFT: u32 = 16;

// Interrupt causes, with the same bits in ICR, IMS and IMC (SDM 13.4.17).
export const CAUSE_TXDW: u32 = 1 << 0;
export const CAUSE_LSC: u32 = 1 << 2;
export const CAUSE_RXDMT0: u32 = 1 << 4;
export const CAUSE_RXO: u32 = 1 << 6;
export const CAUSE_RXT0: u32 = 1 << 7;

// RCTL. BSIZE 00 without BSEX means buffers of 2,048 bytes; RDMTS 00 means half the ring.
export const RCTL_EN: u32 = 1 << 1;
export const RCTL_BAM: u32 = 1 << 15;
export const RCTL_SECRC: u32 = 1 << 26;

// RAH0.
export const RAH_AV: u32 = 1 << 31;

// TCTL: collision threshold 15; collision distance 64 bytes (full duplex and gigabit). PSP, which
// pads short packets, stays off: frames arrive here padded, and the controller's padding need not
// be zeros (SDM 13.4.33).
export const TCTL_EN: u32 = 1 << 1;
export const TCTL_CT: u32 = 0x0f << 4;
export const TCTL_COLD: u32 = 0x40 << 12;

/** TXDCTL of the 82574: counts in descriptors, and a reserved bit that must be set (DS: TXDCTL). */
export const TXDCTL_GRANULARITY: u32 = 1 << 24;
export const TXDCTL_RESERVED: u32 = 1 << 22;

/** RXDCTL and TXDCTL from the 82576 on: the queue is in use. */
export const DCTL_ENABLE: u32 = 1 << 25;
/** SRRCTL: advanced descriptors with one buffer of 2 KiB. */
export const SRRCTL_ONE_BUFFER: u32 = 2 | (1 << 25);
/** CTRL_EXT: a driver is in charge, not the firmware. */
export const CTRL_EXT_DRIVER: u32 = 1 << 28;
/** MDIC: a write to the control register of the PHY, which wakes it and makes it negotiate. */
export const MDIC_NEGOTIATE: u32 = (1 << 26) | (1 << 21) | 0x1340;
/** PHPM: the PHY has no link until a driver wants one. */
export const PHPM_NO_LINK: u32 = 1 << 5;
/** EIMS: the causes in ICR. */
export const EIMS_OTHER: u32 = 1 << 31;
/** GPIE: every read of ICR clears it. */
export const GPIE_CLEAR: u32 = 1 << 0;
/** IVAR: receive and transmit queue 0 have cause 0. */
export const IVAR_QUEUE_0: u32 = (1 << 7) | (1 << 15);
/** EITR: the interval in microseconds, from this bit on. */
export const EITR_SHIFT: u32 = 2;
/** The sizes of an I210's packet buffers after power-on, which no reset restores. */
export const RXPBSIZE_I210: u32 = 0xa2;
export const TXPBSIZE_I210: u32 = 0x0400_0014;

/** IPGT 10, IPGR1 8, IPGR2 6, also on the 82544, for which the SDM (13.4.34) has 10, 10, 10. */
export const TIPG_COPPER: u32 = 10 | (8 << 10) | (6 << 20);

/** The register window of one controller. */
export class Registers {
  constructor(private readonly base: u64) {}

  read(register: u32): u32 {
    return mmioRead32(this.base + (register as u64));
  }
  write(register: u32, value: u32): void {
    mmioWrite32(this.base + (register as u64), value);
  }
}
