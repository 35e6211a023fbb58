/**
 * The parameter `ip=`, as in Linux (Documentation/admin-guide/nfs/nfsroot.rst):
 *
 *     ip=dhcp   ip=off   ip=<client>:<server>:<gateway>:<netmask>:<hostname>:<device>:
 *                           <autoconf>:<dns0>:<dns1>:<ntp0>
 *
 * A client address without autoconf is static; with autoconf=dhcp it is the fallback.
 */
import {
  InterfaceSettings,
  NameServer,
  NetworkAddress,
  parseNameServer,
} from "../../net/service/settings";
import { NOT_AN_ADDRESS, parseIpv4, prefixOf } from "../../net/wire/address";
import { isHostName, isInterfaceName, parseHostAddress } from "./values";

const FIELDS: i32 = 10;
const FORM: string = "dhcp, off or CLIENT::GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1";

export class IpParameter {
  dhcp: bool = false;
  address: NetworkAddress | null = null;
  gateway: u32 = 0;
  hostname: string = "";
  /** Empty: any interface. */
  device: string = "";
  readonly nameServers: Array<NameServer> = [];
  ntpServer: string = "";
  /** What was expected, or "" if the parameter is valid. */
  failure: string = "";
  private readonly fields: Array<string>;

  constructor(
    /** What follows `ip=`. */
    readonly text: string,
  ) {
    const fields = text.split(":");
    this.fields = fields;
    if (text == "" || fields.length > FIELDS) {
      this.expect(FORM);
    } else if (fields.length == 1 && parseIpv4(text) == NOT_AN_ADDRESS) {
      this.autoconf(text, FORM);
    } else {
      this.readAddresses();
      this.readNames();
      this.readServers();
    }
  }

  /** Overrides the settings of the file. */
  apply(settings: InterfaceSettings): void {
    settings.dhcp = this.dhcp;
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

  private expect(what: string): void {
    if (this.failure == "") this.failure = `expected ${what}`;
  }

  private autoconf(text: string, expected: string): void {
    if (text == "dhcp" || text == "on" || text == "any" || text == "both") this.dhcp = true;
    else if (text != "off" && text != "none" && text != "static") this.expect(expected);
  }

  /** <client>:<server>:<gateway>:<netmask> */
  private readAddresses(): void {
    const server = this.field(1);
    if (server != "" && parseHostAddress(server) == 0) this.expect("a server address in field 2");
    const gateway = this.field(2);
    if (gateway != "") this.gateway = parseHostAddress(gateway);
    if (gateway != "" && this.gateway == 0) this.expect("a gateway address in field 3");
    const client = this.field(0);
    if (client == "") {
      if (gateway != "") this.expect("a client address beside the gateway");
      if (this.field(3) != "") this.expect("a client address beside the netmask");
      return;
    }
    const address = parseHostAddress(client);
    const prefix = this.prefix(address);
    const network = new NetworkAddress(address, prefix < 0 ? 0 : prefix);
    this.address = network;
    if (address == 0) this.expect("a client address in field 1");
    if (prefix <= 0) this.expect("a netmask like 255.255.255.0 in field 4");
    if (!network.usable()) this.expect("a client address that a host in its network can have");
    if (gateway != "" && !network.hasNeighbor(this.gateway)) {
      this.expect("a gateway in the network of the client address");
    }
  }

  /** Returns the netmask's prefix length; without a netmask, that of the class, as in Linux. */
  private prefix(address: u32): i32 {
    const text = this.field(3);
    if (text == "") return address >>> 31 == 0 ? 8 : address >>> 30 == 2 ? 16 : 24;
    const mask = parseIpv4(text);
    return mask == NOT_AN_ADDRESS ? -1 : prefixOf(mask as u32);
  }

  /** <hostname>:<device>:<autoconf> */
  private readNames(): void {
    this.hostname = this.field(4);
    if (this.hostname != "" && !isHostName(this.hostname)) this.expect("a host name in field 5");
    this.device = this.field(5);
    if (this.device != "" && !isInterfaceName(this.device)) {
      this.expect("a device net0, net1, ... in field 6");
    }
    const autoconf = this.field(6);
    if (autoconf != "") this.autoconf(autoconf, "dhcp, on, any, off or none in field 7");
    else this.dhcp = this.address == null;
    if (autoconf == "static" && this.address == null) this.expect("a client address in field 1");
  }

  /** <dns0>:<dns1>:<ntp0> */
  private readServers(): void {
    for (let i = 7; i <= 8; i++) {
      if (this.field(i) == "") continue;
      const server = parseNameServer(this.field(i));
      if (server == null) this.expect(`a name server ADDRESS or ADDRESS#PORT in field ${i + 1}`);
      else this.nameServers.push(server);
    }
    this.ntpServer = this.field(9);
    if (this.ntpServer != "" && parseHostAddress(this.ntpServer) == 0) {
      this.expect("the address of a time server in field 10");
    }
  }
}
