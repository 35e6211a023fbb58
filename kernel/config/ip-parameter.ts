/**
 * The parameter `ip=`, as in Linux (Documentation/admin-guide/nfs/nfsroot.rst):
 *
 *     ip=dhcp   ip=off   ip=<client>:<server>:<gateway>:<netmask>:<hostname>:<device>:
 *                           <autoconf>:<dns0>:<dns1>:<ntp0>
 *
 * A client address without autoconf is static; with autoconf=dhcp it is used while no DHCP server
 * responds.
 */
import {
  InterfaceSettings,
  NameServer,
  NetworkAddress,
  parseNameServer,
} from "../../net/service/settings";
import {
  classPrefix,
  Ipv4Address,
  NOT_AN_ADDRESS,
  parseIpv4,
  prefixOf,
} from "../../net/wire/address";
import { isDeviceName, isHostName, parseHostAddress } from "./values";

const FIELDS: i32 = 10;
const FORM: string = "dhcp, off or CLIENT::GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1:NTP0";

/** One `ip=` parameter, parsed. */
export class IpParameter {
  dhcp: bool = false;
  address: NetworkAddress | null = null;
  /** 0 if not given. */
  gateway: Ipv4Address = 0;
  hostname: string = "";
  /** "" if not given: any interface, but only net0 if there is an address. */
  device: string = "";
  readonly nameServers: Array<NameServer> = [];
  ntpServer: string = "";
  /** "WHY, expected WHAT", or "" if the parameter is valid. */
  failure: string = "";
  private readonly fields: Array<string>;

  constructor(
    /** The value: the text after `ip=`. */
    readonly text: string,
  ) {
    const fields = text.split(":");
    this.fields = fields;
    if (text == "" || fields.length > FIELDS) {
      this.reject(text == "" ? "missing value" : "too many fields", FORM);
    } else if (fields.length == 1 && parseIpv4(text) == NOT_AN_ADDRESS) {
      this.autoconf(text, "invalid value", FORM);
    } else {
      this.readAddresses();
      this.readNames();
      this.readServers();
    }
  }

  /** Replaces DHCP=, addresses and gateway of the file, and its servers if any are given here. */
  apply(settings: InterfaceSettings): void {
    settings.dhcp = this.dhcp;
    settings.inform = false;
    settings.addresses = [];
    const address = this.address;
    if (address != null) settings.addresses.push(address);
    settings.gateway = this.gateway;
    if (this.nameServers.length > 0) settings.nameServers = this.nameServers;
    if (this.ntpServer != "") settings.ntpServers = [this.ntpServer];
  }

  private field(index: i32): string {
    return index < this.fields.length ? this.fields[index] : "";
  }

  /** Notes the first error. */
  private reject(why: string, expected: string): void {
    if (this.failure == "") this.failure = `${why}, expected ${expected}`;
  }

  private autoconf(text: string, why: string, expected: string): void {
    if (text == "dhcp" || text == "on" || text == "any" || text == "both") this.dhcp = true;
    else if (text != "off" && text != "none" && text != "static") this.reject(why, expected);
  }

  /** <client>:<server>:<gateway>:<netmask> */
  private readAddresses(): void {
    const server = this.field(1);
    if (server != "" && parseHostAddress(server) == 0) {
      this.reject("invalid server address", "an IPv4 address in field 2");
    }
    const gateway = this.field(2);
    if (gateway != "") this.gateway = parseHostAddress(gateway);
    if (gateway != "" && this.gateway == 0) {
      this.reject("invalid gateway", "an IPv4 address in field 3");
    }
    const client = this.field(0);
    if (client == "") {
      const why = "missing client address";
      if (gateway != "") this.reject(why, "one with a gateway");
      if (this.field(3) != "") this.reject(why, "one with a netmask");
      return;
    }
    const address = parseHostAddress(client);
    const prefix = this.prefix(address);
    const network = new NetworkAddress(address, prefix < 0 ? 0 : prefix);
    this.address = network;
    if (address == 0) this.reject("invalid client address", "an IPv4 address in field 1");
    if (prefix <= 0) this.reject("invalid netmask", "one like 255.255.255.0 in field 4");
    if (!network.usable()) {
      this.reject("client address is a network or broadcast address", "a host address in field 1");
    }
    if (gateway != "" && network.excludes(this.gateway)) {
      this.reject("invalid gateway", "another host's address in field 3");
    }
  }

  /** Returns the prefix length of the netmask, or of the address's class; -1 on an error. */
  private prefix(address: Ipv4Address): i32 {
    const text = this.field(3);
    if (text == "") return classPrefix(address);
    const mask = parseIpv4(text);
    return mask == NOT_AN_ADDRESS ? -1 : prefixOf(mask as u32);
  }

  /** <hostname>:<device>:<autoconf> */
  private readNames(): void {
    this.hostname = this.field(4);
    if (this.hostname != "" && !isHostName(this.hostname)) {
      this.reject("invalid host name", "letters, digits, dashes and dots in field 5");
    }
    this.device = this.field(5);
    if (this.device != "" && !isDeviceName(this.device)) {
      this.reject("invalid device", "a name like net0 in field 6");
    }
    const autoconf = this.field(6);
    const known = "dhcp, on, any, both, off, none or static in field 7";
    if (autoconf != "") this.autoconf(autoconf, "invalid autoconf", known);
    else this.dhcp = this.address == null;
    if (autoconf == "static" && this.address == null) {
      this.reject("missing client address", "one with autoconf static");
    }
  }

  /** <dns0>:<dns1>:<ntp0> */
  private readServers(): void {
    for (let i = 7; i <= 8; i++) {
      if (this.field(i) == "") continue;
      const server = parseNameServer(this.field(i));
      const form = `ADDRESS or ADDRESS#PORT in field ${i + 1}`;
      if (server == null) this.reject("invalid name server", form);
      else this.nameServers.push(server);
    }
    this.ntpServer = this.field(9);
    if (this.ntpServer != "" && parseHostAddress(this.ntpServer) == 0) {
      this.reject("invalid time server", "an IPv4 address in field 10");
    }
  }
}
