/**
 * What users of other systems type out of habit: it works, or prints one line that names the
 * command to use.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { address } from "../lab/packets/bytes.ts";
import { guest } from "../lab/scripted/ip-host.ts";

/** Commands that do not exist here, and what to type instead. */
const foreign: [command: string, substitute: string][] = [
  ["ifconfig", "ip addr"],
  ["ifconfig eth0 up", "ip addr"],
  ["ipconfig /all", "ip addr"],
  ["route", "ip route"],
  ["route -n", "ip route"],
  ["route add default gw 10.0.2.2", "ip route add"],
  ["arp -a", "ip neigh"],
  ["wget http://10.0.2.2/", "curl"],
  ["traceroute 10.0.2.2", "ping"],
  ["mtr 10.0.2.2", "ping"],
  ["tracert 10.0.2.2", "ping"],
  ["iptables -L", "help"],
  ["nft list ruleset", "help"],
  ["ufw status", "help"],
  ["systemctl status", "check"],
  ["systemctl reboot", "reboot"],
  ["journalctl -f", "dmesg"],
  ["dhclient eth0", "dhcp renew"],
  ["udhcpc", "dhcp renew"],
  ["nmcli device", "dhcp renew"],
  ["telnet 10.0.2.2 80", "nc"],
  ["ssh root@10.0.2.2", "nc"],
  ["netcat 10.0.2.2 80", "nc"],
  ["nmap 10.0.2.2", "nc"],
  ["ls", "help"],
  ["ls -l /etc", "help"],
  ["cd /", "help"],
  ["pwd", "help"],
  ["vi /etc/hosts", "help"],
  ["cat /var/log/syslog", "dmesg"],
  ["cat", "help"],
  ["less notes.txt", "help"],
  ["tail -f /var/log/messages", "dmesg"],
  ["halt", "poweroff"],
  ["shutdown -h now", "poweroff"],
  ["shutdown -r now", "reboot"],
  ["init 6", "reboot"],
  ["top", "free"],
  ["ps aux", "free"],
  ["df -h", "free"],
  ["uname -a", "dmesg"],
  ["whoami", "help"],
  ["id", "help"],
  ["hostnamectl", "hostname"],
  ["sudo ip addr", "ip addr"],
  ["man ping", "help ping"],
  ["man nosuch", "help"],
  ["export http_proxy=http://10.0.2.2:3128", "curl -x"],
  ["export A=b", "help"],
  ["http://10.0.2.2:81/echo", "curl http://10.0.2.2:81/echo"],
  ["pign 10.0.2.2", "ping"],
  ["pin 10.0.2.2", "ping"],
  ["dmessg", "dmesg"],
  ["hosname", "hostname"],
  ["kurl 10.0.2.2", "curl"],
  ["ethtool eth0", "ip -s link"],
  ["ntpdate pool.ntp.org", "ntp"],
  ["chronyc tracking", "ntp"],
  ["timedatectl", "date -v"],
  ["hwclock", "date -v"],
  ["openssl s_client", "tls"],
  ["update-ca-certificates", "ca"],
  ["lsusb", "lspci"],
  ["cat /proc/interrupts", "lsirq"],
  ["lsof -i", "ss -l"],
  ["w", "uptime"],
  ["python3 -m http.server", "httpd"],
  ["cast block-number", "rpc"],
  ["systemd-resolve --status", "resolvectl"],
  ["getent hosts gateway", "host"],
  ["tshark", "tcpdump"],
  ["cls", "clear"],
  ["cat /etc/resolv.conf", "resolvectl"],
  ["cat /etc/hostname", "hostname"],
  ["cat /etc/os-release", "dmesg"],
  ["cat /etc/hosts", "help"],
  ["cat /proc/net/dev", "ip -s link"],
  ["cat /proc/net/arp", "ip neigh"],
  ["cat /proc/net/snmp", "nstat -a"],
  ["cat /proc/meminfo", "free"],
  ["less /proc/cpuinfo", "dmesg"],
  ["cat /proc/sys/net/ipv4/tcp_ecn", "sysctl -a"],
  ["service ssh status", "check"],
  ["sudo ifconfig", "ip addr"],
  ["sudo vi /etc/hosts", "help"],
  ["sudo -i", "help"],
  ["sudo time timeout 5 /usr/bin/sudo IFCONFIG", "ip addr"],
  ["sudo timeout 5", "help"],
  ["/usr/bin/sudo", "help"],
  ["watch ss", "ss"],
  ["time ping 10.0.2.2", "ping 10.0.2.2"],
  ["timeout 5 traceroute 10.0.2.2", "ping"],
  ["/sbin/ip a", "ip a"],
  ["/bin/ls", "help"],
  ["PING 10.0.2.2", "ping 10.0.2.2"],
  ["?", "help"],
  ["iperf -c 10.0.2.2", "iperf3"],
  ["drill a.test", "dig"],
  ["whois a.test", "dig"],
  ["ping6 ::1", "ping"],
  ["fping 10.0.2.2", "ping"],
  ["iftop", "ip -s link"],
  ["brctl show", "ip link"],
  ["iwconfig", "ip link"],
  ["conntrack -L", "ss -l"],
  ["lscpu", "dmesg"],
  ["lsmod", "dmesg"],
  ["iostat", "free"],
  ["last", "uptime"],
];

/** Commands that exist here too, and what they print; netstat has only -s. */
const existing: [command: string, says: RegExp][] = [
  ["ping -n -4 -c 1 10.0.2.2", / 1 received/],
  ["ping -c 1 127.0.0.1", / 1 received/],
  ["ss -tlnp", /State +Recv-Q/],
  ["netstat -rn", /^netstat: .*ip route.*$/],
  ["netstat -tln", /^netstat: .*\bss\b.*$/],
  ["ip -br a", /net0 +UP +10\.0\.2\.15\/24/],
  ["ip route get 10.0.2.2", /10\.0\.2\.2 dev net0 src/],
  ["curl -I http://10.0.2.2/text/9", /HTTP\/1\.1 200/],
  ["ip a", /net0/],
  ["ip r", /default via 10\.0\.2\.2/],
  ["ip n", /10\.0\.2\.2 dev net0/],
  ["nslookup 10.0.2.2", /10\.0\.2\.2|2\.2\.0\.10/],
  ["history", /ss -tlnp/],
  ["free -h", /Mem/i],
  ["dmesg", /AnonymOS/],
  ["date", /UTC/],
  ["hostname", /\w/],
  ["uptime", /up/],
  ["lspci", /Ethernet/],
  ["ss -s", /^Total: 1$[\s\S]*^TCP: {3}0 \(estab 0, closed 0, orphaned 0, timewait 0\)$/m],
  ["ping -f -c 3 10.0.2.2", / 3 received/],
  ["tcpdump -D", /^1\.net0 \[Up, Running\]$/m],
  ["tcpdump -lnvi any -c 0", /invalid argument/],
  ["curl --http1.1 --tlsv1.2 http://10.0.2.2/text/9", /line/],
  ["curl -V", /^curl \(anonymos/],
  ["hostname -I", /^10\.0\.2\.15$/],
  ["hostname -f", /^\w+$/],
  ["dmesg -H", /AnonymOS/],
  ["lsirq", /^ 11 +\d+ XT-PIC e1000, pci 00:03\.0$/m],
];

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

test("a command of another system is answered by one line that names the one to use", async () => {
  const lab = await Lab.at("S1");
  assert.ok(foreign.length >= 90);
  for (const [command, substitute] of foreign) {
    const [name] = command.split(" ");
    assert.deepEqual(
      printed(lab, command),
      [`${name}: command not found (try: ${substitute})`],
      command,
    );
    // That command exists.
    const [word] = substitute.split(" ");
    assert.doesNotMatch(printed(lab, `help ${word}`).join(), /no help topics/, substitute);
  }
  assert.deepEqual(printed(lab, "nosuch; echo $?"), [
    "nosuch: command not found (try: help)",
    "127",
  ]);
  for (const name of ["exit", "logout", "quit"]) {
    assert.match(
      printed(lab, name)[0],
      /: command not found \(the console has no login; .*Ctrl-A x/,
    );
  }
});

test("-h prints the help of every command for which it has no other meaning", async () => {
  const lab = await Lab.at("S1");
  const names = printed(lab, "help")
    .slice(0, -2)
    .map((line) => line.split(" ")[0]);
  assert.ok(names.length > 30);
  for (const name of names) {
    if (name === "echo" || name === "free") continue;
    assert.match(printed(lab, `${name} -h`)[0], new RegExp(`^usage: ${name}( |$)`), name);
  }
});

test("dmesg -w shows what follows, until Ctrl-C", async () => {
  const lab = await Lab.at("S1");
  lab.type("dmesg -w\r");
  lab.pass(1);
  const before = lab.twin.output.length;
  lab.twin.setLink(false, lab.world.now);
  lab.pass(1);
  assert.match(lab.twin.output.slice(before), /net0: link is down\r\n$/);
  lab.type("\x03");
  assert.match(lab.command("echo $?"), /\n130\r/);
});

test("help names the options and keywords that users of Linux look for", async () => {
  const lab = await Lab.at("S1");
  for (const [name, words] of [
    ["ip", "rule blackhole nexthop table get neigh fwmark proto"],
    ["tc", "pfifo bfifo prio sfq fq_codel tbf htb classid flowid pedit"],
    ["ping", "-c -i -w -W -s -Q -m -b -q"],
    ["nc", "-l -u -z -v -w -T -p"],
    ["dig", "@SERVER -p -x CAA +short +tcp +time +tries +noall"],
    ["nslookup", "-type -port -timeout -retry -vc -norecurse"],
    ["nstat", "-z -a PATTERN"],
    ["sock", "tcp udp bind listen accept connect send recv shutdown close set get info"],
    ["resolvectl", "status query dns domain revert flush-caches statistics"],
  ]) {
    const lines = printed(lab, `help ${name}`);
    const [usage] = lines;
    assert.ok(usage.length < 80, usage);
    for (const line of lines) {
      if (!line.startsWith("example: ")) assert.ok(line.length < 80, line);
    }
    for (const word of words.split(" ")) {
      const found = lines.some((line) => line.split(/[\s,:;=|[\]]+/).includes(word));
      assert.ok(found, `${name}: ${word}`);
    }
  }
});

test("help explains the options of check, httpd, ca and lspci", async () => {
  const lab = await Lab.at("S1");
  for (const [name, words] of [
    ["check", "-c URL"],
    ["httpd", "-s -M --fastopen PORT"],
    ["ca", "list add check crl"],
    ["lspci", "-v -k -n -nn"],
  ]) {
    const explained = printed(lab, `help ${name}`).filter((line) => line.startsWith("  "));
    for (const word of words.split(" ")) {
      const found = explained.some((line) => line.split(/[\s:;]+/).includes(word));
      assert.ok(found, `${name}: ${word}`);
    }
    for (const line of explained) assert.ok(line.length <= 100, line);
  }
});

test("servers print their port when they start", async () => {
  const lab = await Lab.at("S1");
  assert.deepEqual(printed(lab, "httpd 8080"), ["Serving HTTP on port 8080"]);
  const again = ["httpd: already running on port 8080 (try: httpd stop)"];
  assert.deepEqual(printed(lab, "httpd 81"), again);
  const from = lab.twin.output.length;
  lab.type("nc -lv 9000\r");
  lab.pass(1);
  assert.match(lab.twin.output.slice(from), /\r\nListening on 0\.0\.0\.0 9000\r\n$/);
  lab.gateway.tcp.connect(address(guest.address), 9000);
  lab.pass(1);
  assert.match(lab.twin.output.slice(from), /\nConnection received on 10\.0\.2\.2 \d+\r\n$/);
  lab.type("\x03");
  lab.type("nc -luv 9000\r");
  lab.pass(1);
  assert.match(lab.twin.output.slice(from), /\nBound on 0\.0\.0\.0 9000\r\n$/);
  lab.type("\x03");
});

test("sysctl takes slashes, and explains blanks around =", async () => {
  const lab = await Lab.at("S1");
  assert.deepEqual(printed(lab, "sysctl net/ipv4/tcp_sack"), ["net.ipv4.tcp_sack = 1"]);
  const [line, ...more] = printed(lab, "sysctl net.ipv4.tcp_sack = 0; echo $?");
  assert.match(line, /^sysctl: malformed setting '=': write NAME=VALUE without blanks/);
  assert.deepEqual(more, ["2"]);
  assert.deepEqual(printed(lab, "sysctl net.ipv4.tcp_sack"), ["net.ipv4.tcp_sack = 1"]);
});

test("ping and dig say which argument is wrong", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of [
    ["ping -Q x 10.0.2.2", "ping: bad TOS value: x (usage: ping [OPTION]... HOST)"],
    [
      "ping -Q 256 10.0.2.2",
      "ping: the decimal value of TOS bits must be in range 0-255: 256 " +
        "(usage: ping [OPTION]... HOST)",
    ],
    ["ping -m x 10.0.2.2", "ping: invalid argument: 'x' (usage: ping [OPTION]... HOST)"],
    ["dig x BOGUS", "dig: extra operand 'BOGUS': not a type, and one name at a time"],
    ["dig x A MX", "dig: extra operand 'MX': one type at a time"],
  ]) {
    assert.deepEqual(printed(lab, command), [says], command);
  }
});

test("commands that exist here too work, or name the command to use", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of existing) {
    assert.match(printed(lab, command).join("\n"), says, command);
  }
  for (const name of ["ping", "nc", "curl", "ss", "tcpdump", "hostname", "uptime", "dmesg"]) {
    assert.match(printed(lab, `${name} -h`)[0], new RegExp(`^usage: ${name}`), name);
    assert.deepEqual(printed(lab, `${name} -h`), printed(lab, `${name} --help`), name);
  }
});

test("before DHCP, ping reaches this host, and mistakes are reported at once", async () => {
  const lab = await Lab.at("S0");
  assert.match(printed(lab, "ping -c 1 127.0.0.1").join("\n"), / 1 received/);
  const before = lab.world.now;
  assert.match(printed(lab, "ping -x 10.0.2.2").join(), /^ping: invalid option -- 'x' /);
  assert.match(printed(lab, "nc 10.0.2.2").join(), /^nc: missing operand /);
  assert.match(printed(lab, "ntp -x").join(), /^ntp: invalid option -- 'x' /);
  assert.ok(lab.world.now - before < 2e9, "no wait for the network");
});
