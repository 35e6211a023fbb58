/**
 * ip [-s] [-br] [-o] link [show [DEVICE] [up] [type TYPE] | set [dev] DEVICE [up|down] [mtu N]]
 *
 * Shows the interfaces with their state and changes it. UP is the administrative state, LOWER_UP
 * the state of the cable (ifAdminStatus and ifOperStatus of RFC 2863). -s adds counters: iproute2's
 * columns, then the errors by cause, and the packets that the stack dropped, by reason
 * (net/wire/drop.ts).
 *
 * lo is shown only by name, and is always up. Other devices have no `type`.
 *
 * Unlike iproute2, `set` makes either all of its changes or none. Names and hardware addresses
 * cannot be changed. The qdisc is not shown (`tc qdisc` does); there is no group and no qlen.
 */
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { SMALLEST_MTU } from "../../../../net/iface/link/link";
import { DeviceCounters } from "../../../../net/phy/counters";
import { ANY_DEVICE } from "../../../../net/socket/path";
import { formatHardware } from "../../../../net/wire/address";
import { DROP_NAMES } from "../../../../net/wire/drop";
import { ETHERNET_MTU } from "../../../../net/wire/ethernet";
import { Session } from "../../session";
import { Context, DOES_NOT_EXIST } from "./context";

/** In the order in which iproute2 matches abbreviations: `s` is `set`. */
const VERBS: StaticArray<string> = ["set", "show", "list"];

export function linkCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return showLinks(context);
  if (verb == "set") return setLink(context);
  return context.unknownVerb("show or set");
}

function flagsOf(iface: Interface): string {
  if (isLoopback(iface)) return "<LOOPBACK,UP,LOWER_UP>";
  return `<BROADCAST,MULTICAST${iface.up ? ",UP" : ""}${iface.linkUp ? ",LOWER_UP" : ""}>`;
}

/** Returns iproute2's operstate: UP only if frames can pass. */
function stateOf(iface: Interface): string {
  if (isLoopback(iface)) return "UNKNOWN";
  return iface.up && iface.linkUp ? "UP" : "DOWN";
}

function isLoopback(iface: Interface): bool {
  return iface.index == ANY_DEVICE;
}

/** Returns the start of a line of `ip -br`: name and state, padded to 17 and 15 as in iproute2. */
export function briefStart(iface: Interface): string {
  return iface.name.padEnd(17) + stateOf(iface).padEnd(15);
}

/** Returns the first two lines of an interface (numbered from 1; lo is 0). */
export function linkLines(iface: Interface): string {
  const hardware = formatHardware(iface.hardware);
  const flags = flagsOf(iface);
  const kind = isLoopback(iface) ? "loopback" : "ether";
  const broadcast = isLoopback(iface) ? hardware : "ff:ff:ff:ff:ff:ff";
  return (
    `${iface.index + 1}: ${iface.name}: ${flags} mtu ${iface.mtu} state ${stateOf(iface)}\n` +
    `    link/${kind} ${hardware} brd ${broadcast}`
  );
}

function showLinks(context: Context): i32 {
  if (!context.takeSelectors(DOES_NOT_EXIST)) return context.code;
  const shown = context.shown();
  for (let i = 0; i < shown.length; i++) {
    const iface = shown[i];
    if (context.options.brief) {
      const hardware = formatHardware(iface.hardware);
      context.session.printLine(`${briefStart(iface)}${hardware} ${flagsOf(iface)}`);
      continue;
    }
    context.show(linkLines(iface));
    if (context.options.statistics) showStatistics(context.session, iface);
  }
  return context.done();
}

/** Prints a heading and a line of figures below its columns. */
function table(session: Session, heading: string, values: StaticArray<u64>): void {
  let line = "       ";
  for (let i = 0; i < values.length; i++) line += " " + values[i].toString().padStart(11);
  session.printLine(heading);
  session.printLine(line);
}

/** Prints the card's counters (net/phy/counters.ts) and the packets that the stack dropped. */
function showStatistics(session: Session, iface: Interface): void {
  const c: DeviceCounters = iface.device.counters();
  const dropped = c.receiveDropped();
  table(session, "    RX:       bytes     packets      errors     dropped       mcast", [
    c.receivedBytes,
    c.receivedFrames,
    c.receiveErrors(),
    dropped,
    c.receivedMulticast,
  ]);
  session.printLine(
    `    RX errors: crc ${c.crcErrors}, frame ${c.frameErrors}, length ${c.lengthErrors}, ` +
      `fifo ${c.fifoErrors}, oversized ${c.oversized}, missed ${c.missedErrors}, ` +
      `no frame ${c.noFrame}`,
  );
  table(session, "    TX:       bytes     packets      errors     dropped", [
    c.sentBytes,
    c.sentFrames,
    c.sendErrors(),
    c.sendDropped(),
  ]);
  session.printLine(
    `    TX errors: collisions ${c.collisions}, carrier ${c.carrierErrors}, ` +
      `ring full ${c.ringFull}, link down ${c.linkDown}`,
  );
  const speed = iface.device.linkSpeed();
  session.printLine(
    `    driver ${iface.device.driverName()}, ${speed > 0 ? `${speed} Mb/s` : "speed unknown"}, ` +
      `${c.interrupts} interrupts`,
  );
  let reasons = "";
  for (let reason = 1; reason < DROP_NAMES.length; reason++) {
    const count = iface.drops.of(reason);
    if (count > 0) reasons += `, ${DROP_NAMES[reason]} ${count}`;
  }
  session.printLine(`    packets dropped by the stack: ${iface.drops.total()}${reasons}`);
}

/** `set`: applies every change, or none if a word is wrong. */
function setLink(context: Context): i32 {
  let iface: Interface | null = null;
  // If words contradict each other, the last one wins, as in iproute2.
  let state = "";
  let mtu: i64 = -1;
  while (!context.ended()) {
    const word = context.take();
    if (word == "up" || word == "down") state = word;
    else if (word == "mtu") {
      const text = context.take();
      mtu = parseDecimalText(text);
      if (mtu < 0) return context.unexpected(text, 'an "mtu" value in bytes');
      // The messages of Linux's dev_validate_mtu, with the bound, which Linux leaves out.
      if (mtu < (SMALLEST_MTU as i64)) {
        return context.invalid(`mtu less than device minimum (${SMALLEST_MTU}).`);
      }
      if (mtu > (ETHERNET_MTU as i64)) {
        return context.invalid(`mtu greater than device maximum (${ETHERNET_MTU}).`);
      }
    } else if (iface == null) {
      const name = word == "dev" ? context.take() : word;
      iface = context.anyDevice(name);
      if (iface == null) return context.noDevice(name);
    } else return context.unexpected(word, "up, down or mtu N");
  }
  if (state == "" && mtu < 0) return context.unexpected("", "up, down or mtu N");
  if (iface == null) iface = context.onlyDevice();
  if (iface == null) return context.needsDevice();
  if (isLoopback(iface) && (state == "down" || mtu >= 0)) {
    return context.refused("Operation not supported");
  }
  if (state != "") context.stack.ip.setUp(iface, state == "up");
  if (mtu >= 0) context.stack.ip.setMtu(iface, mtu as u32);
  return context.done();
}
