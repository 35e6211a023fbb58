/**
 * ip [-br] [-o] addr [show [DEVICE] [up] [to PREFIX] [scope SCOPE] |
 *                     add|replace ADDRESS/PREFIX [brd +|BROADCAST] [dev DEVICE] |
 *                     del ADDRESS[/PREFIX] [dev DEVICE] | flush DEVICE]
 *
 * Shows and changes the IPv4 addresses of the interfaces. `dynamic` and a lifetime mean that DHCP
 * granted the address, `secondary` that an earlier one has the same network. Without /PREFIX the
 * address is a /32, alone in its network, as in iproute2.
 *
 * The words after `add` may come in any order. `change` is another word for `replace`.
 *
 * Unlike iproute2, an address has one prefix length, which `replace` changes; the broadcast address
 * is always that of the network, so `brd` is accepted only with it; scope, label and lifetimes
 * cannot be set; an address that no host may have (a network's own, a broadcast, loopback or
 * multicast one) is rejected; and an address with a peer (`Peer=` in anonymos.conf) is shown as a
 * /32, without the peer.
 */
import { INTERFACE_ADDRESSES } from "../../../../core/limits";
import { SECOND } from "../../../../core/time";
import { Interface } from "../../../../net/iface/interface";
import { RouteScope } from "../../../../net/iface/ip/route";
import { NetworkAddress } from "../../../../net/service/settings";
import { formatIpv4, maskOf, parseIpv4 } from "../../../../net/wire/address";
import { Context, DOES_NOT_EXIST, parseNetwork } from "./context";
import { briefStart, linkLines } from "./link";

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = [
  "add",
  "change",
  "chg",
  "replace",
  "delete",
  "show",
  "list",
  "flush",
];
const EXPECTED: string = "a host's address, like 10.0.2.15/24";
const LOCALHOST: u32 = 0x7f000001;
const FOREVER: string = "\n       valid_lft forever preferred_lft forever";

export function addressCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "delete" || verb == "add") return change(context, verb, false);
  if (verb != "") return change(context, "add", true);
  return context.unknownVerb("show, add, replace, del or flush");
}

function show(context: Context): i32 {
  if (!context.takeSelectors(DOES_NOT_EXIST)) return context.code;
  const shown = context.shown();
  for (let i = 0; i < shown.length; i++) showDevice(context, shown[i]);
  return context.done();
}

/** Prints a device and its addresses; with -o, only these, each after the device's name. */
function showDevice(context: Context, iface: Interface): void {
  const lines: Array<string> = [];
  const lo = context.stack.ip.loopback;
  if (iface === lo && context.selectsAddress(LOCALHOST, RouteScope.Host)) {
    lines.push(context.options.brief ? "127.0.0.1/8" : `127.0.0.1/8 scope host lo${FOREVER}`);
  }
  for (let i: u32 = 0; i < iface.ipv4.count; i++) {
    const own = iface.ipv4.at(i);
    if (!context.selectsAddress(own.address, RouteScope.Global)) continue;
    let line = `${formatIpv4(own.address)}/${own.prefix}`;
    if (!context.options.brief) line += details(context, iface, i);
    lines.push(line);
  }
  if (lines.length == 0 && context.byAddress) return;
  if (context.options.brief) {
    context.session.printLine((briefStart(iface) + lines.join(" ")).trimEnd());
    return;
  }
  const oneLine = context.options.oneLine;
  if (!oneLine) context.show(linkLines(iface));
  const start = oneLine ? `${iface.index + 1}: ${iface.name}` : "";
  for (let i = 0; i < lines.length; i++) context.show(`${start}    inet ${lines[i]}`);
}

/** Returns what follows an address; `valid_lft` is the rest of the lease, or forever. */
function details(context: Context, iface: Interface, index: u32): string {
  const own = iface.ipv4.at(index);
  const broadcast = own.broadcast != 0 ? ` brd ${formatIpv4(own.broadcast)}` : "";
  const left = context.stack.configuration.leaseTimeLeft(iface, own.address, context.session.now);
  let origin = iface.ipv4.isSecondary(index) ? " secondary" : "";
  if (left >= 0) origin += " dynamic";
  const scope = `${broadcast} scope global${origin} ${iface.name}`;
  if (left < 0 || left == i64.MAX_VALUE) return scope + FOREVER;
  const lifetime = `${left / SECOND}sec`;
  return `${scope}\n       valid_lft ${lifetime} preferred_lft ${lifetime}`;
}

/** Removes the addresses of a device and their routes. */
function flush(context: Context): i32 {
  if (!context.takeDevice(DOES_NOT_EXIST)) return context.code;
  const iface = context.chosen;
  if (iface == null) return context.needsWords("Flush");
  while (iface.ipv4.count > 0) context.stack.ip.removeAddress(iface, iface.ipv4.at(0).address);
  return context.done();
}

/** The words of `add` and `del`, in any order. */
class Request {
  /** The address as it was typed, and parsed. */
  text: string = "";
  own: NetworkAddress | null = null;
  iface: Interface | null = null;
  private broadcast: string = "";

  /** Reads the words up to the end. Returns false after printing an error. */
  read(context: Context, add: bool): bool {
    while (context.code == 0 && !context.ended()) this.readWord(context, context.take(), add);
    const own = this.own;
    if (context.code != 0) return false;
    if (own == null) context.code = context.unexpected("", EXPECTED);
    else if (this.broadcast != "" && !isBroadcastOf(own, this.broadcast)) {
      const expected = "+ or the broadcast address of the network";
      context.code = context.unexpected(this.broadcast, expected);
    } else {
      if (this.iface == null) this.iface = context.onlyDevice();
      if (this.iface == null) context.code = context.needsDevice();
    }
    return context.code == 0;
  }

  private readWord(context: Context, word: string, add: bool): void {
    if (word == "dev") {
      const name = context.take();
      this.iface = context.device(name);
      if (this.iface == null) context.code = context.noDevice(name);
    } else if (add && (word == "brd" || word == "broadcast")) {
      this.broadcast = context.take();
      if (this.broadcast == "") context.code = context.unexpected("", "a broadcast address");
    } else if (this.own != null) context.code = context.unexpected(word, "dev DEVICE");
    else {
      this.text = word == "local" ? context.take() : word;
      const own = parseNetwork(this.text);
      this.own = own;
      if (own == null) context.code = context.badPrefix(this.text, EXPECTED);
      else if (!own.usable()) context.code = context.unexpected(this.text, EXPECTED);
    }
  }
}

/** `add`, `replace` or `del`. The errors are those of Linux: EEXIST, ENOBUFS, EADDRNOTAVAIL. */
function change(context: Context, verb: string, replace: bool): i32 {
  const request = new Request();
  if (!request.read(context, verb == "add")) return context.code;
  const own = request.own!;
  const iface = request.iface!;
  const existing = iface.ipv4.find(own.address);
  if (verb == "add") {
    if (existing != null && !replace) {
      const other = `with /${existing.prefix}, an address has one prefix length`;
      return context.refused(
        existing.prefix == own.prefix ? "File exists" : `File exists (${other})`,
      );
    }
    if (!context.stack.ip.setAddress(iface, own.address, own.prefix)) {
      return context.refused(
        `No buffer space available (at most ${INTERFACE_ADDRESSES} addresses)`,
      );
    }
    return context.done();
  }
  if (existing == null || (request.text.includes("/") && existing.prefix != own.prefix)) {
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
