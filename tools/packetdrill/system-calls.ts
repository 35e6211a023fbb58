/** The system calls of scripts, on the kernel's sockets; descriptors are the script's numbers. */

import { address } from "../../tests/lab/packets/bytes.ts";
import type { Descriptor, Outcome } from "./descriptor.ts";
import { sendFlags, synRoom, wantFastOpen, writeOpening } from "./fast-open.ts";
import type { Host } from "./host.ts";
import { ScriptError } from "./scanner.ts";
import type { SystemCall } from "./script.ts";
import {
  bitsOf,
  congestionNames,
  errors,
  firstOf,
  nameOf,
  names,
  numberOf,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  pollText,
  resetsOnClose,
  socketOptions,
  total,
} from "./values.ts";

/** The states of a connection (`TcpState`). */
const enum State {
  Closed = 0,
  Listen = 1,
  SynSent = 2,
  SynReceived = 3,
}

/** `Shutdown` of net/api.ts. */
const enum Shutdown {
  Read = 0,
  Write = 1,
}

const O_NONBLOCK = 0x800;
const O_RDWR = 2;

export class SystemCalls {
  private readonly open = new Map<number, Descriptor>();
  /** Closed descriptors that still have a backlog to send. */
  private readonly closing: Descriptor[] = [];
  private port = 8080;
  /** Whether listen(2) was called since `takeListened`. */
  private listened = false;

  constructor(
    private readonly host: Host,
    /** Reports that a part of the script was skipped. */
    private readonly notice: (text: string) => void,
  ) {}

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
    switch (call.name) {
      case "socket":
        return this.create(call);
      case "bind":
        return this.bind(this.at(call));
      case "listen":
        return this.listen(this.at(call), numberOf(call.parameters[1]));
      case "accept":
      case "accept4":
        return this.accept(this.at(call), call);
      case "connect":
        return this.connect(this.at(call));
      case "read":
      case "recv":
      case "recvfrom":
        return this.read(this.at(call), numberOf(call.parameters[2]));
      case "write":
      case "send":
        return this.write(this.at(call), numberOf(call.parameters[2]));
      case "sendto":
      case "sendmsg":
        return this.sendTo(this.at(call), call);
      case "writev":
        return this.write(this.at(call), total(call.parameters[1]));
      case "shutdown":
        return this.shutdown(this.at(call), nameOf(call.parameters[1]));
      case "close":
        return this.close(call);
      case "fcntl":
        return this.control(this.at(call), call);
      case "ioctl":
        return this.ioctl(this.at(call), call);
      case "poll":
        return this.poll(call);
      case "setsockopt":
        return this.setOption(this.at(call), call);
      case "getsockopt":
        return this.getOption(this.at(call), call);
      default:
        throw new ScriptError(line, `unknown system call "${call.name}"`);
    }
  }

  /** Writes as much of the backlogs as the kernel has room for. */
  pump(): void {
    for (const descriptor of [...this.open.values(), ...this.closing]) {
      if (descriptor.backlog === 0) continue;
      descriptor.backlog -= this.send(descriptor, descriptor.backlog);
      if (descriptor.backlog > 0) continue;
      if (descriptor.afterwards === "shutdown") {
        this.host.call("socketShutdown", descriptor.socket, Shutdown.Write);
      }
      if (descriptor.afterwards === "close") this.host.call("tcpClose", descriptor.socket);
    }
  }

  /** Returns a field of TCP_INFO of the connection opened last; throws if there is none. */
  info(field: number): number {
    const open = [...this.open.values()];
    const connections = open.filter(({ socket }) => this.state(socket) > State.Listen);
    const last = connections.at(-1) ?? open.findLast(({ connecting }) => connecting);
    if (last === undefined) throw new Error("no connection is open that has TCP_INFO");
    return this.host.call("socketInfo", last.socket, field);
  }

  private create(call: SystemCall): Outcome {
    const kind = nameOf(call.parameters[1]);
    if (!kind.startsWith("SOCK_STREAM")) return { value: -1, error: "EINVAL" };
    const nonblocking = names(call.parameters[1]).includes("SOCK_NONBLOCK");
    return this.add(call, this.host.object("tcpSocket"), nonblocking);
  }

  /** Opens a descriptor under the number that the script expects. */
  private add(call: SystemCall, socket: number, nonblocking: boolean): Outcome {
    const value = numberOf(call.result);
    const state = {
      nonblocking,
      ...{ connecting: false, told: false, shut: false, resets: false },
      backlog: 0,
    };
    this.open.set(value, { socket, ...state });
    return { value };
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

  private accept({ socket }: Descriptor, call: SystemCall): Outcome | undefined {
    const accepted = this.host.object("tcpAccept", socket);
    if (accepted === 0) return undefined;
    return this.add(call, accepted, names(call.parameters[3]).includes("SOCK_NONBLOCK"));
  }

  private connect(descriptor: Descriptor): Outcome | undefined {
    const { socket } = descriptor;
    if (!descriptor.connecting) {
      const failed = this.begin(descriptor);
      if (failed) return failed;
      if (synRoom(this.host, descriptor) > 0) return { value: 0 };
    } else if (synRoom(this.host, descriptor) > 0) return { value: -1, error: "EISCONN" };
    const state = this.state(socket);
    if (state === State.SynSent || state === State.SynReceived) {
      return descriptor.nonblocking ? { value: -1, error: "EINPROGRESS" } : undefined;
    }
    return this.failure(descriptor) ?? { value: 0 };
  }

  private begin(descriptor: Descriptor): Outcome | undefined {
    const { socket } = descriptor;
    descriptor.connecting = true;
    if (this.host.call("tcpConnect", socket, address(this.host.addresses.remote), 8080))
      return undefined;
    return { value: -1, error: this.errorOf(socket) ?? "ENETUNREACH" };
  }

  /** sendto(2), which opens a connection if it is to use Fast Open. */
  private sendTo(descriptor: Descriptor, call: SystemCall): Outcome | undefined {
    const { host } = this;
    const length = numberOf(call.parameters[2]);
    const { fastOpen, nonblocking } = sendFlags(call.parameters[3], descriptor);
    if (!fastOpen) return this.write(descriptor, length);
    if (!descriptor.connecting && this.state(descriptor.socket) === State.Closed) {
      if (!wantFastOpen(host, descriptor)) return { value: -1, error: "EOPNOTSUPP" };
      const failed = this.begin(descriptor);
      if (failed) return failed;
      if (synRoom(host, descriptor) === 0 && nonblocking) {
        return { value: -1, error: "EINPROGRESS" };
      }
    } else if (nonblocking && this.state(descriptor.socket) === State.SynSent) {
      if (synRoom(host, descriptor) === 0) return { value: -1, error: "EALREADY" };
    }
    return this.write(descriptor, length, nonblocking);
  }

  private read(descriptor: Descriptor, length: number): Outcome | undefined {
    const { host } = this;
    const { socket } = descriptor;
    if (host.call("socketReadable", socket) > 0) {
      return { value: host.transfer("tcpReceive", socket, length) };
    }
    if (host.call("socketFinished", socket)) return { value: 0 };
    const state = this.state(socket);
    if (state !== State.Closed) return undefined;
    if (!descriptor.connecting && this.errorOf(socket) === undefined) {
      return { value: -1, error: "ENOTCONN" };
    }
    return this.failure(descriptor) ?? { value: 0 };
  }

  private write(
    descriptor: Descriptor,
    length: number,
    nonblocking = descriptor.nonblocking,
  ): Outcome | undefined {
    const state = this.state(descriptor.socket);
    const failed = this.failure(descriptor);
    if (failed) return failed;
    if (state === State.Closed || descriptor.shut) return { value: -1, error: "EPIPE" };
    if (synRoom(this.host, descriptor) > 0) {
      return writeOpening(this.host, descriptor, length, nonblocking);
    }
    if (state === State.SynSent) return undefined;
    if (descriptor.opening !== undefined) {
      descriptor.opening = undefined;
      return { value: length };
    }
    const sent = descriptor.backlog > 0 ? 0 : this.send(descriptor, length);
    if (nonblocking) return sent > 0 ? { value: sent } : undefined;
    descriptor.backlog += length - sent;
    return { value: length };
  }

  /** Passes up to `length` bytes to the kernel. Returns how many it took. */
  private send({ socket }: Descriptor, length: number): number {
    const room = Math.min(this.host.call("socketWritable", socket), length);
    return room > 0 ? this.host.transfer("tcpSend", socket, room) : 0;
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
    const descriptor = this.at(call);
    this.open.delete(numberOf(call.parameters[0]));
    if (descriptor.resets) this.host.call("socketAbort", descriptor.socket);
    else if (descriptor.backlog === 0) this.host.call("tcpClose", descriptor.socket);
    else this.closing.push({ ...descriptor, afterwards: "close" });
    return { value: 0 };
  }

  private control(descriptor: Descriptor, call: SystemCall): Outcome {
    const flags = O_RDWR | (descriptor.nonblocking ? O_NONBLOCK : 0);
    if (nameOf(call.parameters[1]) === "F_GETFL") return { value: flags };
    descriptor.nonblocking = names(call.parameters[2]).includes("O_NONBLOCK");
    return { value: 0 };
  }

  private ioctl({ socket }: Descriptor, call: SystemCall): Outcome {
    const request = nameOf(call.parameters[1]);
    if (request !== "SIOCINQ" && request !== "FIONREAD") return this.leaveOut(call, request);
    const [expected, actual] = [
      firstOf(call.parameters[2]),
      this.host.call("socketReadable", socket),
    ];
    if (expected !== actual) throw new Error(`Expected ${request} ${expected} but got ${actual}`);
    return { value: 0 };
  }

  private poll(call: SystemCall): Outcome | undefined {
    const list = call.parameters[0];
    const items = list.kind === "list" ? list.items : [];
    let ready = 0;
    const wrong: string[] = [];
    for (const item of items) {
      if (item.kind !== "struct") continue;
      const { fd, events, revents } = item.fields;
      const mask = bitsOf(events) | POLLERR | POLLHUP;
      const actual = this.readiness(this.descriptor(numberOf(fd))) & mask;
      if (actual !== 0) ready++;
      if (revents !== undefined && actual !== bitsOf(revents)) {
        wrong.push(`Expected revents ${pollText(bitsOf(revents))} but got ${pollText(actual)}`);
      }
    }
    const timeout = numberOf(call.parameters[2]);
    if (ready === 0 && timeout !== 0 && numberOf(call.result) !== 0) return undefined;
    if (wrong.length > 0) throw new Error(wrong.join(", "));
    return { value: ready };
  }

  private readiness(descriptor: Descriptor): number {
    const { host } = this;
    const { socket } = descriptor;
    const state = this.state(socket);
    if (state === State.Listen) return host.call("socketReadable", socket) > 0 ? POLLIN : 0;
    const finished = host.call("socketFinished", socket) !== 0;
    let bits = 0;
    if (host.call("socketReadable", socket) > 0 || finished) bits |= POLLIN;
    const opened = state > State.SynSent || synRoom(host, descriptor) > 0;
    if (host.call("socketWritable", socket) > 0 && opened) bits |= POLLOUT;
    if (state === State.Closed) bits |= POLLIN | POLLOUT | POLLHUP;
    if (this.errorOf(socket) !== undefined && !descriptor.told) bits |= POLLERR;
    return bits;
  }

  private setOption(descriptor: Descriptor, call: SystemCall): Outcome {
    const option = nameOf(call.parameters[2]);
    const value = call.parameters[3];
    if (option === "SO_LINGER") {
      descriptor.resets = resetsOnClose(value);
      return { value: 0 };
    }
    const index = socketOptions.indexOf(option);
    if (index < 0) return this.leaveOut(call, option);
    if (option === "TCP_FASTOPEN_CONNECT" && !this.host.call("fastOpenConnects")) {
      return { value: -1, error: "EOPNOTSUPP" };
    }
    const number = value.kind === "text" ? congestionNames.indexOf(value.text) : firstOf(value);
    const done = this.host.call("tcpSetOption", descriptor.socket, index, BigInt(number));
    return done !== 0 ? { value: 0 } : { value: -1, error: "EINVAL" };
  }

  private getOption(descriptor: Descriptor, call: SystemCall): Outcome {
    const option = nameOf(call.parameters[2]);
    const index = socketOptions.indexOf(option);
    if (index >= 0) {
      const actual = Number(this.host.exports.tcpGetOption(descriptor.socket, index));
      const expected = firstOf(call.parameters[3]);
      if (actual === expected) return { value: 0 };
      throw new Error(`Expected ${option} ${expected} but got ${actual}`);
    }
    if (option !== "SO_ERROR") return this.leaveOut(call, option);
    const name = descriptor.told ? undefined : this.errorOf(descriptor.socket);
    if (this.state(descriptor.socket) === State.Closed) descriptor.told = true;
    const actual = name === undefined ? 0 : errors[name][0];
    const expected = firstOf(call.parameters[3]);
    if (actual !== expected) throw new Error(`Expected SO_ERROR ${expected} but got ${actual}`);
    return { value: 0 };
  }

  /** Treats a call that has no counterpart here as successful. */
  private leaveOut(call: SystemCall, what: string): Outcome {
    this.notice(`${call.name} of ${what} is left out`);
    return { value: call.result.kind === "number" ? call.result.number : 0, error: call.error };
  }

  private at(call: SystemCall): Descriptor {
    return this.descriptor(numberOf(call.parameters[0]));
  }

  private descriptor(number: number): Descriptor {
    const found = this.open.get(number);
    if (!found) throw new Error(`${number}: ${errors.EBADF[1]}`);
    return found;
  }

  private state(socket: number): number {
    return this.host.call("socketState", socket);
  }

  /** Returns the outcome of a call on a connection that failed; an error is reported only once. */
  private failure(descriptor: Descriptor): Outcome | undefined {
    if (this.state(descriptor.socket) !== State.Closed || descriptor.told) return undefined;
    const error = this.errorOf(descriptor.socket);
    if (error === undefined) return undefined;
    descriptor.told = true;
    return { value: -1, error };
  }

  /** Returns the name of the error of a connection, or undefined. */
  private errorOf(socket: number): string | undefined {
    const words = this.host.text(this.host.call("socketError", socket));
    return Object.keys(errors).find((name) => errors[name][1] === words);
  }
}
