/** poll(2) and epoll(7). */
import type { Descriptor, Outcome } from "./descriptor.ts";
import type { Descriptors } from "./descriptors.ts";
import { ScriptError } from "./scanner.ts";
import type { SystemCall, Value } from "./script.ts";
import { bitsOf, nameOf, names, numberOf, POLLERR, POLLHUP, pollText } from "./values.ts";

/** A socket that an epoll instance watches. */
interface Watched {
  descriptor: Descriptor;
  events: number;
  /** EPOLLET: told once for each thing that happens; EPOLLONESHOT: once, until EPOLL_CTL_MOD. */
  edge: boolean;
  once: boolean;
  disarmed: boolean;
  /** What had happened to the socket when it was last reported. */
  seen?: string;
}

export class Polls {
  private readonly instances = new Map<number, Map<number, Watched>>();

  constructor(private readonly descriptors: Descriptors) {}

  /** Closes an epoll instance. Returns false if there is none with this number. */
  close(number: number): boolean {
    return this.instances.delete(number);
  }

  poll(call: SystemCall): Outcome | undefined {
    const list = call.parameters[0];
    const items = list.kind === "list" ? list.items : [];
    let ready = 0;
    const wrong: string[] = [];
    for (const item of items) {
      if (item.kind !== "struct") continue;
      const { fd, events, revents } = item.fields;
      const mask = bitsOf(events) | POLLERR | POLLHUP;
      const actual = this.descriptors.readiness(this.descriptors.find(numberOf(fd))) & mask;
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

  /** epoll_create(2), epoll_create1(2) */
  create(call: SystemCall): Outcome {
    const value = numberOf(call.result);
    this.instances.set(value, new Map());
    return { value };
  }

  /** epoll_ctl(2) */
  control(call: SystemCall, line: number): Outcome {
    const watched = this.instance(call, line);
    const number = numberOf(call.parameters[2]);
    if (nameOf(call.parameters[1]) === "EPOLL_CTL_DEL") {
      return watched.delete(number) ? { value: 0 } : { value: -1, error: "ENOENT" };
    }
    const event = call.parameters[3];
    const events = event.kind === "struct" ? event.fields.events : undefined;
    watched.set(number, {
      descriptor: this.descriptors.find(number),
      events: events === undefined ? 0 : epollBits(events),
      edge: names(events).includes("EPOLLET"),
      once: names(events).includes("EPOLLONESHOT"),
      disarmed: false,
    });
    return { value: 0 };
  }

  /** epoll_wait(2); the script names one event. */
  wait(call: SystemCall, line: number): Outcome | undefined {
    const found: [number, number][] = [];
    for (const [number, watched] of this.instance(call, line)) {
      const bits = this.news(watched);
      if (bits !== 0) found.push([number, bits]);
    }
    const timeout = numberOf(call.parameters[3]);
    if (found.length === 0 && timeout !== 0 && numberOf(call.result) !== 0) return undefined;
    const event = call.parameters[1];
    if (event.kind === "struct" && found.length > 0) {
      const { events, fd } = event.fields;
      const [number, bits] = found[0];
      const expected = events === undefined ? bits : epollBits(events);
      if (expected !== bits || (fd !== undefined && numberOf(fd) !== number)) {
        throw new Error(`Expected events ${pollText(expected)} but got ${pollText(bits)}`);
      }
    }
    return { value: found.length };
  }

  /** Returns what is to be reported of a socket, and notes that it was. */
  private news(watched: Watched): number {
    const { descriptor, events } = watched;
    const bits = this.descriptors.readiness(descriptor) & (events | POLLERR | POLLHUP);
    const seen = this.happened(descriptor);
    if (bits === 0 || watched.disarmed || (watched.edge && watched.seen === seen)) return 0;
    watched.seen = seen;
    watched.disarmed = watched.once;
    return bits;
  }

  /** Returns a text that changes whenever something happens for which Linux wakes a waiter. */
  private happened(descriptor: Descriptor): string {
    const { host } = this.descriptors;
    const { socket, taken, completions } = descriptor;
    const arrived = taken + host.call("socketReadable", socket);
    const complete = completions?.complete(this.descriptors.acknowledged(descriptor));
    const finished = host.call("socketFinished", socket);
    const emptied = host.call("socketWritable", socket) > 0 ? descriptor.full : 0;
    return [arrived, complete, finished, this.descriptors.state(socket), emptied].join();
  }

  private instance(call: SystemCall, line: number): Map<number, Watched> {
    const found = this.instances.get(numberOf(call.parameters[0]));
    if (found) return found;
    const problem = "on a descriptor that is not an epoll instance";
    throw new ScriptError(line, `${call.name} ${problem}`);
  }
}

function epollBits(value: Value): number {
  return bitsOf({
    kind: "names",
    names: names(value).map((name) => name.replace("EPOLL", "POLL")),
  });
}
