/** The system calls of scripts, on the kernel's sockets; descriptors are the script's numbers. */

import { address } from "../../tests/lab/packets/bytes.ts";
import type { Descriptor, Outcome } from "./descriptor.ts";
import { Descriptors, State } from "./descriptors.ts";
import { synRoom, wantFastOpen } from "./fast-open.ts";
import type { Host } from "./host.ts";
import { controlSocket, getOption, setOption } from "./options.ts";
import { Polls } from "./poll.ts";
import { ScriptError } from "./scanner.ts";
import type { SystemCall } from "./script.ts";
import { Transfers } from "./transfer.ts";
import { nameOf, names, numberOf } from "./values.ts";

/** `Shutdown` of net/api.ts. */
const enum Shutdown {
  Read = 0,
  Write = 1,
}

const O_NONBLOCK = 0x800;
const O_RDWR = 2;

/** Tries a call. Returns undefined if it would block. */
type Attempt = (call: SystemCall, line: number) => Outcome | undefined;

export class SystemCalls {
  private readonly descriptors: Descriptors;
  private readonly transfers: Transfers;
  private readonly polls: Polls;
  private readonly calls: Record<string, Attempt>;
  private port = 8080;
  /** Whether listen(2) was called since `takeListened`. */
  private listened = false;

  constructor(
    private readonly host: Host,
    /** Reports that a part of the script was skipped. */
    notice: (text: string) => void,
  ) {
    const descriptors = new Descriptors(host, notice);
    const open = (descriptor: Descriptor, nonblocking: boolean) =>
      this.openFast(descriptor, nonblocking);
    const transfers = new Transfers(descriptors, open);
    const polls = new Polls(descriptors);
    this.descriptors = descriptors;
    this.transfers = transfers;
    this.polls = polls;
    const read: Attempt = (call) => transfers.read(call);
    const write: Attempt = (call) => transfers.write(call);
    const accept: Attempt = (call) => this.accept(call);
    const create: Attempt = (call) => polls.create(call);
    this.calls = {
      socket: (call) => this.create(call),
      bind: (call) => this.bind(descriptors.at(call)),
      listen: (call) => this.listen(descriptors.at(call), numberOf(call.parameters[1])),
      connect: (call) => this.connect(descriptors.at(call)),
      shutdown: (call) => this.shutdown(descriptors.at(call), nameOf(call.parameters[1])),
      close: (call) => this.close(call),
      fcntl: (call) => this.control(descriptors.at(call), call),
      open: (call) => ({ value: numberOf(call.result) }),
      ...{ accept, accept4: accept },
      ...{ read, recv: read, recvfrom: read, write, send: write },
      writev: (call) => transfers.gather(call),
      sendto: (call) => transfers.sendTo(call),
      sendmsg: (call) => transfers.sendMessage(call),
      recvmsg: (call) => transfers.receiveMessage(call),
      sendfile: (call) => transfers.sendFile(call),
      ...{ epoll_create: create, epoll_create1: create },
      poll: (call) => polls.poll(call),
      epoll_ctl: (call, line) => polls.control(call, line),
      epoll_wait: (call, line) => polls.wait(call, line),
      ioctl: (call) => controlSocket(descriptors, call),
      setsockopt: (call) => setOption(descriptors, call),
      getsockopt: (call) => getOption(descriptors, call),
    };
  }

  /** The port that was bound last, for SYNs that arrive. */
  get boundPort(): number {
    return this.port;
  }

  /** Reports whether listen(2) was called since the last call. */
  takeListened(): boolean {
    const { listened } = this;
    this.listened = false;
    return listened;
  }

  /** Tries a call. Returns undefined if it would block. */
  attempt(call: SystemCall, line: number): Outcome | undefined {
    const attempt = this.calls[call.name];
    if (!attempt) throw new ScriptError(line, `unknown system call "${call.name}"`);
    return attempt(call, line);
  }

  /** Writes as much of the backlogs as the kernel has room for. */
  pump(): void {
    this.transfers.pump();
  }

  /** Returns a field of TCP_INFO of the connection opened last; throws if there is none. */
  info(field: number): number {
    const open = [...this.descriptors.open.values()];
    const last = open.findLast(({ accepted, connecting }) => accepted || connecting);
    if (last === undefined) throw new Error("no connection is open that has TCP_INFO");
    return this.host.call("socketInfo", last.socket, field);
  }

  private create(call: SystemCall): Outcome {
    const kind = nameOf(call.parameters[1]);
    if (!kind.startsWith("SOCK_STREAM")) return { value: -1, error: "EINVAL" };
    const nonblocking = names(call.parameters[1]).includes("SOCK_NONBLOCK");
    return this.descriptors.add(call, this.host.object("tcpSocket"), nonblocking);
  }

  private bind({ socket }: Descriptor): Outcome {
    this.host.call("tcpBind", socket, this.port);
    return { value: 0 };
  }

  private listen({ socket }: Descriptor, backlog: number): Outcome {
    this.listened = true;
    const listens = this.host.call("tcpListen", socket, Math.max(backlog, 1));
    return listens ? { value: 0 } : { value: -1, error: "EADDRINUSE" };
  }

  private accept(call: SystemCall): Outcome | undefined {
    const listener = this.descriptors.at(call);
    const accepted = this.host.object("tcpAccept", listener.socket);
    if (accepted === 0) return undefined;
    const nonblocking = names(call.parameters[3]).includes("SOCK_NONBLOCK");
    return this.descriptors.add(call, accepted, nonblocking, listener);
  }

  private connect(descriptor: Descriptor): Outcome | undefined {
    const { socket, nonblocking } = descriptor;
    const again = descriptor.connecting;
    if (!again) {
      const failed = this.begin(descriptor);
      if (failed) return failed;
      if (synRoom(this.host, descriptor) > 0) return { value: 0 };
    } else if (synRoom(this.host, descriptor) > 0) return { value: -1, error: "EISCONN" };
    const state = this.descriptors.state(socket);
    if (state === State.SynSent || state === State.SynReceived) {
      return nonblocking ? { value: -1, error: again ? "EALREADY" : "EINPROGRESS" } : undefined;
    }
    return this.descriptors.failure(descriptor) ?? { value: 0 };
  }

  private begin(descriptor: Descriptor): Outcome | undefined {
    const { socket } = descriptor;
    descriptor.connecting = true;
    if (this.host.call("tcpConnect", socket, address(this.host.addresses.remote), 8080))
      return undefined;
    return { value: -1, error: this.descriptors.errorOf(socket) ?? "ENETUNREACH" };
  }

  /** Opens a connection for data with MSG_FASTOPEN. Returns an outcome if that ends the call. */
  private openFast(descriptor: Descriptor, nonblocking: boolean): Outcome | undefined {
    const { host } = this;
    const state = this.descriptors.state(descriptor.socket);
    if (!descriptor.connecting && state === State.Closed) {
      if (!wantFastOpen(host, descriptor)) return { value: -1, error: "EOPNOTSUPP" };
      const failed = this.begin(descriptor);
      if (failed) return failed;
      if (synRoom(host, descriptor) === 0 && nonblocking) {
        return { value: -1, error: "EINPROGRESS" };
      }
    } else if (nonblocking && state === State.SynSent) {
      if (synRoom(host, descriptor) === 0) return { value: -1, error: "EALREADY" };
    }
    return undefined;
  }

  private shutdown(descriptor: Descriptor, how: string): Outcome {
    const { socket } = descriptor;
    if (how !== "SHUT_WR") this.host.call("socketShutdown", socket, Shutdown.Read);
    if (how === "SHUT_RD") return { value: 0 };
    descriptor.shut = true;
    if (descriptor.backlog > 0) descriptor.afterwards = "shutdown";
    else this.host.call("socketShutdown", socket, Shutdown.Write);
    return { value: 0 };
  }

  private close(call: SystemCall): Outcome {
    const number = numberOf(call.parameters[0]);
    if (this.polls.close(number)) return { value: 0 };
    const descriptor = this.descriptors.find(number);
    this.descriptors.open.delete(number);
    if (descriptor.resets) this.host.call("socketAbort", descriptor.socket);
    else if (descriptor.backlog === 0) this.host.call("tcpClose", descriptor.socket);
    else this.transfers.closeLater(descriptor);
    return { value: 0 };
  }

  private control(descriptor: Descriptor, call: SystemCall): Outcome {
    const flags = O_RDWR | (descriptor.nonblocking ? O_NONBLOCK : 0);
    if (nameOf(call.parameters[1]) === "F_GETFL") return { value: flags };
    descriptor.nonblocking = names(call.parameters[2]).includes("O_NONBLOCK");
    return { value: 0 };
  }
}
