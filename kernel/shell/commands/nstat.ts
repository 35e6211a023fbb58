/**
 * nstat [-a] [-s] [-z] [PATTERN...]
 *
 * Prints the counters of IP, ICMP, UDP, TCP and neighbors, with the names and columns of nstat(8)
 * of iproute2. Counters that are zero are left out unless -z is given. A PATTERN (`Tcp*`) selects
 * counters by name.
 *
 * Unlike nstat(8), it always prints totals since the boot: -a and -s are accepted and change
 * nothing. The counters of interfaces are added up. Linux has no counters for ARP packets, for
 * packets to neighbors that do not reply (NeighborUnreachable), or for packets dropped because the
 * neighbor cache or the queue of a neighbor was full (NeighborOverflow).
 *
 * Exit codes: 0 success; 2 wrong usage (255 in nstat(8)).
 */
import { ProtocolCounters } from "../../../net/iface/counters";
import { NetworkStack } from "../../../net/service/stack";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

const OPTIONS: StaticArray<string> = ["a|ignore", "s|noupdate", "z|zeros"];
const DETAILS: StaticArray<string> = [
  "  -z       prints counters that are zero too",
  "  PATTERN  prints only counters with this name; * stands for anything",
  "  -a, -s   change nothing: the values are always totals since the boot",
];
/** Widths of the columns of names and values. */
const NAMES: i32 = 32;
const VALUES: i32 = 16;

/** Prints counters that are wanted. */
class Printer {
  constructor(
    private readonly session: Session,
    private readonly zeros: bool,
    private readonly patterns: Array<string>,
  ) {}

  print(name: string, value: u64): void {
    if ((value == 0 && !this.zeros) || !this.wants(name)) return;
    const figure = value.toString().padEnd(VALUES);
    this.session.printLine(`${name.padEnd(NAMES)}${figure}   0.0`);
  }

  private wants(name: string): bool {
    for (let i = 0; i < this.patterns.length; i++) {
      if (matches(name, this.patterns[i])) return true;
    }
    return this.patterns.length == 0;
  }
}

export class Nstat extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("nstat", "[-asz] [PATTERN...]", "prints the network counters", [
      "nstat",
      "nstat 'Tcp*'",
      "nstat -z IcmpInErrors",
    ]);
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const printer = new Printer(session, options.has("z"), options.operands);
    session.printLine("#kernel");
    this.showInterfaces(printer);
    this.showTcp(printer);
    return this.done();
  }

  private showInterfaces(printer: Printer): void {
    const total = new ProtocolCounters();
    const ip = this.stack.ip;
    total.add(ip.loopback.counters);
    for (let i = 0; i < ip.interfaces.length; i++) total.add(ip.interfaces[i].counters);
    printer.print("IpInReceives", total.ipIn);
    printer.print("IpInDelivers", total.ipDelivered);
    printer.print("IpOutRequests", total.ipOut);
    printer.print("IpReasmReqds", total.fragmentsIn);
    printer.print("IpReasmOKs", total.reassembled);
    printer.print("IpFragOKs", total.fragmented);
    printer.print("IpFragCreates", total.fragmentsOut);
    printer.print("IcmpInMsgs", total.icmpIn);
    printer.print("IcmpInEchos", total.echoRequestsIn);
    printer.print("IcmpInErrorMsgs", total.icmpErrorsIn);
    printer.print("IcmpOutMsgs", total.icmpOut);
    printer.print("IcmpOutEchoReps", total.echoRepliesOut);
    printer.print("IcmpOutErrorMsgs", total.icmpErrorsOut);
    printer.print("IcmpOutRateLimitHost", total.icmpErrorsLimited);
    printer.print("UdpInDatagrams", total.udpIn);
    printer.print("UdpOutDatagrams", total.udpOut);
    printer.print("ArpIn", total.arpIn);
    printer.print("ArpOut", total.arpOut);
    printer.print("ArpAddressConflicts", total.addressConflicts);
    printer.print("NeighborUnreachable", total.neighborUnreachable);
    printer.print("NeighborOverflow", total.neighborOverflow);
  }

  private showTcp(printer: Printer): void {
    const tcp = this.stack.ip.tcp.counters;
    printer.print("TcpActiveOpens", tcp.activeOpens);
    printer.print("TcpPassiveOpens", tcp.passiveOpens);
    printer.print("TcpAttemptFails", tcp.attemptFails);
    printer.print("TcpEstabResets", tcp.establishedResets);
    printer.print("TcpInSegs", tcp.segmentsIn);
    printer.print("TcpOutSegs", tcp.segmentsOut);
    printer.print("TcpRetransSegs", tcp.retransmits);
    printer.print("TcpOutRsts", tcp.resetsOut);
    printer.print("TcpExtSyncookiesSent", tcp.cookiesSent);
    printer.print("TcpExtSyncookiesRecv", tcp.cookiesReceived);
    printer.print("TcpExtSyncookiesFailed", tcp.cookiesFailed);
    printer.print("TcpExtPAWSActive", tcp.pawsActive);
    printer.print("TcpExtPAWSEstab", tcp.pawsEstablished);
    printer.print("TcpExtTSEcrRejected", tcp.echoRejected);
    printer.print("TcpExtListenDrops", tcp.listenDrops);
    printer.print("TcpExtTCPTimeouts", tcp.timeouts);
    printer.print("TcpExtTCPChallengeACK", tcp.challengeAcks);
    printer.print("TcpExtTCPTimeWaitOverflow", tcp.timeWaitOverflows);
  }
}

/** Reports whether a name matches a pattern in which `*` stands for any characters. */
function matches(name: string, pattern: string): bool {
  const parts = pattern.split("*");
  const last = parts.length - 1;
  if (last == 0) return name == pattern;
  if (!name.startsWith(parts[0])) return false;
  let at = parts[0].length;
  for (let i = 1; i < last; i++) {
    const found = name.indexOf(parts[i], at);
    if (found < 0) return false;
    at = found + parts[i].length;
  }
  return name.length - parts[last].length >= at && name.endsWith(parts[last]);
}
