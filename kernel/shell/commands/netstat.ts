/**
 * netstat -s [-t] [-u] [-w]
 *
 * Prints the counters of the network stack since the boot, in the words of netstat(8) of net-tools:
 * those of TCP (-t), UDP (-u), and IP and ICMP (-w), or all. As there, a counter without words is
 * printed under its name, unless it is zero. `nstat` prints the same counters by name.
 *
 * Of netstat(8), there is only -s: `ss` prints sockets, `ip route` routes, `ip -s link` interfaces.
 *
 * Exit codes: 0 success; 2 wrong usage (1 in netstat(8)).
 */
import { NetworkStack } from "../../../net/service/stack";
import { TcpState } from "../../../net/socket/tcp/state";
import { COUNTER_GROUPS, counterGroup, NetworkCounters } from "../../programs/network-counters";
import { Command, EXIT_USAGE, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

const OPTIONS: StaticArray<string> = [
  "s|statistics",
  "t|tcp",
  "u|udp",
  "w|raw",
  "4",
  "r|route",
  "i|interfaces",
  "a|all",
  "l|listening",
  "n|numeric",
  "p|programs",
];

/** How a counter is printed: `text` with the value in place of its `%`. */
class Words {
  constructor(
    readonly name: string,
    readonly text: string,
    /** Whether it is printed even if it is zero. */
    readonly always: bool = false,
  ) {}
}

const WORDS: StaticArray<Words> = [
  new Words("IpInReceives", "% total packets received", true),
  new Words("IpInHdrErrors", "% with invalid headers"),
  new Words("IpInAddrErrors", "% with invalid addresses"),
  new Words("IpInUnknownProtos", "% with unknown protocol"),
  new Words("IpInDelivers", "% incoming packets delivered", true),
  new Words("IpOutRequests", "% requests sent out", true),
  new Words("IpOutNoRoutes", "% dropped because of missing route"),
  new Words("IpReasmTimeout", "% fragments dropped after timeout"),
  new Words("IpReasmReqds", "% reassemblies required"),
  new Words("IpReasmOKs", "% packets reassembled ok"),
  new Words("IpReasmFails", "% packet reassemblies failed"),
  new Words("IpFragCreates", "% fragments created"),
  new Words("IcmpInMsgs", "% ICMP messages received", true),
  new Words("IcmpInErrors", "% input ICMP message failed", true),
  new Words("IcmpOutMsgs", "% ICMP messages sent", true),
  new Words("TcpActiveOpens", "% active connection openings", true),
  new Words("TcpPassiveOpens", "% passive connection openings", true),
  new Words("TcpAttemptFails", "% failed connection attempts", true),
  new Words("TcpEstabResets", "% connection resets received", true),
  new Words("TcpInSegs", "% segments received", true),
  new Words("TcpOutSegs", "% segments sent out", true),
  new Words("TcpRetransSegs", "% segments retransmitted", true),
  new Words("TcpInErrs", "% bad segments received", true),
  new Words("TcpOutRsts", "% resets sent", true),
  new Words("UdpInDatagrams", "% packets received", true),
  new Words("UdpNoPorts", "% packets to unknown port received", true),
  new Words("UdpInErrors", "% packet receive errors", true),
  new Words("UdpOutDatagrams", "% packets sent", true),
  new Words("UdpRcvbufErrors", "% receive buffer errors", true),
  new Words("TcpExtEmbryonicRsts", "% resets received for embryonic SYN_RECV sockets"),
  new Words("TcpExtOutOfWindowIcmps", "% ICMP packets dropped because they were out-of-window"),
  new Words("TcpExtTW", "% TCP sockets finished time wait in fast timer"),
  new Words("TcpExtPAWSActive", "% active connections rejected because of time stamp"),
  new Words(
    "TcpExtPAWSEstab",
    "% packets rejected in established connections because of timestamp",
  ),
  new Words("TcpExtDelayedACKs", "% delayed acks sent"),
  new Words("TcpExtDelayedACKLost", "Quick ack mode was activated % times"),
  new Words("TcpExtListenOverflows", "% times the listen queue of a socket overflowed"),
  new Words("TcpExtListenDrops", "% SYNs to LISTEN sockets dropped"),
  new Words("TcpExtTCPHPHits", "% packet headers predicted"),
  new Words("TcpExtTCPPureAcks", "% acknowledgments not containing data payload received"),
  new Words("TcpExtTCPHPAcks", "% predicted acknowledgments"),
  new Words("TcpExtTCPRenoRecovery", "% times recovered from packet loss due to fast retransmit"),
  new Words(
    "TcpExtTCPSackRecovery",
    "% times recovered from packet loss by selective acknowledgements",
  ),
  new Words("TcpExtTCPSACKReneging", "% bad SACK blocks received"),
  new Words("TcpExtTCPSACKReorder", "Detected reordering % times using SACK"),
  new Words("TcpExtTCPFullUndo", "% congestion windows fully recovered without slow start"),
  new Words("TcpExtTCPDSACKUndo", "% congestion window recovered without slow start using DSACK"),
  new Words(
    "TcpExtTCPLossUndo",
    "% congestion windows recovered without slow start after partial ack",
  ),
  new Words("TcpExtTCPLossFailures", "% timeouts in loss state"),
  new Words("TcpExtTCPFastRetrans", "% fast retransmits"),
  new Words("TcpExtTCPSlowStartRetrans", "% retransmits in slow start"),
  new Words("TcpExtTCPRenoRecoveryFail", "% classic Reno fast retransmits failed"),
  new Words("TcpExtTCPSackRecoveryFail", "% SACK retransmits failed"),
  new Words("TcpExtTCPAbortOnData", "% connections reset due to unexpected data"),
  new Words("TcpExtTCPAbortOnClose", "% connections reset due to early user close"),
  new Words("TcpExtTCPAbortOnMemory", "% connections aborted due to memory pressure"),
  new Words("TcpExtTCPAbortOnTimeout", "% connections aborted due to timeout"),
];

export class Netstat extends Command {
  private readonly counters: NetworkCounters;
  /** The words for each counter, or null. */
  private readonly words: Array<Words | null> = [];

  constructor(private readonly stack: NetworkStack) {
    super("netstat", "-s [-t] [-u] [-w]", "prints the network counters in words", [
      "netstat -s",
      "netstat -st",
    ]);
    const counters = new NetworkCounters(stack);
    this.counters = counters;
    for (let i = 0; i < counters.count; i++) this.words.push(wordsFor(counters.nameAt(i)));
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (!options.has("s")) {
      const instead = options.has("r") ? "ip route" : options.has("i") ? "ip -s link" : "ss";
      return this.failed(session, `only -s is supported (try: ${instead})`, EXIT_USAGE);
    }
    const some = options.has("t") || options.has("u") || options.has("w");
    for (let group = 0; group < COUNTER_GROUPS.length; group++) {
      const name = COUNTER_GROUPS[group];
      const kind = name.startsWith("Tcp") ? "t" : name == "Udp" ? "u" : "w";
      if (!some || options.has(kind)) this.show(group, session);
    }
    return this.done();
  }

  private show(group: i32, session: Session): void {
    session.printLine(`${COUNTER_GROUPS[group]}:`);
    const prefix = COUNTER_GROUPS[group].length;
    for (let i = 0; i < this.counters.count; i++) {
      const name = this.counters.nameAt(i);
      if (counterGroup(name) != group) continue;
      const value = this.counters.valueAt(i);
      const words = this.words[i];
      if (name == "TcpInSegs")
        session.printLine(`    ${this.established()} connections established`);
      if (words != null && (words.always || value != 0)) {
        session.printLine(`    ${words.text.replace("%", value.toString())}`);
      } else if (words == null && value != 0) {
        session.printLine(`    ${name.substring(prefix)}: ${value}`);
      }
    }
  }

  /** Returns the number of established connections, as tcpCurrEstab of RFC 4022 counts them. */
  private established(): u32 {
    const tcp = this.stack.ip.tcp;
    let count: u32 = 0;
    for (let i: u32 = 0; i < tcp.connectionCount(); i++) {
      const state = tcp.connectionAt(i).state;
      if (state == TcpState.Established || state == TcpState.CloseWait) count++;
    }
    return count;
  }
}

function wordsFor(name: string): Words | null {
  for (let i = 0; i < WORDS.length; i++) if (WORDS[i].name == name) return WORDS[i];
  return null;
}
