/** When an interrupt line requests an interrupt: on an edge or at a level, high or low. */

// The bits of a trigger.
export const TRIGGER_LEVEL: u32 = 1;
export const TRIGGER_ACTIVE_LOW: u32 = 2;

export const enum Trigger {
  /** As ISA's lines. */
  RisingEdge = 0,
  LevelHigh = 1,
  FallingEdge = 2,
  /** As PCI's INTx. */
  LevelLow = 3,
}
