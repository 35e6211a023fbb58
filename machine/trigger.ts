/** When an interrupt line requests an interrupt: bit 0 is set for a level, bit 1 for active low. */
export const enum Trigger {
  /** As ISA's lines. */
  RisingEdge = 0,
  LevelHigh = 1,
  FallingEdge = 2,
  /** As PCI's INTx. */
  LevelLow = 3,
}
