/** Commands of other systems that users type out of habit, and their counterparts here. */

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
  new ForeignName("dhcpcd", "dhcp renew"),
  new ForeignName("drill", "dig"),
  new ForeignName("ethtool", "ip -s link"),
  new ForeignName("exit", "poweroff"),
  new ForeignName("getent", "resolvectl query"),
  new ForeignName("halt", "poweroff"),
  new ForeignName("hwclock", "date -v"),
  new ForeignName("ifconfig", "ip addr"),
  new ForeignName("ipconfig", "ip addr"),
  new ForeignName("journalctl", "dmesg"),
  new ForeignName("kdig", "dig"),
  new ForeignName("logout", "poweroff"),
  new ForeignName("man", "help"),
  new ForeignName("ncat", "nc"),
  new ForeignName("netcat", "nc"),
  new ForeignName("netstat", "ss"),
  new ForeignName("networkctl", "dhcp"),
  new ForeignName("ntpdate", "ntp"),
  new ForeignName("openssl", "tls"),
  new ForeignName("quit", "poweroff"),
  new ForeignName("reset", "clear"),
  new ForeignName("route", "ip route"),
  new ForeignName("shutdown", "poweroff"),
  new ForeignName("telnet", "nc"),
  new ForeignName("timedatectl", "date -v"),
  new ForeignName("systemd-resolve", "resolvectl"),
  new ForeignName("tshark", "tcpdump"),
  new ForeignName("udhcpc", "dhcp renew"),
  new ForeignName("wget", "curl"),
];

/** Returns what to type instead of an unknown command: "ip addr" for "ifconfig", or "help". */
export function substituteFor(name: string): string {
  for (let i = 0; i < FOREIGN_NAMES.length; i++) {
    if (FOREIGN_NAMES[i].name == name) return FOREIGN_NAMES[i].substitute;
  }
  return "help";
}
