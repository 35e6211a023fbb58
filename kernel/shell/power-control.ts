/** What `poweroff` and `reboot` ask of the machine; kernel/start/host-machine.ts supplies it. */

export interface PowerControl {
  /** Switches the machine off. Returns only on failure. */
  powerOff(): void;
  /** Ends QEMU with exit status 2 * code + 1. Returns if there is no isa-debug-exit device. */
  debugExit(code: u32): void;
  /** Resets the machine. Returns only on failure. */
  reboot(): void;
}
