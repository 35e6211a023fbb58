/** The public API over the one default stack. */
import { NetworkStack } from "./service/stack";

let stack: NetworkStack | null = null;

export function initNetworkStack(to: NetworkStack): void {
  stack = to;
}
