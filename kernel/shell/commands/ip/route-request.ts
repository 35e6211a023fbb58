/** A route as the words of `ip route add`, `replace`, `del` and the like describe it. */
import { ROUTE_HOPS } from "../../../../core/limits";
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import {
  NextHop,
  Route,
  RouteOrigin,
  RouteScope,
  RouteType,
  TABLE_LOCAL,
  TABLE_MAIN,
} from "../../../../net/iface/ip/route";
import { SMALLEST_MTU } from "../../../../net/iface/link/link";
import { NetworkAddress } from "../../../../net/service/settings";
import { Ipv4Address, NOT_AN_ADDRESS, parseIpv4, UNSPECIFIED } from "../../../../net/wire/address";
import { parseScope, parseTable, parseType } from "../../../config/route-words";
import { EXIT_OK } from "../../command";
import { Context, parseNetwork } from "./context";

/** The words that may follow a destination, for messages. */
const KEYWORDS: string = "via, dev, src, scope, metric, mtu, table, proto, onlink or nexthop";

/** A next hop as its words describe it. */
class HopRequest {
  /** 0 if the destination is on the link. */
  gateway: Ipv4Address = UNSPECIFIED;
  iface: Interface | null = null;
  onLink: bool = false;
  weight: u32 = 1;
}

export class RouteRequest {
  destination: NetworkAddress = new NetworkAddress(0, 0);
  type: RouteType = RouteType.Unicast;
  /** -1 if not given; `add` then uses 0, and `del` matches any. */
  metric: i64 = -1;
  /** 0 for the device's own address. */
  source: Ipv4Address = UNSPECIFIED;
  /** 0 if not given. */
  mtu: u32 = 0;
  table: u32 = TABLE_MAIN;
  /** -1 if not given. */
  scope: i32 = -1;
  /** The next hop given without `nexthop`, and those given with it. */
  private readonly plainHop: HopRequest = new HopRequest();
  private readonly hops: Array<HopRequest> = [];

  constructor(private readonly context: Context) {}

  /** Reads the words up to the end. Returns false after printing an error. */
  read(): bool {
    const context = this.context;
    let text = context.take();
    const type = parseType(text);
    if (type >= 0) {
      this.type = type as RouteType;
      text = context.take();
    }
    if (text == "to") text = context.take();
    const destination = parseNetwork(text);
    if (destination != null) this.destination = destination;
    else context.code = context.badPrefix(text, "default or a network, like 10.1.0.0/16");
    while (context.code == EXIT_OK && !context.ended()) {
      const word = context.take();
      if (word == "nexthop") this.readNextHop();
      else if (!this.readHopWord(this.plainHop, word)) this.readPair(word);
    }
    return context.code == EXIT_OK;
  }

  private readNextHop(): void {
    const context = this.context;
    const hop = new HopRequest();
    if (this.hops.length == ROUTE_HOPS) {
      context.code = context.refused(`Invalid argument (at most ${ROUTE_HOPS} next hops)`);
      return;
    }
    this.hops.push(hop);
    if (context.ended()) context.code = context.unexpected("", "via, dev, weight or onlink");
    while (context.code == EXIT_OK && !context.ended() && !context.at("nexthop")) {
      const word = context.take();
      if (word == "weight") {
        const value = context.take();
        const weight = parseDecimalText(value);
        if (weight < 1 || weight > 256) {
          context.code = context.unexpected(value, "a weight from 1 to 256");
        } else hop.weight = weight as u32;
      } else if (!this.readHopWord(hop, word)) {
        context.code = context.unexpected(word, "via, dev, weight, onlink or nexthop");
      }
    }
  }

  /** Reads a word of a next hop, with its value; returns false if it is another word. */
  private readHopWord(hop: HopRequest, word: string): bool {
    const context = this.context;
    if (word == "onlink") hop.onLink = true;
    else if (word == "via") {
      const value = context.take();
      const gateway = parseIpv4(value);
      if (gateway == NOT_AN_ADDRESS) {
        context.code = context.unexpected(value, "a gateway's address");
      } else hop.gateway = gateway as u32;
    } else if (word == "dev") {
      const value = context.take();
      hop.iface = context.device(value);
      if (hop.iface == null) context.code = context.noDevice(value);
    } else return false;
    return true;
  }

  private readPair(word: string): void {
    const context = this.context;
    let value = context.take();
    if (word == "metric" || word == "priority" || word == "preference") {
      this.metric = parseDecimalText(value);
      if (this.metric < 0 || this.metric > 0xffffffff) {
        context.code = context.unexpected(value, "a metric from 0 to 4294967295");
      }
    } else if (word == "src") {
      const source = parseIpv4(value);
      if (source == NOT_AN_ADDRESS) {
        context.code = context.unexpected(value, "an address of this host");
      } else this.source = source as u32;
    } else if (word == "scope") {
      this.scope = parseScope(value);
      if (this.scope < 0) context.code = context.unexpected(value, "link or global");
    } else if (word == "mtu") {
      if (value == "lock") value = context.take();
      const mtu = parseDecimalText(value);
      if (mtu < (SMALLEST_MTU as i64) || mtu > 65535) {
        context.code = context.unexpected(value, `an MTU from ${SMALLEST_MTU} to 65535`);
      } else this.mtu = mtu as u32;
    } else if (word == "table") {
      this.table = parseTable(value);
      if (this.table == 0 || this.table == TABLE_LOCAL) {
        context.code = context.unexpected(value, "a table: main, default or a number");
      }
    } else if (word == "proto" || word == "protocol") {
      // Routes that users add are static, whichever of the two is given.
      const known: bool = value == "static" || value == "boot";
      if (!known) context.code = context.unexpected(value, "static or boot");
    } else context.code = context.unexpected(word, KEYWORDS);
  }

  /** Returns the route, or null after printing an error, with the messages of Linux's kernel. */
  build(): Route | null {
    const context = this.context;
    const hop = this.plainHop;
    const several = this.hops.length > 0;
    if (this.type != RouteType.Unicast) {
      if (several || hop.iface != null || hop.gateway != UNSPECIFIED) {
        const what = "Gateway, device and multipath can not be specified for this route type.";
        context.code = context.invalid(what);
        return null;
      }
    } else if (several && (hop.iface != null || hop.gateway != UNSPECIFIED)) {
      context.code = context.invalid("Nexthop configuration does not match.");
      return null;
    }
    const metric = max<i64>(this.metric, 0) as u32;
    const to = this.destination;
    const route = new Route(to.address, to.prefix, 0, null, metric, RouteOrigin.Static);
    route.type = this.type;
    route.table = this.table;
    route.mtu = this.mtu;
    route.source = this.source;
    if (this.source != UNSPECIFIED && !context.stack.ip.owns(this.source)) {
      context.code = context.invalid("Invalid prefsrc address.");
      return null;
    }
    if (this.type == RouteType.Unicast) {
      if (!several) this.addHop(route, hop);
      for (let i = 0; i < this.hops.length; i++) this.addHop(route, this.hops[i]);
      if (route.direct) route.scope = RouteScope.Link;
    }
    if (this.scope >= 0) route.scope = this.scope as RouteScope;
    return context.code == EXIT_OK ? route : null;
  }

  /** Adds a next hop to the route, or prints why not. */
  private addHop(route: Route, given: HopRequest): void {
    const context = this.context;
    if (context.code != EXIT_OK) return;
    const gateway = given.gateway;
    let iface = given.iface;
    if (iface == null && gateway != UNSPECIFIED) iface = context.deviceToward(gateway);
    // The gateway is in no network: the table reports it as unreachable, unless `onlink` is given.
    if (iface == null && gateway != UNSPECIFIED) iface = context.onlyDevice();
    // Without a gateway the device must be named: a guess would put the destination on its link.
    if (iface == null) {
      context.code =
        gateway == UNSPECIFIED
          ? context.unexpected("", "via GATEWAY or dev DEVICE")
          : context.invalid("Nexthop has invalid gateway.");
      return;
    }
    if (!iface.up) {
      const what = gateway == UNSPECIFIED ? "Device for nexthop" : "Nexthop device";
      context.code = context.invalid(`${what} is not up.`);
      return;
    }
    if (given.onLink && gateway == UNSPECIFIED) {
      const what = "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.";
      context.code = context.invalid(what);
      return;
    }
    if (this.scope >= RouteScope.Link && gateway != UNSPECIFIED) {
      context.code = context.invalid("Nexthop has invalid scope.");
      return;
    }
    const hop = new NextHop(gateway, iface, given.weight);
    hop.onLink = given.onLink;
    route.hops.push(hop);
  }

  /** Reports whether `del` deletes a route: `proto`, `onlink` and `weight` are not compared. */
  matches(route: Route): bool {
    const to = this.destination;
    if (route.destination != to.address || route.prefix != to.prefix) return false;
    if (route.table != this.table) return false;
    if (this.type != RouteType.Unicast && route.type != this.type) return false;
    if (this.metric >= 0 && (route.metric as i64) != this.metric) return false;
    if (this.source != UNSPECIFIED && route.source != this.source) return false;
    if (this.scope >= 0 && (route.scope as i32) != this.scope) return false;
    if (this.mtu != 0 && route.mtu != this.mtu) return false;
    if (this.hops.length > 0) {
      if (this.hops.length != route.hops.length) return false;
      for (let i = 0; i < this.hops.length; i++) {
        if (!isHop(this.hops[i], route.hops[i])) return false;
      }
      return true;
    }
    const hop = this.plainHop;
    if (hop.gateway == UNSPECIFIED && hop.iface == null) return true;
    return route.hops.length > 0 && isHop(hop, route.hops[0]);
  }
}

function isHop(wanted: HopRequest, hop: NextHop): bool {
  if (wanted.gateway != UNSPECIFIED && hop.gateway != wanted.gateway) return false;
  return wanted.iface == null || hop.iface === wanted.iface;
}
