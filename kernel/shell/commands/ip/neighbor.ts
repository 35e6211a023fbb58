/**
 * ip neigh [show [PREFIX] [dev DEVICE] | get ADDRESS [dev DEVICE] |
 *           add|replace ADDRESS lladdr HARDWARE [nud permanent] [dev DEVICE] |
 *           del ADDRESS [dev DEVICE] | flush [all] [DEVICE]]
 *
 * Shows and changes the neighbor cache, which maps IPv4 addresses to hardware addresses (ARP, RFC
 * 826). The states are those of RFC 4861 section 7.3.2, and iproute2's FAILED and PERMANENT; an
 * INCOMPLETE or FAILED entry has no hardware address. `flush` keeps PERMANENT entries, as in
 * iproute2.
 *
 * Unlike iproute2, `add` always makes a PERMANENT entry, a hardware address can
 * be written with colons or dashes, and `flush` without a device flushes all devices.
 */
import { NEIGHBORS } from "../../../../core/limits";
import { Interface } from "../../../../net/iface/interface";
import { RouteScope } from "../../../../net/iface/ip/route";
import { Neighbor, NeighborState } from "../../../../net/iface/link/neighbor";
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
const VERBS: StaticArray<string> = ["add", "replace", "delete", "get", "show", "list", "flush"];

export function neighborCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb != "") return change(context, verb);
  return context.unknownVerb("show, get, add, replace, del or flush");
}

/** Prints the entries in the order of the table; iproute2 does not sort them by address either. */
function show(context: Context): i32 {
  if (!context.takeSelectors()) return context.code;
  const shown = context.shown();
  for (let i = 0; i < shown.length; i++) {
    const neighbors = shown[i].neighbors;
    for (let j: u32 = 0; j < neighbors.capacity; j++) {
      const neighbor = neighbors.at(j);
      if (neighbor.state == NeighborState.Free) continue;
      if (!context.selectsAddress(neighbor.address.ipv4, RouteScope.Global)) continue;
      showNeighbor(context, shown[i], neighbor);
    }
  }
  return context.done();
}

function showNeighbor(context: Context, iface: Interface, neighbor: Neighbor): void {
  const state = neighbor.stateAt(context.session.now);
  const known = state != NeighborState.Incomplete && state != NeighborState.Failed;
  const hardware = known ? ` lladdr ${formatHardware(neighbor.hardware)}` : "";
  const address = formatIpv4(neighbor.address.ipv4);
  context.session.printLine(`${address} dev ${iface.name}${hardware} ${STATE_NAMES[state]}`);
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

/** `get`, `add`, `replace` or `del`. The errors are those of Linux: EEXIST, ENOENT, ENOBUFS. */
function change(context: Context, verb: string): i32 {
  const add: bool = verb == "add" || verb == "replace";
  let address = NOT_AN_ADDRESS;
  let iface = context.onlyDevice();
  let hardware: u64 = 0;
  while (!context.ended()) {
    const word = context.take();
    if (address == NOT_AN_ADDRESS) {
      address = parseIpv4(word == "to" ? context.take() : word);
      if (address != NOT_AN_ADDRESS) continue;
    }
    const value = context.take();
    if (word == "dev") {
      iface = context.device(value);
      if (iface == null) return context.noDevice(value);
    } else if (word == "lladdr" && add) {
      hardware = parseHardware(value);
      if (hardware == 0 || isGroupHardware(hardware)) {
        return context.unexpected(value, "a station's address, like 52:54:00:12:34:56");
      }
    } else if (word == "nud" && add) {
      if (value != "permanent") return context.unexpected(value, "permanent");
    } else if (address == NOT_AN_ADDRESS) return context.badPrefix(word, "");
    else return context.unexpected(word, add ? "lladdr, nud or dev" : "dev");
  }
  if (iface == null || address == NOT_AN_ADDRESS) {
    const what = verb == "get" ? "Device and address" : "Device and destination";
    return context.incomplete(`${what} are required arguments.`);
  }
  const held = HeldIpAddress.ofIpv4(address as u32);
  const target = held.view;
  const known = iface.neighbors.find(target);
  if (verb == "get") {
    if (known == null) return context.invalid("Neighbour entry not found.");
    showNeighbor(context, iface, known);
    return context.done();
  }
  if (!add) {
    if (iface.neighbors.remove(target)) return context.done();
    return context.refused("No such file or directory");
  }
  if (hardware == 0) return context.invalid("No link layer address given.");
  if (verb == "add" && known != null) return context.refused("File exists");
  if (iface.neighbors.add(target, hardware, context.stack.ip.now)) return context.done();
  return context.refused(`No buffer space available (at most ${NEIGHBORS} neighbors)`);
}
