/** `ip addr`: the addresses of the interfaces. */

import { Interface } from "../../../../net/iface/interface";
import { formatIpv4, isUnicast } from "../../../../net/wire/address";
import { SECOND } from "../../../core/time";
import { Context, parsePrefix } from "./context";
import { linkLines } from "./link";

export function addressCommand(context: Context): i32 {
  const verb = context.take();
  if (verb == "" || verb == "show" || verb == "list") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "add" || verb == "del" || verb == "delete") return change(context, verb == "add");
  return context.unexpected(verb, "show, add, del or flush");
}

function show(context: Context): i32 {
  let name = context.take();
  if (name == "dev") name = context.take();
  if (name != "" && context.device(name) == null) {
    return context.refused(`Device "${name}" does not exist.`);
  }
  if (!context.ended()) return context.unexpected(context.take(), "the end of the line");
  for (let i = 0; i < context.stack.ip.interfaces.length; i++) {
    const iface = context.stack.ip.interfaces[i];
    if (name != "" && iface.name != name) continue;
    context.shell.print(linkLines(iface));
    for (let j: u32 = 0; j < iface.addressCount; j++) showAddress(context, iface, j);
  }
  return context.done();
}

function showAddress(context: Context, iface: Interface, index: u32): void {
  const own = iface.addressAt(index);
  const broadcast = own.broadcast != 0 ? ` brd ${formatIpv4(own.broadcast)}` : "";
  const left = context.stack.leaseTimeLeft(iface, own.address, context.shell.now);
  const origin = left >= 0 ? " dynamic" : "";
  context.shell.printLine(
    `    inet ${formatIpv4(own.address)}/${own.prefix}${broadcast}` +
      ` scope global${origin} ${iface.name}`,
  );
  const lifetime = left < 0 || left == i64.MAX_VALUE ? "forever" : `${left / SECOND}sec`;
  context.shell.printLine(`       valid_lft ${lifetime} preferred_lft ${lifetime}`);
}

function flush(context: Context): i32 {
  let name = context.take();
  if (name == "dev") name = context.take();
  const iface = name == "" ? context.onlyDevice() : context.device(name);
  if (iface == null) return context.unexpected(name, "dev DEVICE");
  while (iface.addressCount > 0) context.stack.ip.removeAddress(iface, iface.addressAt(0).address);
  return context.done();
}

function change(context: Context, add: bool): i32 {
  const text = context.take();
  const prefix = parsePrefix(text);
  if (!prefix.valid || !isUnicast(prefix.address)) {
    return context.unexpected(text, "an address with its prefix length, as 10.0.2.15/24");
  }
  let iface = context.onlyDevice();
  const word = context.take();
  if (word == "dev") {
    const name = context.take();
    iface = context.device(name);
    if (iface == null) return context.refused(`Cannot find device "${name}"`);
  } else if (word != "") return context.unexpected(word, "dev DEVICE");
  if (iface == null) return context.unexpected("", "dev DEVICE");
  if (add) {
    if (iface.owns(prefix.address)) return context.refused("File exists: that address is set");
    if (!context.stack.ip.setAddress(iface, prefix.address, prefix.length)) {
      return context.refused("no room for another address, expected fewer");
    }
  } else if (!context.stack.ip.removeAddress(iface, prefix.address)) {
    return context.refused("Cannot assign requested address: it is not set");
  }
  return context.done();
}
