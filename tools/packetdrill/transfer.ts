/** System calls that read and write. */
import type { Descriptor, Outcome } from "./descriptor.ts";
import { type Descriptors, State } from "./descriptors.ts";
import { sendFlags, synRoom, writeOpening } from "./fast-open.ts";
import type { SystemCall, Value } from "./script.ts";
import { nameOf, names, numberOf, structOf, total } from "./values.ts";

/** `Shutdown.Write` of net/api.ts. */
const SHUTDOWN_WRITE = 1;

export class Transfers {
  /** Closed descriptors that still have a backlog to send. */
  private readonly closing: Descriptor[] = [];

  constructor(
    private readonly descriptors: Descriptors,
    /** Opens a connection with Fast Open. Returns an outcome if that ends the call. */
    private readonly open: (descriptor: Descriptor, nonblocking: boolean) => Outcome | undefined,
  ) {}

  /** Writes as much of the backlogs as the kernel has room for. */
  pump(): void {
    const { host, open } = this.descriptors;
    for (const descriptor of [...open.values(), ...this.closing]) {
      if (descriptor.backlog === 0) continue;
      descriptor.backlog -= this.pass(descriptor, descriptor.backlog);
      if (descriptor.backlog > 0) continue;
      if (descriptor.afterwards === "shutdown") {
        host.call("socketShutdown", descriptor.socket, SHUTDOWN_WRITE);
      }
      if (descriptor.afterwards === "close") host.call("tcpClose", descriptor.socket);
    }
  }

  /** Closes a descriptor once its backlog is written. */
  closeLater(descriptor: Descriptor): void {
    this.closing.push({ ...descriptor, afterwards: "close" });
  }

  /** read(2), recv(2), recvfrom(2) */
  read(call: SystemCall): Outcome | undefined {
    const length = numberOf(call.parameters[2]);
    if (isBad(call, length)) return { value: -1, error: "EFAULT" };
    const descriptor = this.descriptors.at(call);
    if (names(call.parameters[3]).includes("MSG_PEEK")) {
      const readable = this.descriptors.host.call("socketReadable", descriptor.socket);
      if (readable > 0) return { value: Math.min(readable, length) };
    }
    return this.take(descriptor, length);
  }

  /** write(2), send(2) */
  write(call: SystemCall): Outcome | undefined {
    const length = numberOf(call.parameters[2]);
    if (isBad(call, length)) return { value: -1, error: "EFAULT" };
    return this.send(call, length, call.parameters[3]);
  }

  /** writev(2) */
  gather(call: SystemCall): Outcome | undefined {
    return this.send(call, total(call.parameters[1]), undefined);
  }

  /** sendto(2); with MSG_FASTOPEN it opens a connection. */
  sendTo(call: SystemCall): Outcome | undefined {
    const [, , length, flags, to] = call.parameters;
    if (isBad(call, numberOf(length))) return { value: -1, error: "EFAULT" };
    if (nameOf(to) === "AF_UNSPEC") return { value: -1, error: "EOPNOTSUPP" };
    return this.send(call, numberOf(length), flags);
  }

  /** sendfile(2), of a file that is long enough. */
  sendFile(call: SystemCall): Outcome | undefined {
    return this.send(call, numberOf(call.parameters[3]), undefined);
  }

  /** sendmsg(2) */
  sendMessage(call: SystemCall): Outcome | undefined {
    const message = structOf(call.parameters[1]);
    const length = message.msg_iov === undefined ? 0 : total(message.msg_iov);
    return this.send(call, length, call.parameters[2]);
  }

  /** recvmsg(2) */
  receiveMessage(call: SystemCall): Outcome | undefined {
    const descriptor = this.descriptors.at(call);
    const message = structOf(call.parameters[1]);
    const control = controlsOf(message.msg_control);
    if (names(call.parameters[2]).includes("MSG_ERRQUEUE")) {
      return this.receiveError(descriptor, control);
    }
    const length = message.msg_iov === undefined ? 0 : total(message.msg_iov);
    const outcome = this.take(descriptor, length);
    const rest = control.find(({ cmsg_type }) => nameOf(cmsg_type) === "TCP_CM_INQ");
    if (outcome && rest && descriptor.tellsRest) {
      const { host } = this.descriptors;
      const left = host.call("socketReadable", descriptor.socket);
      // As in Linux, the end of the data counts as one byte.
      const ended = left === 0 && host.call("socketFinished", descriptor.socket) !== 0 ? 1 : 0;
      expectEqual("TCP_CM_INQ", numberOf(rest.cmsg_data), left + ended);
    }
    return outcome;
  }

  /** Takes a report from the error queue; it never blocks. */
  private receiveError(descriptor: Descriptor, control: Record<string, Value>[]): Outcome {
    const taken = descriptor.completions?.take(this.descriptors.acknowledged(descriptor));
    if (taken === undefined) return { value: -1, error: "EAGAIN" };
    const report = structOf(control[0]?.cmsg_data);
    const [first, last] = taken;
    if (nameOf(report.ee_origin) !== "SO_EE_ORIGIN_ZEROCOPY") {
      throw new Error("the error queue has only reports about MSG_ZEROCOPY");
    }
    expectEqual("ee_info", numberOf(report.ee_info), first);
    expectEqual("ee_data", numberOf(report.ee_data), last);
    return { value: 0 };
  }

  private take(descriptor: Descriptor, length: number): Outcome | undefined {
    const { host } = this.descriptors;
    const { socket } = descriptor;
    if (host.call("socketReadable", socket) > 0) {
      const value = host.transfer("tcpReceive", socket, length);
      descriptor.taken += value;
      return { value };
    }
    if (host.call("socketFinished", socket)) return { value: 0 };
    const state = this.descriptors.state(socket);
    if (state !== State.Closed) return undefined;
    if (!descriptor.connecting && this.descriptors.errorOf(socket) === undefined) {
      return { value: -1, error: "ENOTCONN" };
    }
    return this.descriptors.failure(descriptor) ?? { value: 0 };
  }

  private send(call: SystemCall, length: number, words: Value | undefined): Outcome | undefined {
    const descriptor = this.descriptors.at(call);
    const { fastOpen, nonblocking, zeroCopy } = sendFlags(words, descriptor);
    if (fastOpen) {
      const ended = this.open(descriptor, nonblocking);
      if (ended) return ended;
    }
    const outcome = this.queue(descriptor, length, nonblocking);
    if (zeroCopy && outcome && outcome.value > 0) {
      descriptor.completions?.add(descriptor.written + descriptor.backlog);
    }
    return outcome;
  }

  private queue(descriptor: Descriptor, length: number, nonblocking: boolean): Outcome | undefined {
    const { host } = this.descriptors;
    const state = this.descriptors.state(descriptor.socket);
    const failed = this.descriptors.failure(descriptor);
    if (failed) return failed;
    if (state === State.Closed || descriptor.shut) return { value: -1, error: "EPIPE" };
    if (synRoom(host, descriptor) > 0) {
      return writeOpening(host, descriptor, length, nonblocking);
    }
    if (state === State.SynSent) return undefined;
    if (descriptor.opening !== undefined) {
      descriptor.opening = undefined;
      return { value: length };
    }
    const sent = descriptor.backlog > 0 ? 0 : this.pass(descriptor, length);
    if (sent < length) descriptor.full++;
    if (nonblocking) return sent > 0 || length === 0 ? { value: sent } : undefined;
    descriptor.backlog += length - sent;
    return { value: length };
  }

  /** Passes up to `length` bytes to the kernel. Returns how many it took. */
  private pass(descriptor: Descriptor, length: number): number {
    const { host } = this.descriptors;
    const { socket } = descriptor;
    const room = Math.min(host.call("socketWritable", socket), length);
    const count = room > 0 ? host.transfer("tcpSend", socket, room) : 0;
    descriptor.written += count;
    return count;
  }
}

/** Reports whether the buffer of a call is NULL although it is to be used. */
function isBad(call: SystemCall, length: number): boolean {
  return nameOf(call.parameters[1]) === "NULL" && length > 0;
}

/** Returns the fields of each control message. */
function controlsOf(value: Value | undefined): Record<string, Value>[] {
  return value?.kind === "list" ? value.items.map(structOf) : [];
}

function expectEqual(what: string, expected: number, actual: number): void {
  if (actual !== expected) throw new Error(`Expected ${what} ${expected} but got ${actual}`);
}
