/** Commands of other systems that users type out of habit, and their counterparts here. */

class ForeignName {
  constructor(
    /** Names, separated and surrounded by blanks. */
    readonly names: string,
    /** What to type instead. */
    readonly substitute: string,
  ) {}
}

const FOREIGN_NAMES: StaticArray<ForeignName> = [
  new ForeignName(" arp arping ndp ", "ip neigh"),
  new ForeignName(" cast geth web3 ", "rpc"),
  new ForeignName(" chronyc chronyd ntpdate ntpq sntp ", "ntp"),
  new ForeignName(" dhclient dhcpcd nmcli nmtui networkctl udhcpc ", "dhcp renew"),
  new ForeignName(" df du htop pmap ps slabtop top vmstat ", "free"),
  new ForeignName(" irqtop ", "lsirq"),
  new ForeignName(" dmidecode lshw lsmod lsusb ", "lspci"),
  new ForeignName(" ethtool ifstat mii-tool ", "ip -s link"),
  new ForeignName(" exit halt logout quit ", "poweroff"),
  new ForeignName(" fetch http https lynx wget ", "curl"),
  new ForeignName(" getent ", "host"),
  new ForeignName(" hwclock timedatectl ", "date -v"),
  new ForeignName(" hostnamectl ", "hostname"),
  new ForeignName(" ifconfig ipconfig ", "ip addr"),
  new ForeignName(" ifdown ifup ", "ip link"),
  new ForeignName(" lsof ", "ss -l"),
  new ForeignName(" journalctl logread uname ", "dmesg"),
  new ForeignName(" apropos man whatis ", "help"),
  new ForeignName(" ftp ncat netcat nmap scp sftp socat ssh telnet ", "nc"),
  new ForeignName(" mtr tracepath traceroute tracert ", "ping"),
  new ForeignName(" netplan ", "ip"),
  new ForeignName(" apache2ctl nginx python python3 ", "httpd"),
  new ForeignName(" openssl ", "tls"),
  new ForeignName(" cls reset ", "clear"),
  new ForeignName(" resolvconf systemd-resolve ", "resolvectl"),
  new ForeignName(" tshark wireshark ", "tcpdump"),
  new ForeignName(" update-ca-certificates ", "ca"),
  new ForeignName(" w who ", "uptime"),
];

/** Programs that show files; of those, the kernel has only its log. */
const VIEWERS: StaticArray<string> = ["cat", "head", "less", "more", "tail"];

/**
 * Returns what to type instead of an unknown command: "ip addr" for "ifconfig", or "help". `words`
 * are its words, with its name.
 */
export function substituteFor(words: Array<string>): string {
  const name = words[0];
  const option = words.length > 1 ? words[1] : "";
  if (name == "sudo" && option != "") return words.slice(1).join(" ");
  if (name == "route")
    return option == "add" || option == "del" ? `ip route ${option}` : "ip route";
  if (name == "shutdown") return option == "-r" ? "reboot" : "poweroff";
  if (name == "init" || name == "telinit") return option == "6" ? "reboot" : "poweroff";
  if (name == "systemctl") {
    return option == "reboot" || option == "poweroff" ? option : "check";
  }
  if (VIEWERS.includes(name)) {
    if (option == "/proc/interrupts") return "lsirq";
    return words.join(" ").includes("/log/") ? "dmesg" : "help";
  }
  for (let i = 0; i < FOREIGN_NAMES.length; i++) {
    if (FOREIGN_NAMES[i].names.includes(` ${name} `)) return FOREIGN_NAMES[i].substitute;
  }
  return "help";
}
