/**
 * A model of Intel's 82576, I350 and I210, after the I210's datasheet: an 8254x with a queue of
 * advanced descriptors for each direction. Besides what the model of the 8254x checks, it fails the
 * test if a queue is described while it is enabled, or used while it is not.
 */
import { E1000Model, type E1000Options } from "./e1000.ts";

const [GPIE, EIMS, EIMC, EITR, IVAR] = [0x1514, 0x1524, 0x1528, 0x1680, 0x1700];
const [RDBAL, RDLEN, SRRCTL, RDT, RXDCTL] = [0x2800, 0x2808, 0x280c, 0x2818, 0x2828];
const [TDBAL, TDLEN, TDT, TXDCTL] = [0x3800, 0x3808, 0x3818, 0x3828];
const [CTRL, STATUS, MDIC, RST] = [0x0000, 0x0008, 0x0020, 1 << 26];
const [RXPBSIZE, TXPBSIZE, PHPM] = [0x2404, 0x3404, 0x0e14];
const ENABLE = 1 << 25;
/** The last byte of the errors in a descriptor that is written back: a receive data error. */
const RXE = 0x80;

export interface IgbOptions extends E1000Options {
  /** An I210 or I211: the sizes of its packet buffers survive resets. */
  isI210?: boolean;
  /** Firmware keeps the PHY from having a link. */
  heldByFirmware?: boolean;
  /** Another system has powered the PHY down. */
  asleep?: boolean;
}

export class IgbModel extends E1000Model {
  /** True: queues do not become enabled. */
  refuses = false;
  /** How often the driver has made the PHY negotiate. */
  negotiations = 0;
  private negotiated = false;

  /** What another system has left in an I210. */
  static leftOver(model: IgbModel): void {
    model.set(RXPBSIZE, 1);
    model.set(TXPBSIZE, 1);
  }

  declare protected readonly options: IgbOptions;

  write(offset: number, value: number): void {
    const enabled = (register: number) => (this.get(register) & ENABLE) !== 0;
    if (offset === RDT && !enabled(RXDCTL)) throw new Error("igb: the receive queue is disabled");
    // A tail of 0 says nothing.
    if (offset === TDT && value !== 0 && !enabled(TXDCTL)) {
      throw new Error("igb: the transmit queue is disabled");
    }
    const describes = offset === RDBAL || offset === RDLEN ? RXDCTL : TXDCTL;
    const describing = [RDBAL, RDLEN, TDBAL, TDLEN].includes(offset);
    if (describing && enabled(describes)) throw new Error("igb: an enabled queue is described");
    if ((offset === RDBAL || offset === TDBAL) && value % 128 !== 0) {
      throw new Error("igb: a ring does not begin on a 128-byte boundary");
    }
    if (offset === MDIC) this.writePhy(value);
    else if (offset === EIMS) super.write(EIMS, (this.get(EIMS) | value) >>> 0);
    else if (offset === EIMC) this.set(EIMS, this.get(EIMS) & ~value);
    else if ((offset === RXDCTL || offset === TXDCTL) && this.refuses) return;
    else if (offset === CTRL && value & RST) this.resetByDriver(value);
    else super.write(offset, value);
  }

  receive(...frame: Parameters<E1000Model["receive"]>): boolean {
    const usable = (this.get(RXDCTL) & ENABLE) !== 0 && (this.get(PHPM) & (1 << 5)) === 0;
    if (usable && this.get(SRRCTL) !== ((1 << 25) | 2)) {
      throw new Error("igb: not advanced descriptors with one buffer of 2 KiB");
    }
    if (this.options.isI210 && this.get(RXPBSIZE) !== 0xa2) return false;
    return usable && super.receive(...frame);
  }

  protected get onExpress(): boolean {
    return true;
  }

  protected reset(): void {
    super.reset();
    if (this.options.heldByFirmware) this.set(PHPM, 1 << 5);
    if (this.options.asleep && !this.negotiated) this.set(STATUS, this.get(STATUS) & ~2);
  }

  protected throttle(): number {
    return (this.get(EITR) >> 2) * 1000;
  }

  /** Queue 0 has a cause of its own, or none; ICR's causes are one cause of many. */
  protected interrupts(): boolean {
    if (!super.interrupts()) return false;
    if ((this.get(EIMS) & 0x80000000) === 0) throw new Error("igb: the other causes are masked");
    if (this.get(IVAR) !== 0x8080) throw new Error("igb: the queues have no cause");
    if (this.get(GPIE) !== 1) throw new Error("igb: a read of ICR may not clear it");
    return true;
  }

  /** The header's address must be 0: its lowest bit becomes DD. */
  protected isDone(descriptor: Uint8Array): boolean {
    return descriptor.subarray(8, 16).some((byte) => byte !== 0);
  }

  protected describe(descriptor: Uint8Array, length: number, end: boolean, errors: number): void {
    // A hash and the type of the packet take the place of the address.
    descriptor.fill(0xa5, 0, 8);
    const view = new DataView(descriptor.buffer, descriptor.byteOffset, 16);
    view.setUint32(8, (1 | (end ? 2 : 0) | (errors ? RXE << 24 : 0)) >>> 0, true);
    view.setUint16(12, length, true);
    view.setUint16(14, 0, true);
  }

  protected given(index: number): { descriptor: Uint8Array; data: Uint8Array } {
    const given = super.given(index);
    const { descriptor, data } = given;
    const view = new DataView(descriptor.buffer, descriptor.byteOffset, 16);
    const type = (view.getUint32(8, true) >>> 20) & 0x20f;
    if (type !== 0x203) throw new Error("igb: not an advanced data descriptor");
    const payload = view.getUint32(12, true) >>> 14;
    if (payload !== data.length) throw new Error(`igb: ${payload} bytes of a frame are announced`);
    return given;
  }

  /** The link is up once the PHY has negotiated. */
  private writePhy(value: number): void {
    if (value !== 0x04201340) throw new Error("igb: not a write to the PHY's control register");
    this.negotiations++;
    this.negotiated = true;
    this.setLink(true);
  }

  private resetByDriver(value: number): void {
    const kept = [RXPBSIZE, TXPBSIZE].map((register) => [register, this.get(register)]);
    super.write(CTRL, value);
    for (const [register, size] of kept) this.set(register, size);
  }
}
