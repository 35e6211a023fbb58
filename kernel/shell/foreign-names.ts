/** Commands of other systems that somebody may type here, and what does their work. */

class ForeignName {
  constructor(
    readonly name: string,
    /** What to type instead. */
    readonly substitute: string,
  ) {}
}

const FOREIGN_NAMES: StaticArray<ForeignName> = [
  new ForeignName("arp", "ip neigh"),
  new ForeignName("dhclient", "dhcp renew"),
  new ForeignName("dig", "host"),
  new ForeignName("ethtool", "ip -s link"),
  new ForeignName("exit", "poweroff"),
  new ForeignName("halt", "poweroff"),
  new ForeignName("ifconfig", "ip addr"),
  new ForeignName("ipconfig", "ip addr"),
  new ForeignName("netcat", "nc"),
  new ForeignName("netstat", "ss"),
  new ForeignName("nslookup", "host"),
  new ForeignName("ntpdate", "ntp"),
  new ForeignName("openssl", "tls"),
  new ForeignName("route", "ip route"),
  new ForeignName("shutdown", "poweroff"),
  new ForeignName("telnet", "nc"),
  new ForeignName("wget", "curl"),
];

/** What to type instead of an unknown command: "ip addr" for "ifconfig", otherwise "help". */
export function substituteFor(name: string): string {
  for (let i = 0; i < FOREIGN_NAMES.length; i++) {
    if (FOREIGN_NAMES[i].name == name) return FOREIGN_NAMES[i].substitute;
  }
  return "help";
}
