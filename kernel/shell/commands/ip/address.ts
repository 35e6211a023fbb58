/**
 * ip [-br] addr [show [DEVICE] | add ADDRESS/PREFIX [brd +|BROADCAST] [dev DEVICE] |
 *                del ADDRESS[/PREFIX] [dev DEVICE] | flush DEVICE]
 *
 * Shows and changes the IPv4 addresses of the interfaces. `dynamic` and a lifetime mean that DHCP
 * granted the address, `secondary` that an earlier one has the same network. Without /PREFIX the
 * address is a /32, alone in its network, as in iproute2.
 *
 * Unlike iproute2, the broadcast address is always that of the network, so `brd` is accepted only
 * with it; scope, label and lifetimes cannot be set; an address that no host may have (a network's
 * own, a broadcast, loopback or multicast one) is rejected; and an address with a peer (`Peer=` in
 * anonymos.conf) is shown as a /32, without the peer.
 */
import { INTERFACE_ADDRESSES } from "../../../../core/limits";
import { SECOND } from "../../../../core/time";
import { Interface } from "../../../../net/iface/interface";
import { NetworkAddress } from "../../../../net/service/settings";
import { formatIpv4, maskOf, parseIpv4 } from "../../../../net/wire/address";
import { Context, DOES_NOT_EXIST, parseNetwork } from "./context";
import { briefStart, linkLines } from "./link";

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = ["add", "delete", "show", "list", "flush"];

export function addressCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "add" || verb == "delete") return change(context, verb == "add");
  return context.unknownVerb("show, add, del or flush");
}

function show(context: Context): i32 {
  if (!context.takeDevice(DOES_NOT_EXIST)) return context.code;
  const only = context.chosen;
  for (let i = 0; i < context.stack.ip.interfaces.length; i++) {
    const iface = context.stack.ip.interfaces[i];
    if (only != null && iface !== only) continue;
    if (context.options.brief) {
      showBriefly(context, iface);
      continue;
    }
    context.session.print(linkLines(iface));
    for (let j: u32 = 0; j < iface.ipv4.count; j++) showAddress(context, iface, j);
  }
  return context.done();
}

function showBriefly(context: Context, iface: Interface): void {
  let line = briefStart(iface);
  for (let i: u32 = 0; i < iface.ipv4.count; i++) {
    const own = iface.ipv4.at(i);
    line += `${formatIpv4(own.address)}/${own.prefix} `;
  }
  context.session.printLine(line.trimEnd());
}

/** Prints two lines; `valid_lft` is the rest of the lease, in seconds, or forever. */
function showAddress(context: Context, iface: Interface, index: u32): void {
  const own = iface.ipv4.at(index);
  const broadcast = own.broadcast != 0 ? ` brd ${formatIpv4(own.broadcast)}` : "";
  const left = context.stack.configuration.leaseTimeLeft(iface, own.address, context.session.now);
  let origin = iface.ipv4.isSecondary(index) ? " secondary" : "";
  if (left >= 0) origin += " dynamic";
  context.session.printLine(
    `    inet ${formatIpv4(own.address)}/${own.prefix}${broadcast}` +
      ` scope global${origin} ${iface.name}`,
  );
  const lifetime = left < 0 || left == i64.MAX_VALUE ? "forever" : `${left / SECOND}sec`;
  context.session.printLine(`       valid_lft ${lifetime} preferred_lft ${lifetime}`);
}

/** Removes the addresses of a device and their routes. */
function flush(context: Context): i32 {
  if (!context.takeDevice(DOES_NOT_EXIST)) return context.code;
  const iface = context.chosen;
  if (iface == null) return context.needsWords("Flush");
  while (iface.ipv4.count > 0) context.stack.ip.removeAddress(iface, iface.ipv4.at(0).address);
  return context.done();
}

/** `add` or `del`. The errors are those of Linux: EEXIST, ENOBUFS, EADDRNOTAVAIL. */
function change(context: Context, add: bool): i32 {
  const text = context.take();
  const own = parseNetwork(text);
  const expected = "a host's address, like 10.0.2.15/24";
  if (own == null) return context.badPrefix(text, expected);
  if (!own.usable()) return context.unexpected(text, expected);
  if (add && (context.at("brd") || context.at("broadcast"))) {
    context.take();
    const broadcast = context.take();
    if (!isBroadcastOf(own, broadcast)) {
      return context.unexpected(broadcast, "+ or the broadcast address of the network");
    }
  }
  if (!context.ended() && !context.at("dev")) {
    return context.unexpected(context.take(), "dev DEVICE");
  }
  if (!context.takeDevice()) return context.code;
  const named = context.chosen;
  const iface = named != null ? named : context.onlyDevice();
  if (iface == null) return context.noDevice("");
  const existing = iface.ipv4.find(own.address);
  if (add) {
    if (existing != null) return context.refused("File exists");
    if (!context.stack.ip.setAddress(iface, own.address, own.prefix)) {
      return context.refused(
        `No buffer space available (at most ${INTERFACE_ADDRESSES} addresses)`,
      );
    }
    return context.done();
  }
  if (existing == null || (text.includes("/") && existing.prefix != own.prefix)) {
    return context.refused("Cannot assign requested address");
  }
  context.stack.ip.removeAddress(iface, own.address);
  return context.done();
}

/** Reports whether `text` is `+` or the broadcast address of a network, which must have one. */
function isBroadcastOf(own: NetworkAddress, text: string): bool {
  if (own.prefix > 30) return false;
  return text == "+" || parseIpv4(text) == ((own.address | ~maskOf(own.prefix)) as i64);
}
