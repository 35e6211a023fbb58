/** Commands of other systems that users type out of habit, and their counterparts here. */

import { Registry } from "./registry";

class ForeignName {
  constructor(
    /** Names, separated and surrounded by blanks; or the beginning of a path. */
    readonly names: string,
    /** What to type instead. */
    readonly substitute: string,
  ) {}
}

const FOREIGN_NAMES: StaticArray<ForeignName> = [
  new ForeignName(" arp arping ndp ", "ip neigh"),
  new ForeignName(" bridge brctl iwconfig iw ", "ip link"),
  new ForeignName(" cast geth web3 ", "rpc"),
  new ForeignName(" bmon iftop nethogs nload ", "ip -s link"),
  new ForeignName(" delv drill whois ", "dig"),
  new ForeignName(" iperf speedtest ", "iperf3"),
  new ForeignName(" arch lsb_release lscpu lsmod modprobe nproc ", "dmesg"),
  new ForeignName(" chronyc chronyd ntpdate ntpq sntp ", "ntp"),
  new ForeignName(" dhclient dhcpcd nmcli nmtui networkctl udhcpc ", "dhcp renew"),
  new ForeignName(" df du htop iostat pmap ps slabtop top vmstat ", "free"),
  new ForeignName(" irqtop ", "lsirq"),
  new ForeignName(" dmidecode lshw lsusb ", "lspci"),
  new ForeignName(" ethtool ifstat mii-tool ", "ip -s link"),
  new ForeignName(" halt ", "poweroff"),
  new ForeignName(" fetch http https httpie httping lynx wget ", "curl"),
  new ForeignName(" getent ", "host"),
  new ForeignName(" hwclock rdate timedatectl ", "date -v"),
  new ForeignName(" hostnamectl ", "hostname"),
  new ForeignName(" ifconfig ipconfig ", "ip addr"),
  new ForeignName(" ifdown ifup ", "ip link"),
  new ForeignName(" conntrack lsof ", "ss -l"),
  new ForeignName(" journalctl logread uname ", "dmesg"),
  new ForeignName(" ? apropos whatis ", "help"),
  new ForeignName(" ftp ncat netcat nmap scp sftp socat ssh telnet ", "nc"),
  new ForeignName(" fping hping3 mtr ping6 tracepath traceroute traceroute6 tracert ", "ping"),
  new ForeignName(" netplan ", "ip"),
  new ForeignName(" apache2ctl nginx python python3 ", "httpd"),
  new ForeignName(" openssl ", "tls"),
  new ForeignName(" cls reset ", "clear"),
  new ForeignName(" resolvconf systemd-resolve ", "resolvectl"),
  new ForeignName(" tshark wireshark ", "tcpdump"),
  new ForeignName(" update-ca-certificates ", "ca"),
  new ForeignName(" last w who ", "uptime"),
];

/** Files that users of Linux look into, or the beginnings of their paths. */
const FOREIGN_FILES: StaticArray<ForeignName> = [
  new ForeignName("/etc/resolv.conf", "resolvectl"),
  new ForeignName("/etc/hostname", "hostname"),
  new ForeignName("/etc/network/", "ip addr"),
  new ForeignName("/etc/netplan/", "ip addr"),
  new ForeignName("/etc/ssl/", "ca list"),
  new ForeignName("/etc/os-release", "dmesg"),
  new ForeignName("/proc/cmdline", "dmesg"),
  new ForeignName("/proc/cpuinfo", "dmesg"),
  new ForeignName("/proc/interrupts", "lsirq"),
  new ForeignName("/proc/kmsg", "dmesg"),
  new ForeignName("/proc/meminfo", "free"),
  new ForeignName("/proc/net/arp", "ip neigh"),
  new ForeignName("/proc/net/dev", "ip -s link"),
  new ForeignName("/proc/net/route", "ip route"),
  new ForeignName("/proc/net/tcp", "ss -t"),
  new ForeignName("/proc/net/udp", "ss -u"),
  new ForeignName("/proc/net/", "nstat -a"),
  new ForeignName("/proc/pci", "lspci"),
  new ForeignName("/proc/sys/", "sysctl -a"),
  new ForeignName("/proc/uptime", "uptime"),
  new ForeignName("/proc/version", "dmesg"),
  new ForeignName("/sys/class/net/", "ip -s link"),
  new ForeignName("/var/log/", "dmesg"),
];
/**
 * Programs that show files. The console has no files; its commands show what some files of Linux
 * contain.
 */
const VIEWERS: StaticArray<string> = ["cat", "head", "less", "more", "tail"];
/** Programs that run another command, whose words follow. */
const RUNNERS: StaticArray<string> = ["doas", "exec", "nohup", "sudo", "time", "watch"];

/**
 * Returns the hint for an unknown command: "try: ip addr" for "ifconfig", or "try: help". `words`
 * are its words, with its name. Programs that run another command are skipped first, and the folder
 * in front of a name is dropped.
 */
export function hintFor(words: Array<string>, registry: Registry): string {
  const name = words[0];
  if (name == "exit" || name == "logout" || name == "quit") {
    return "the console has no login; in QEMU, Ctrl-A x leaves; poweroff turns the machine off";
  }
  return `try: ${substituteFor(words, registry)}`;
}

function substituteFor(words: Array<string>, registry: Registry): string {
  const rest = words.slice(0);
  let at = 0;
  while (at < rest.length && !rest[at].startsWith("-")) {
    const name = rest[at];
    if (name.includes("://")) return `curl ${name}`;
    if (registry.find(name) != null) return rest.slice(at).join(" ");
    const bare = name.substring(name.lastIndexOf("/") + 1).toLowerCase();
    if (RUNNERS.includes(name)) at++;
    else if (name == "timeout") at += 2;
    else if (bare != name && bare != "") rest[at] = bare;
    else return counterpart(rest.slice(at), registry);
  }
  return "help";
}

/** Returns what to type instead of these words; the first is neither a path nor a runner. */
function counterpart(words: Array<string>, registry: Registry): string {
  const name = words[0];
  const option = words.length > 1 ? words[1] : "";
  if (name == "route")
    return option == "add" || option == "del" ? `ip route ${option}` : "ip route";
  if (name == "shutdown") return option == "-r" ? "reboot" : "poweroff";
  if (name == "init" || name == "telinit") return option == "6" ? "reboot" : "poweroff";
  if (name == "systemctl" || name == "service") {
    return option == "reboot" || option == "poweroff" ? option : "check";
  }
  if (name == "man") return registry.find(option) == null ? "help" : `help ${option}`;
  if (name == "export") return option.toLowerCase().includes("_proxy=") ? "curl -x" : "help";
  if (VIEWERS.includes(name)) return commandForFile(words);
  for (let i = 0; i < FOREIGN_NAMES.length; i++) {
    if (FOREIGN_NAMES[i].names.includes(` ${name} `)) return FOREIGN_NAMES[i].substitute;
  }
  for (let i = 0; i < registry.commands.length; i++) {
    if (isSlip(name, registry.commands[i].name)) return registry.commands[i].name;
  }
  return "help";
}

/**
 * Reports whether a name is a slip of the keyboard for `meant`: a letter too many, too few or
 * wrong, or two letters exchanged. Returns false if either has fewer than three letters.
 */
function isSlip(name: string, meant: string): bool {
  const least = min(name.length, meant.length);
  if (least < 3) return false;
  let start = 0;
  while (start < least && name.charCodeAt(start) == meant.charCodeAt(start)) start++;
  const rest = name.substring(start);
  const wanted = meant.substring(start);
  return (
    rest.substring(1) == wanted ||
    rest == wanted.substring(1) ||
    rest.substring(1) == wanted.substring(1) ||
    (rest.length > 1 && rest.charAt(1) + rest.charAt(0) + rest.substring(2) == wanted)
  );
}

/** Returns the command that shows what the named file contains, or "help". */
function commandForFile(words: Array<string>): string {
  const file = words[words.length - 1];
  for (let i = 0; i < FOREIGN_FILES.length; i++) {
    if (file.startsWith(FOREIGN_FILES[i].names)) return FOREIGN_FILES[i].substitute;
  }
  return "help";
}
