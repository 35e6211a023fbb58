/** What the models of all network cards have in common. */

/** How a received frame is damaged, or what the card claims about it. */
export interface Fault {
  /** Error bits of an e1000's descriptor; other cards drop the frame. */
  errors?: number;
  /** The length in the last descriptor. */
  length?: number;
  /** e1000: sizes of its parts, one descriptor each; only the last has EOP. */
  parts?: number[];
  /** e1000: the last part has no EOP either. */
  unfinished?: boolean;
  /** virtio: the descriptor in the used ring. */
  id?: number;
}

/** What worlds and tests do with any card. */
export interface NicModel {
  /** Frames sent. */
  readonly sent: Uint8Array[];
  /** Called with each frame sent. */
  onSend: (frame: Uint8Array) => void;
  /** Frames dropped because too few descriptors were free. */
  readonly missed: number;
  /** Connects or disconnects the cable. */
  setLink(up: boolean): void;
  /** Receives a frame; returns whether it was accepted (or waits in QEMU's queue). */
  receive(frame: Uint8Array, fault?: Fault): boolean;
}
