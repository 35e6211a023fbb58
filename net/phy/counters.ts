/** The counters of a network device, after Linux's rtnl_link_stats64. */

export class DeviceCounters {
  receivedFrames: u64 = 0;
  receivedBytes: u64 = 0;
  receivedMulticast: u64 = 0;
  sentFrames: u64 = 0;
  sentBytes: u64 = 0;
  interrupts: u64 = 0;

  // Receive errors by cause.
  crcErrors: u64 = 0;
  frameErrors: u64 = 0;
  lengthErrors: u64 = 0;
  /** Frames dropped because the device had no free descriptor (8254x: RXO, MPC). */
  missedErrors: u64 = 0;
  fifoErrors: u64 = 0;
  /** Frames longer than one buffer or than the largest frame. */
  oversized: u64 = 0;
  /** Frames dropped because the pool had no frame to take their place in the ring. */
  noFrame: u64 = 0;

  // Transmit errors by cause.
  ringFull: u64 = 0;
  collisions: u64 = 0;
  carrierErrors: u64 = 0;
  linkDown: u64 = 0;

  receiveErrors(): u64 {
    return this.crcErrors + this.frameErrors + this.lengthErrors + this.fifoErrors + this.oversized;
  }
  receiveDropped(): u64 {
    return this.missedErrors + this.noFrame;
  }
  sendErrors(): u64 {
    return this.collisions + this.carrierErrors;
  }
  sendDropped(): u64 {
    return this.ringFull + this.linkDown;
  }
}
