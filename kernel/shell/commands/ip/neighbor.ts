/**
 * ip neigh [show [DEVICE] | add|replace ADDRESS lladdr HARDWARE [dev DEVICE] |
 *           del ADDRESS [dev DEVICE] | flush [all] [DEVICE]]
 *
 * Shows and changes the neighbor cache, which maps IPv4 addresses to hardware addresses (ARP, RFC
 * 826). The states are those of RFC 4861 section 7.3.2, and iproute2's FAILED and PERMANENT; an
 * INCOMPLETE or FAILED entry has no hardware address. `flush` keeps PERMANENT entries, as in
 * iproute2.
 *
 * Unlike iproute2, `add` always makes a PERMANENT entry (there is no `nud`), a hardware address can
 * be written with colons or dashes, and `flush` without a device flushes all devices.
 */
import { NEIGHBORS } from "../../../../core/limits";
import { Interface } from "../../../../net/iface/interface";
import { NeighborState } from "../../../../net/iface/link/neighbor";
import {
  formatHardware,
  formatIpv4,
  isGroupHardware,
  NOT_AN_ADDRESS,
  parseIpv4,
} from "../../../../net/wire/address";
import { HeldIpAddress } from "../../../../net/wire/ip-address";
import { parseHardware } from "../../../config/values";
import { Context } from "./context";

/** iproute2's names, in the order of `NeighborState`. */
const STATE_NAMES: StaticArray<string> = [
  "NONE",
  "INCOMPLETE",
  "REACHABLE",
  "STALE",
  "DELAY",
  "PROBE",
  "FAILED",
  "PERMANENT",
];

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = ["add", "replace", "delete", "show", "list", "flush"];

export function neighborCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "add" || verb == "replace") return change(context, true, verb == "replace");
  if (verb == "delete") return change(context, false, false);
  return context.unknownVerb("show, add, replace, del or flush");
}

/** Prints the entries in the order of the table; iproute2 does not sort them by address either. */
function show(context: Context): i32 {
  if (!context.takeDevice()) return context.code;
  const only = context.chosen;
  for (let i = 0; i < context.stack.ip.interfaces.length; i++) {
    const iface = context.stack.ip.interfaces[i];
    if (only == null || iface === only) showNeighbors(context, iface);
  }
  return context.done();
}

function showNeighbors(context: Context, iface: Interface): void {
  for (let i: u32 = 0; i < iface.neighbors.capacity; i++) {
    const neighbor = iface.neighbors.at(i);
    if (neighbor.state == NeighborState.Free) continue;
    const state = neighbor.stateAt(context.session.now);
    const known = state != NeighborState.Incomplete && state != NeighborState.Failed;
    const hardware = known ? ` lladdr ${formatHardware(neighbor.hardware)}` : "";
    const address = formatIpv4(neighbor.address.ipv4);
    context.session.printLine(`${address} dev ${iface.name}${hardware} ${STATE_NAMES[state]}`);
  }
}

/** Accepts `all`, which iproute2 requires to flush everything. */
function flush(context: Context): i32 {
  if (context.at("all")) context.take();
  if (!context.takeDevice()) return context.code;
  const only = context.chosen;
  for (let i = 0; i < context.stack.ip.interfaces.length; i++) {
    const iface = context.stack.ip.interfaces[i];
    if (only == null || iface === only) iface.neighbors.flush(false);
  }
  return context.done();
}

/** `add`, `replace` or `del`. The errors are those of Linux: EEXIST, ENOENT, ENOBUFS. */
function change(context: Context, add: bool, replace: bool): i32 {
  const text = context.take();
  const address = parseIpv4(text);
  if (address == NOT_AN_ADDRESS) return context.unexpected(text, "an IPv4 address");
  let iface = context.onlyDevice();
  let hardware: u64 = 0;
  let word = context.take();
  while (word != "") {
    const value = context.take();
    if (word == "dev") {
      iface = context.device(value);
      if (iface == null) return context.noDevice(value);
    } else if (word == "lladdr" && add) {
      hardware = parseHardware(value);
      if (hardware == 0 || isGroupHardware(hardware)) {
        return context.unexpected(value, "a station's address, like 52:54:00:12:34:56");
      }
    } else return context.unexpected(word, add ? "lladdr or dev" : "dev");
    word = context.take();
  }
  if (iface == null) return context.noDevice("");
  const held = HeldIpAddress.ofIpv4(address as u32);
  const target = held.view;
  if (!add) {
    if (iface.neighbors.remove(target)) return context.done();
    return context.refused("No such file or directory");
  }
  if (hardware == 0) return context.unexpected("", "lladdr HARDWARE-ADDRESS");
  if (!replace && iface.neighbors.find(target) != null) {
    return context.refused("File exists");
  }
  if (iface.neighbors.add(target, hardware, context.stack.ip.now)) return context.done();
  return context.refused(`No buffer space available (at most ${NEIGHBORS} neighbors)`);
}
