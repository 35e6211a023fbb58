/** setsockopt(2), getsockopt(2) and ioctl(2). */
import type { Outcome } from "./descriptor.ts";
import { type Descriptors, State } from "./descriptors.ts";
import type { SystemCall } from "./script.ts";
import {
  congestionNames,
  errors,
  firstOf,
  nameOf,
  resetsOnClose,
  socketOptions,
} from "./values.ts";
import { Completions } from "./zero-copy.ts";

const BUFFER_SIZES = ["SO_RCVBUF", "SO_SNDBUF"];

export function setOption(descriptors: Descriptors, call: SystemCall): Outcome {
  const { host } = descriptors;
  const descriptor = descriptors.at(call);
  const option = nameOf(call.parameters[2]);
  const value = call.parameters[3];
  if (option === "SO_LINGER") {
    descriptor.resets = resetsOnClose(value);
    return { value: 0 };
  }
  if (option === "SO_ZEROCOPY") {
    descriptor.completions = firstOf(value) !== 0 ? new Completions() : undefined;
    return { value: 0 };
  }
  if (option === "TCP_INQ") {
    descriptor.tellsRest = firstOf(value) !== 0;
    return { value: 0 };
  }
  const index = socketOptions.indexOf(option);
  if (index < 0) return descriptors.leaveOut(call, option);
  if (BUFFER_SIZES.includes(option)) descriptor.sized = true;
  if (option === "TCP_FASTOPEN_CONNECT" && !host.call("fastOpenConnects")) {
    return { value: -1, error: "EOPNOTSUPP" };
  }
  const number = value.kind === "text" ? congestionNames.indexOf(value.text) : firstOf(value);
  const done = host.call("tcpSetOption", descriptor.socket, index, BigInt(number));
  return done !== 0 ? { value: 0 } : { value: -1, error: "EINVAL" };
}

export function getOption(descriptors: Descriptors, call: SystemCall): Outcome {
  const descriptor = descriptors.at(call);
  const option = nameOf(call.parameters[2]);
  const index = socketOptions.indexOf(option);
  // The default size of a buffer differs between systems.
  if (BUFFER_SIZES.includes(option) && !descriptor.sized) {
    return descriptors.leaveOut(call, option);
  }
  if (index >= 0) {
    const actual = Number(descriptors.host.exports.tcpGetOption(descriptor.socket, index));
    return expectValue(call, option, actual);
  }
  if (option !== "SO_ERROR") return descriptors.leaveOut(call, option);
  const name = descriptor.told ? undefined : descriptors.errorOf(descriptor.socket);
  if (descriptors.state(descriptor.socket) === State.Closed) descriptor.told = true;
  return expectValue(call, option, name === undefined ? 0 : errors[name][0]);
}

/** ioctl(2) on a socket. */
export function controlSocket(descriptors: Descriptors, call: SystemCall): Outcome {
  const request = nameOf(call.parameters[1]);
  const { socket } = descriptors.at(call);
  const exported: Record<string, string> = {
    ...{ SIOCINQ: "socketReadable", FIONREAD: "socketReadable" },
    ...{ SIOCOUTQ: "socketUnacknowledged", TIOCOUTQ: "socketUnacknowledged" },
    SIOCOUTQNSD: "socketUnsent",
  };
  if (!(request in exported)) return descriptors.leaveOut(call, request);
  return expectValue(call, request, descriptors.host.call(exported[request], socket), 2);
}

/** Compares a value that a call returned with that of the script. */
function expectValue(call: SystemCall, what: string, actual: number, at = 3): Outcome {
  const expected = firstOf(call.parameters[at]);
  if (actual === expected) return { value: 0 };
  throw new Error(`Expected ${what} ${expected} but got ${actual}`);
}
