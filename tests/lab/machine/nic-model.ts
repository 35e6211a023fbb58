/** What the models of all network cards have in common. */

/** How a received frame is damaged, or what the card claims about it. */
export interface Fault {
  /** Error bits that the descriptor gets; virtio, which has none, drops the frame. */
  errors?: number;
  /** The length in the last descriptor. */
  length?: number;
  /** e1000, rtl8139: sizes of its parts, one descriptor each; only the last is marked as such. */
  parts?: number[];
  /** Except for virtio: the last part is not marked as the last either. */
  unfinished?: boolean;
  /** virtio, vmxnet3: the descriptor that the card returns. */
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
