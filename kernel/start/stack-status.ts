/** The network as the shell sees it, backed by the stack. */
import { NetworkStack } from "../../net/service/stack";
import { NetworkStatus } from "../shell/network-status";

export class StackStatus implements NetworkStatus {
  constructor(private readonly stack: NetworkStack) {}

  configured(): bool {
    return this.stack.configuration.configured();
  }
  awaited(): bool {
    return this.stack.configuration.awaited();
  }
  reason(): string {
    return this.stack.configuration.reason();
  }
  hostname(): string {
    return this.stack.configuration.hostname();
  }
  setHostname(name: string): void {
    this.stack.configuration.setHostname(name);
  }
}
