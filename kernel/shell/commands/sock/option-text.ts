/** The options of sockets as `sock` takes and prints them: POSIX names, and numbers. */
import { parseNumberText } from "../../../../core/text";
import {
  SocketOption,
  tcpGetOption,
  tcpSetOption,
  udpGetOption,
  udpSetOption,
} from "../../../../net/api";
import { SOCKET_OPTIONS } from "../../../../net/service/socket-option";
import { SOCKET_ERROR_WORDS } from "../../../../net/socket/error";
import { CONGESTION_NAMES } from "../../../../net/socket/tcp/congestion/controller";
import { printable } from "../../terminal/printable";
import { Handle } from "./handles";

/** Stands for text that is not a number; no option can have this value. */
const NO_VALUE: i64 = i64.MIN_VALUE;

/** Returns the option of that name which the socket has, or -1. */
export function optionNamed(handle: Handle, name: string): i32 {
  for (let i = 0; i < SOCKET_OPTIONS.length; i++) {
    const form = SOCKET_OPTIONS[i];
    if (form.name == name && (handle.tcp != null || form.datagrams)) return i;
  }
  return -1;
}

/** Returns the names of the options that the socket has. */
export function optionNames(handle: Handle): string {
  const names: Array<string> = [];
  for (let i = 0; i < SOCKET_OPTIONS.length; i++) {
    const form = SOCKET_OPTIONS[i];
    if (handle.tcp != null || form.datagrams) names.push(form.name);
  }
  return names.join(", ");
}

/** Sets an option. Returns the problem, "" if there is none. */
export function setOptionText(handle: Handle, option: SocketOption, text: string): string {
  const form = SOCKET_OPTIONS[option];
  if (form.readOnly) return `${form.name}: read-only, expected sock get`;
  const named = option == SocketOption.TCP_CONGESTION;
  const value = named ? (CONGESTION_NAMES.indexOf(text) as i64) : parseValue(text);
  const tcp = handle.tcp;
  const done =
    tcp != null ? tcpSetOption(tcp, option, value) : udpSetOption(handle.udp!, option, value);
  if (done) return "";
  const expected = named ? CONGESTION_NAMES.join(" or ") : `${form.least} to ${form.most}`;
  return `${form.name}: invalid value ${printable(text)}, expected ${expected}`;
}

/** Returns the value of an option, with a name in place of an index. */
export function optionText(handle: Handle, option: SocketOption): string {
  const tcp = handle.tcp;
  const value = tcp != null ? tcpGetOption(tcp, option) : udpGetOption(handle.udp!, option);
  if (option == SocketOption.SO_ERROR) return `${value} ${SOCKET_ERROR_WORDS[value as i32]}`;
  if (option == SocketOption.TCP_CONGESTION && value >= 0) return CONGESTION_NAMES[value as i32];
  return value.toString();
}

/** Parses a number, decimal or hexadecimal, with or without a minus. */
function parseValue(text: string): i64 {
  const negative = text.startsWith("-");
  const number = parseNumberText(negative ? text.substring(1) : text, u32.MAX_VALUE);
  if (number < 0) return NO_VALUE;
  return negative ? -number : number;
}
