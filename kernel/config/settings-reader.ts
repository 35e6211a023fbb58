/** The keys of anonymos.conf by section (systemd.network(5)). */
import { parseDecimalText } from "../../core/text";
import { SMALLEST_MTU } from "../../net/iface/link/link";
import { DHCP_GATEWAY, NO_METRIC, RouteSetting } from "../../net/service/routing-settings";
import {
  isGatewayOf,
  NameServer,
  NetworkAddress,
  parseNameServer,
  parseNetworkAddress,
  parsePrefix,
} from "../../net/service/settings";
import { formatIpv4 } from "../../net/wire/address";
import { ETHERNET_MTU } from "../../net/wire/ethernet";
import { Configuration, MatchedSettings, Source } from "./configuration";
import { LOG_KEYS } from "./log-settings";
import { PROXY_KEYS } from "./proxy-settings";
import { RouteSection } from "./route-section";
import { RULE_SECTION, RuleSection } from "./rule-section";
import { TRAFFIC_SECTIONS, TrafficSection } from "./traffic-sections";
import {
  BAD_BOOLEAN,
  BAD_GATEWAY,
  BAD_METRIC,
  isHostName,
  LARGEST_METRIC,
  parseBoolean,
  parseBytes,
  parseHardware,
  parseHostAddress,
  splitBlanks,
  unknownKey,
} from "./values";

/** The MTU of Ethernet (RFC 894), in bytes. */
const LARGEST_MTU: i64 = ETHERNET_MTU;
const LEASE_SWITCHES: StaticArray<string> = [
  "SendHostname",
  "UseDNS",
  "UseDomains",
  "UseNTP",
  "UseMTU",
  "UseHostname",
  "UseRoutes",
  "UseGateway",
];

const MAC_FORM: string = "52:54:00:12:34:56";
const BAD_ADDRESS: string = "invalid address, expected ADDRESS/PREFIX like 192.168.1.2/24";
const LEASE_KEYS: string = `Hostname=, ${LEASE_SWITCHES.join("=, ")}= or RouteMetric=`;
const NETWORK_KEYS: string = "DHCP=, Address=, Gateway=, DNS=, Domains=, NTP= or Hostname=";

/** Collects the keys of each section into the settings of a part of the file. */
export class SettingsReader {
  /** The line of the error that `finish` or `finishPart` returned. */
  finishLine: i32 = 0;
  private part: MatchedSettings = new MatchedSettings();
  /** The current part has a section other than [Match]. */
  private filled: bool = false;
  private added: bool = false;
  /** The line with DHCP=, or 0. */
  private dhcpLine: i32 = 0;
  private gatewayLine: i32 = 0;
  /** The lines with Gateway=_dhcp4. */
  private leaseGatewayLines: Array<i32> = [];
  private sectionLine: i32 = 0;
  /** The current [Route] and [RoutingPolicyRule]. */
  private route: RouteSection = new RouteSection();
  private rule: RuleSection = new RuleSection();
  /** Address= and Peer= of the current [Address]; null if not given or invalid. */
  private address: NetworkAddress | null = null;
  private peer: NetworkAddress | null = null;
  private addressGiven: bool = false;
  /** The current section, if it describes an egress queue. */
  private traffic: TrafficSection | null = null;

  constructor(private readonly configuration: Configuration) {}

  /** Begins a section at `line`; a [Match] after another section begins a new part. */
  begin(section: string, line: i32): void {
    this.traffic = TRAFFIC_SECTIONS.includes(section) ? new TrafficSection(section) : null;
    // These apply to all interfaces, so they neither begin nor end a part.
    if (section == "Proxy" || section == "Log") return;
    if (section == "Match" && this.filled) {
      this.part = new MatchedSettings();
      this.filled = false;
      this.added = false;
      this.dhcpLine = 0;
      this.gatewayLine = 0;
      this.leaseGatewayLines = [];
    }
    if (section != "Match") this.filled = true;
    else if (this.part.line == 0) this.part.line = line;
    if (!this.added) this.configuration.file.push(this.part);
    this.added = true;
    this.sectionLine = line;
    this.route = new RouteSection();
    this.rule = new RuleSection();
    this.address = null;
    this.peer = null;
    this.addressGiven = false;
  }

  /** Applies KEY=VALUE. Returns "WHY, expected WHAT", or "" if it is valid. */
  set(section: string, key: string, value: string, line: i32): string {
    const traffic = this.traffic;
    if (traffic != null) return traffic.set(key, value);
    if (section == "Match") return this.setMatch(key, value);
    if (section == "Proxy") return this.setProxy(key, value);
    if (section == "Log") return this.setLog(key, value);
    if (section == "Network") return this.setNetwork(key, value, line);
    if (section == "Address" && key == "Address") return this.setAddress(value);
    if (section == "Address" && key == "Peer") return this.setPeer(value);
    if (section == "Address") return unknownKey(section, "Address= or Peer=");
    if (section == "Route") {
      if (key == "Gateway" && value == "_dhcp4") this.leaseGatewayLines.push(line);
      return this.route.set(key, value);
    }
    if (section == RULE_SECTION) return this.rule.set(key, value);
    if (section == "Link") {
      return key == "MTUBytes" ? this.setMtu(value) : unknownKey(section, "MTUBytes=");
    }
    return key == "Hostname" ? this.setHostname(value) : this.setLease(key, value);
  }

  /** Notes an invalid line, which leaves unclear what the section applies to or sets. */
  spoil(section: string): void {
    const traffic = this.traffic;
    if (traffic != null) traffic.spoil();
    else if (section == "Match") this.part.match.invalid = true;
    else if (section == "Route") this.route.spoil();
    else if (section == RULE_SECTION) this.rule.spoil();
  }

  /** Ends the section. Returns "WHAT: WHY, expected WHAT", or "" if there is nothing to report. */
  finish(section: string): string {
    this.finishLine = this.sectionLine;
    const traffic = this.traffic;
    if (traffic != null) return traffic.finish(this.part.settings.traffic);
    if (section == "Address") return this.finishAddress();
    if (section == RULE_SECTION) return this.rule.finish(this.part.settings.rules);
    return section == "Route" ? this.route.finish(this.part.settings.routes) : "";
  }

  /** Adds the address: with Peer=, as a /32, with the peer's network on the link. */
  private finishAddress(): string {
    const address = this.address;
    const peer = this.peer;
    if (address == null) {
      return this.addressGiven
        ? ""
        : "[Address]: missing address, expected Address=ADDRESS/PREFIX like 192.168.1.2/24";
    }
    const own = peer == null ? address : new NetworkAddress(address.address, 32, peer);
    this.part.settings.addresses.push(own);
    return "";
  }

  /**
   * Ends the part. Returns "WHAT: WHY, expected WHAT", or "" if it is consistent. Each call reports
   * one fault: call it until it returns "".
   */
  finishPart(): string {
    const settings = this.part.settings;
    const addresses = settings.addresses;
    if (this.dhcpLine == 0) settings.dhcp = addresses.length == 0;
    if (!settings.dhcp && !settings.inform && this.leaseGatewayLines.length > 0) {
      this.finishLine = this.leaseGatewayLines.shift();
      return "Gateway=_dhcp4: DHCP is off, expected DHCP=yes";
    }
    if (settings.inform && addresses.length == 0) {
      settings.inform = false;
      this.finishLine = this.dhcpLine;
      return "DHCP=inform: missing address, expected Address= as well";
    }
    if (settings.gateway == 0 || addresses.length == 0) return "";
    if (isGatewayOf(settings.gateway, addresses)) return "";
    const what = `Gateway=${formatIpv4(settings.gateway)}`;
    settings.gateway = 0;
    this.finishLine = this.gatewayLine;
    return `${what}: invalid gateway, expected the address of another host`;
  }

  private setMatch(key: string, value: string): string {
    const problem = this.addMatch(key, value);
    if (problem != "") this.part.match.invalid = true;
    return problem;
  }

  private addMatch(key: string, value: string): string {
    const match = this.part.match;
    const words = splitBlanks(value);
    // All devices are of this type.
    if (key == "Type" && value == "ether") return "";
    if (key != "Name" && key != "MACAddress") return unknownKey("Match", "Name= or MACAddress=");
    if (words.length == 0) return `missing value, expected ${key == "Name" ? "net0" : MAC_FORM}`;
    if (key == "Name") {
      for (let i = 0; i < words.length; i++) match.names.push(words[i]);
      return "";
    }
    for (let i = 0; i < words.length; i++) {
      if (parseHardware(words[i]) == 0) return `invalid MAC address, expected ${MAC_FORM}`;
    }
    for (let i = 0; i < words.length; i++) match.hardware.push(parseHardware(words[i]));
    return "";
  }

  private setNetwork(key: string, value: string, line: i32): string {
    const settings = this.part.settings;
    if (key == "DHCP") return this.setDhcp(value, line);
    if (key == "Address") return this.addAddress(value);
    if (key == "Gateway") return this.setGateway(value, line);
    if (key == "DNS") return this.addNameServers(value);
    if (key == "Hostname") return this.setHostname(value);
    if (key == "Description") return "";
    if (key == "Domains") return this.addDomains(value);
    if (key != "NTP") return unknownKey("Network", NETWORK_KEYS);
    const names = splitBlanks(value);
    for (let i = 0; i < names.length; i++) {
      if (!isTimeServer(names[i])) return "invalid time server, expected NAME or ADDRESS";
    }
    settings.ntpServers = names.length == 0 ? names : settings.ntpServers.concat(names);
    return "";
  }

  private setProxy(key: string, value: string): string {
    if (PROXY_KEYS.includes(key)) return this.configuration.proxies.set(key, value, false);
    return unknownKey("Proxy", `${PROXY_KEYS.join("=, ")}=`);
  }

  private setLog(key: string, value: string): string {
    if (LOG_KEYS.includes(key)) return this.configuration.logs.set(key, value, false);
    return unknownKey("Log", `${LOG_KEYS.join("=, ")}=`);
  }

  /**
   * Appends the domains to the list; an empty value clears it. A domain with `~` would only select
   * the servers for names below it, and is skipped.
   */
  private addDomains(value: string): string {
    const settings = this.part.settings;
    const words = splitBlanks(value);
    const domains: Array<string> = [];
    let skipped = "";
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      const routingOnly = word.startsWith("~");
      if (!isHostName(routingOnly ? word.substring(1) : word) && word != "~.") {
        return "invalid domain, expected letters, digits, dashes and dots";
      }
      if (!routingOnly) domains.push(word);
      else if (skipped == "") skipped = word;
    }
    settings.searchDomains = words.length == 0 ? domains : settings.searchDomains.concat(domains);
    if (skipped == "") return "";
    return `routing-only domain ${skipped} has no effect, expected a domain to search`;
  }

  private setDhcp(value: string, line: i32): string {
    const inform = value == "inform";
    const answer = value == "ipv4" ? 1 : value == "ipv6" || inform ? 0 : parseBoolean(value);
    if (answer < 0) return "invalid value, expected yes, no, ipv4 or inform";
    this.dhcpLine = line;
    this.part.settings.dhcp = answer == 1;
    this.part.settings.inform = inform;
    return "";
  }

  /** Address= in [Network]: an empty value clears the list. */
  private addAddress(value: string): string {
    const settings = this.part.settings;
    if (value == "") {
      settings.addresses = [];
      return "";
    }
    const address = parseNetworkAddress(value);
    if (address == null) return BAD_ADDRESS;
    settings.addresses.push(address);
    return "";
  }

  private setAddress(value: string): string {
    this.addressGiven = true;
    this.address = parseNetworkAddress(value);
    return this.address == null ? BAD_ADDRESS : "";
  }

  private setGateway(value: string, line: i32): string {
    if (value == "_dhcp4") {
      this.leaseGatewayLines.push(line);
      this.part.settings.routes.push(new RouteSetting(0, 0, DHCP_GATEWAY, NO_METRIC));
      return "";
    }
    const gateway = parseHostAddress(value);
    if (gateway == 0) return BAD_GATEWAY;
    this.part.settings.gateway = gateway;
    this.gatewayLine = line;
    return "";
  }

  /** Appends the valid servers to the list; an empty value clears it. */
  private addNameServers(value: string): string {
    const settings = this.part.settings;
    const words = splitBlanks(value);
    const servers: Array<NameServer> = [];
    let bad = "";
    for (let i = 0; i < words.length; i++) {
      const server = parseNameServer(words[i]);
      if (server != null) servers.push(server);
      else if (bad == "") bad = words[i];
    }
    settings.nameServers = words.length == 0 ? servers : settings.nameServers.concat(servers);
    if (bad == "") return "";
    return `invalid name server ${bad}, expected ADDRESS, ADDRESS#PORT or ADDRESS#NAME`;
  }

  private setPeer(value: string): string {
    const peer = value.includes("/") ? parsePrefix(value) : parsePrefix(value + "/32");
    if (peer == null || !peer.usable()) return "invalid address, expected ADDRESS like 10.0.0.2/32";
    this.peer = peer;
    return "";
  }

  /** Sets a key of [DHCPv4] other than Hostname=. */
  private setLease(key: string, value: string): string {
    const use = this.part.settings.lease;
    if (key == "RouteMetric") {
      const metric = parseDecimalText(value);
      if (metric < 0 || metric > LARGEST_METRIC) return BAD_METRIC;
      use.routeMetric = metric;
      return "";
    }
    if (!LEASE_SWITCHES.includes(key)) return unknownKey("DHCPv4", LEASE_KEYS);
    // With `route`, a lease's domains would only select servers.
    const routingOnly: bool = key == "UseDomains" && value == "route";
    const answer = routingOnly ? 0 : parseBoolean(value);
    if (answer < 0) return BAD_BOOLEAN;
    const on: bool = answer == 1;
    if (key == "SendHostname") use.sendHostname = on;
    else if (key == "UseDNS") use.useDns = on;
    else if (key == "UseDomains") use.useDomains = answer;
    else if (key == "UseNTP") use.useNtp = on;
    else if (key == "UseMTU") use.useMtu = on;
    else if (key == "UseHostname") use.useHostname = on;
    else if (key == "UseRoutes") use.useRoutes = on;
    else use.useGateway = answer;
    return "";
  }

  private setHostname(value: string): string {
    if (!isHostName(value)) return "invalid host name, expected letters, digits, dashes and dots";
    this.configuration.setHostname(value, Source.File);
    return "";
  }

  private setMtu(value: string): string {
    const mtu = parseBytes(value, LARGEST_MTU);
    if (mtu < (SMALLEST_MTU as i64)) {
      return `invalid MTU, expected ${SMALLEST_MTU} to ${LARGEST_MTU} bytes`;
    }
    this.part.settings.mtu = mtu as u32;
    return "";
  }
}

/** Reports whether text is a name or an address, with an optional port: `10.0.2.2#1123`. */
function isTimeServer(text: string): bool {
  const mark = text.indexOf("#");
  const host = mark < 0 ? text : text.substring(0, mark);
  const port = mark < 0 ? 123 : parseDecimalText(text.substring(mark + 1));
  return (isHostName(host) || parseHostAddress(host) != 0) && port > 0 && port < 65536;
}
