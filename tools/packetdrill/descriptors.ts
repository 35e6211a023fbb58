/** The open descriptors of a script, by its numbers, and the state of their sockets. */
import type { Descriptor, Outcome } from "./descriptor.ts";
import { synRoom } from "./fast-open.ts";
import type { Host } from "./host.ts";
import type { SystemCall } from "./script.ts";
import { errors, numberOf, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from "./values.ts";
import { Completions } from "./zero-copy.ts";

/** The states of a connection (`TcpState`). */
export const enum State {
  Closed = 0,
  Listen = 1,
  SynSent = 2,
  SynReceived = 3,
}

export class Descriptors {
  readonly open = new Map<number, Descriptor>();

  constructor(
    readonly host: Host,
    /** Reports that a part of the script was skipped. */
    readonly notice: (text: string) => void,
  ) {}

  /** Opens a descriptor under the number that the script expects. */
  add(call: SystemCall, socket: number, nonblocking: boolean, from?: Descriptor): Outcome {
    const value = numberOf(call.result);
    const state = {
      nonblocking,
      ...{ connecting: false, told: false, shut: false, resets: false },
      ...{ backlog: 0, written: 0, taken: 0, full: 0 },
      accepted: from !== undefined,
      sized: from?.sized ?? false,
      tellsRest: from?.tellsRest ?? false,
    };
    const completions = from?.completions && new Completions();
    this.open.set(value, { socket, ...state, completions });
    return { value };
  }

  /** Returns the descriptor that is the first parameter of a call. */
  at(call: SystemCall): Descriptor {
    return this.find(numberOf(call.parameters[0]));
  }

  find(number: number): Descriptor {
    const found = this.open.get(number);
    if (!found) throw new Error(`${number}: ${errors.EBADF[1]}`);
    return found;
  }

  state(socket: number): number {
    return this.host.call("socketState", socket);
  }

  /** Bytes written to a socket that the peer has acknowledged. */
  acknowledged({ socket, written }: Descriptor): number {
    return written - this.host.call("socketUnacknowledged", socket);
  }

  /** Returns the outcome of a call on a connection that failed; an error is reported only once. */
  failure(descriptor: Descriptor): Outcome | undefined {
    if (this.state(descriptor.socket) !== State.Closed || descriptor.told) return undefined;
    const error = this.errorOf(descriptor.socket);
    if (error === undefined) return undefined;
    descriptor.told = true;
    return { value: -1, error };
  }

  /** Returns the name of the error of a connection, or undefined. */
  errorOf(socket: number): string | undefined {
    const words = this.host.text(this.host.call("socketError", socket));
    return Object.keys(errors).find((name) => errors[name][1] === words);
  }

  /** Returns the bits of poll(2) for a socket. */
  readiness(descriptor: Descriptor): number {
    const { host } = this;
    const { socket, completions } = descriptor;
    const state = this.state(socket);
    if (state === State.Listen) return host.call("socketReadable", socket) > 0 ? POLLIN : 0;
    const finished = host.call("socketFinished", socket) !== 0;
    let bits = finished ? POLLIN | POLLRDHUP : 0;
    if (host.call("socketReadable", socket) > 0) bits |= POLLIN;
    const opened = state > State.SynSent || synRoom(host, descriptor) > 0;
    if (host.call("socketWritable", socket) > 0 && opened) bits |= POLLOUT;
    if (state === State.Closed) bits |= POLLIN | POLLOUT | POLLHUP;
    if (this.errorOf(socket) !== undefined && !descriptor.told) bits |= POLLERR;
    if (completions?.pending(this.acknowledged(descriptor))) bits |= POLLERR;
    return bits;
  }

  /** Treats a call that has no counterpart here as successful. */
  leaveOut(call: SystemCall, what: string): Outcome {
    this.notice(`${call.name} of ${what} is left out`);
    return { value: call.result.kind === "number" ? call.result.number : 0, error: call.error };
  }
}
