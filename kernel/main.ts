/** The kernel, as a table of contents: what is started, in which order, and what a turn does. */
import * as host from "./machine/host";

/** Once, with interrupts off. */
export function boot(): void {
  const text = "anonymos> ";
  for (let i = 0; i < text.length; i++) host.screenPut(text.charCodeAt(i));
}

/** One turn of the event loop; answers 0 to be called again at once, else 1 to wait. */
export function turn(): u64 {
  return 1;
}

/** An interrupt came: note it, allocate nothing. */
export function interrupt(_vector: u32): void {}
