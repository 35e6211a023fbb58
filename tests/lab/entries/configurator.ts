/** A host with two interfaces: net0 has a static fallback and gets a lease, net1 is static. */
import { storeNet32 } from "../../../core/bytes";
import { NextHop, Route, RouteOrigin } from "../../../net/iface/ip/route";
import { IpLayer } from "../../../net/iface/layer";
import { FramePool } from "../../../net/phy/pool";
import { Lease } from "../../../net/service/dhcp/lease";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { InterfaceSettings, NetworkAddress } from "../../../net/service/settings";
import { formatIpv4 } from "../../../net/wire/address";
import { DhcpHeader } from "../../../net/wire/dhcp";
import { DhcpOptions } from "../../../net/wire/dhcp-options";
import { ScriptedDevice } from "./scripted-device";
import { SequenceRandom } from "./sequence-random";

/** A DHCP message without options, and the offset of `yiaddr` in it (RFC 2131 section 2). */
const MESSAGE: usize = 240;
const YOUR_ADDRESS: usize = 16;

const random = new SequenceRandom();
let ip = new IpLayer(new FramePool(1), random);
let settings = new InterfaceSettings();
let setup: InterfaceConfigurator | null = null;

export function reset(): void {
  const pool = new FramePool(256);
  ip = new IpLayer(pool, random);
  settings = new InterfaceSettings();
  settings.dhcp = false;
  ip.addInterface(new ScriptedDevice(pool, 0x0200_0000_0001));
  ip.addInterface(new ScriptedDevice(pool, 0x0200_0000_0002));
  ip.poll(0);
}

export function addStaticAddress(address: u32): void {
  settings.addresses.push(new NetworkAddress(address, 24));
}
/** Applies the static settings to net0, and the address to net1. */
export function start(other: u32): void {
  setup = new InterfaceConfigurator(ip, ip.interfaces[0], settings, random);
  setup!.start(0, "");
  ip.setAddress(ip.interfaces[1], other, 24);
}
/** Adds a default route with a next hop on each interface; returns a RouteResult. */
export function addMultipath(first: u32, second: u32): i32 {
  const route = new Route(0, 0, first, ip.interfaces[0], 0, RouteOrigin.Static);
  route.hops.push(new NextHop(second, ip.interfaces[1]));
  return ip.routes.add(route);
}
/** Configures net0 with a lease without options: its prefix is that of the address class. */
export function lease(address: u32): void {
  const message = heap.alloc(MESSAGE);
  memory.fill(message, 0, MESSAGE);
  storeNet32(message + YOUR_ADDRESS, address);
  const options = DhcpOptions.parse(message, MESSAGE as u32)!;
  setup!.configure(Lease.read(DhcpHeader.at(message), options, 0x0a000001, 0, null));
  heap.free(message);
}

/** The routes with their next hops, and the addresses of net0. */
export function state(): string {
  let text = "";
  for (let i: u32 = 0; i < ip.routes.count; i++) {
    const route = ip.routes.at(i);
    if (route.prefix != 0) continue;
    for (let j = 0; j < route.hops.length; j++) {
      const hop = route.hops[j];
      text += `${formatIpv4(hop.gateway)}@${hop.iface.name} `;
    }
  }
  const own = ip.interfaces[0].ipv4;
  for (let i: u32 = 0; i < own.count; i++) text += `${formatIpv4(own.at(i).address)} `;
  return text.trim();
}
