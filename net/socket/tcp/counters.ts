/**
 * Counters of all connections of a host (RFC 4022), under Linux's names
 * (Documentation/networking/snmp_counter.rst).
 */
import { Counters } from "../../../core/counters";

/** In the order of `TCP_COUNTER_NAMES`. */
export const enum TcpCounter {
  ActiveOpens = 0,
  /** SYNs that a listener took. */
  PassiveOpens,
  /** Handshakes that failed. */
  AttemptFails,
  /** Established connections that ended with an error. */
  EstabResets,
  /** Segments received that passed the gate. */
  InSegs,
  OutSegs,
  RetransSegs,
  OutRsts,
  /** SYN cookies sent, returned, and not recognized (RFC 4987 section 3.6). */
  SyncookiesSent,
  SyncookiesRecv,
  SyncookiesFailed,
  /** RSTs that ended a connection in SYN-RECEIVED. */
  EmbryonicRsts,
  /** ICMP errors that quote a segment that is not in flight (RFC 5927 section 4.1). */
  OutOfWindowIcmps,
  /** Connections that left TIME-WAIT after its whole length. */
  TW,
  /** SYN,ACKs rejected because they echo no timestamp of the SYN. */
  PAWSActive,
  /** Segments rejected for an old timestamp (RFC 7323 section 5.3). */
  PAWSEstab,
  /** ACKs of a SYN,ACK rejected because they echo no timestamp of it. */
  TSEcrRejected,
  /** ACKs sent because their delay was over. */
  DelayedACKs,
  /** Segments that brought only old data: its ACK may have been lost. */
  DelayedACKLost,
  /** SYNs and last ACKs of handshakes dropped because too many connections wait for `accept`. */
  ListenOverflows,
  /** The same, and those dropped because memory or connections were short. */
  ListenDrops,
  /** ACKs of SYN,ACKs that do not open a connection because of TCP_DEFER_ACCEPT. */
  DeferAcceptDrop,
  /** Segments that took the shortcut for data in order, or the one for bare ACKs. */
  HPHits,
  HPAcks,
  /** Segments without data that took no shortcut. */
  PureAcks,
  /** Fast recoveries, without SACK and with it. */
  RenoRecovery,
  SackRecovery,
  /** Times that the peer discarded what it had SACKed (RFC 2018 section 8). */
  SACKReneging,
  /** ACKs that showed reordering: a segment arrived after one that was sent later. */
  SACKReorder,
  /** Fast recoveries undone because timestamps showed that they were needless. */
  FullUndo,
  /** Recoveries undone because of D-SACKs. */
  DSACKUndo,
  /** Recoveries after a timeout undone by F-RTO or timestamps. */
  LossUndo,
  /** Retransmissions that were lost themselves. */
  LostRetransmit,
  /** Timeouts while recovering from another one. */
  LossFailures,
  /** Segments retransmitted in fast recovery, and after a timeout. */
  FastRetrans,
  SlowStartRetrans,
  /** Expirations of the retransmission timer. */
  Timeouts,
  /** Tail loss probes, and those that repaired a loss (RFC 8985 section 7). */
  LossProbes,
  LossProbeRecovery,
  /** Timeouts during fast recovery, without SACK and with it. */
  RenoRecoveryFail,
  SackRecoveryFail,
  /** D-SACKs sent for data below RCV.NXT, and beyond a gap (RFC 2883). */
  DSACKOldSent,
  DSACKOfoSent,
  /** D-SACKs received for data below the ACK field, and above it. */
  DSACKRecv,
  DSACKOfoRecv,
  /** Connections reset because data arrived for a user that had closed, or by an abort. */
  AbortOnData,
  /** Connections reset because the user closed them with unread data. */
  AbortOnClose,
  /** Orphans ended to make room for other connections, or because there were too many. */
  AbortOnMemory,
  /** Orphans reset because TCP_LINGER2 allows no FIN-WAIT-2. */
  AbortOnLinger,
  /** Connections that timed out. */
  AbortOnTimeout,
  /** SACK blocks that cover nothing that was sent. */
  SACKDiscard,
  /** Timeouts that F-RTO found to be spurious. */
  SpuriousRTOs,
  /** TIME-WAIT records evicted early because their table was full. */
  TimeWaitOverflow,
  /** Segments with data beyond a gap; those of them dropped, and those held already. */
  OFOQueue,
  OFODrop,
  OFOMerge,
  /** Challenge ACKs (RFC 5961), and those due to a SYN. */
  ChallengeACK,
  SYNChallenge,
  /** Times that this host opened its window again, and closed it. */
  FromZeroWindowAdv,
  ToZeroWindowAdv,
  /** SYNs and SYN,ACKs retransmitted. */
  SynRetrans,
  /** Segments with data sent for the first time. */
  OrigDataSent,
  /** Slow starts ended by HyStart++ (RFC 9406), and the segments of their windows. */
  HystartDelayDetect,
  HystartDelayCwnd,
  /** ACKs not sent because there were too many: in TIME-WAIT, and challenge ACKs. */
  ACKSkippedTimeWait,
  ACKSkippedChallenge,
  /** Probes of a closed window, and of a silent peer. */
  WinProbe,
  KeepAlive,
  /** Segments dropped because this host's window was closed, and because memory was short. */
  ZeroWindowDrop,
  RcvQDrop,
  /** Probes of the path MTU that were lost, and that arrived (RFC 4821). */
  MTUPFail,
  MTUPSuccess,
  /** Connections that this host opened with data in the SYN, and such data not acknowledged. */
  FastOpenActive,
  FastOpenActiveFail,
  /** Connections that peers opened with Fast Open; failures: bad cookies, no memory for data. */
  FastOpenPassive,
  FastOpenPassiveFail,
  /** SYNs with the option or data, ignored because too many handshakes with data were pending. */
  FastOpenListenOverflow,
  /** SYNs that requested a cookie. */
  FastOpenCookieReqd,
  /** Signs of networks that drop connections with Fast Open. */
  FastOpenBlackhole,
}

/** The names of the counters as nstat(8) prints them. */
const TCP_COUNTER_NAMES: StaticArray<string> = [
  "TcpActiveOpens",
  "TcpPassiveOpens",
  "TcpAttemptFails",
  "TcpEstabResets",
  "TcpInSegs",
  "TcpOutSegs",
  "TcpRetransSegs",
  "TcpOutRsts",
  "TcpExtSyncookiesSent",
  "TcpExtSyncookiesRecv",
  "TcpExtSyncookiesFailed",
  "TcpExtEmbryonicRsts",
  "TcpExtOutOfWindowIcmps",
  "TcpExtTW",
  "TcpExtPAWSActive",
  "TcpExtPAWSEstab",
  "TcpExtTSEcrRejected",
  "TcpExtDelayedACKs",
  "TcpExtDelayedACKLost",
  "TcpExtListenOverflows",
  "TcpExtListenDrops",
  "TcpExtTCPDeferAcceptDrop",
  "TcpExtTCPHPHits",
  "TcpExtTCPHPAcks",
  "TcpExtTCPPureAcks",
  "TcpExtTCPRenoRecovery",
  "TcpExtTCPSackRecovery",
  "TcpExtTCPSACKReneging",
  "TcpExtTCPSACKReorder",
  "TcpExtTCPFullUndo",
  "TcpExtTCPDSACKUndo",
  "TcpExtTCPLossUndo",
  "TcpExtTCPLostRetransmit",
  "TcpExtTCPLossFailures",
  "TcpExtTCPFastRetrans",
  "TcpExtTCPSlowStartRetrans",
  "TcpExtTCPTimeouts",
  "TcpExtTCPLossProbes",
  "TcpExtTCPLossProbeRecovery",
  "TcpExtTCPRenoRecoveryFail",
  "TcpExtTCPSackRecoveryFail",
  "TcpExtTCPDSACKOldSent",
  "TcpExtTCPDSACKOfoSent",
  "TcpExtTCPDSACKRecv",
  "TcpExtTCPDSACKOfoRecv",
  "TcpExtTCPAbortOnData",
  "TcpExtTCPAbortOnClose",
  "TcpExtTCPAbortOnMemory",
  "TcpExtTCPAbortOnLinger",
  "TcpExtTCPAbortOnTimeout",
  "TcpExtTCPSACKDiscard",
  "TcpExtTCPSpuriousRTOs",
  "TcpExtTCPTimeWaitOverflow",
  "TcpExtTCPOFOQueue",
  "TcpExtTCPOFODrop",
  "TcpExtTCPOFOMerge",
  "TcpExtTCPChallengeACK",
  "TcpExtTCPSYNChallenge",
  "TcpExtTCPFromZeroWindowAdv",
  "TcpExtTCPToZeroWindowAdv",
  "TcpExtTCPSynRetrans",
  "TcpExtTCPOrigDataSent",
  "TcpExtTCPHystartDelayDetect",
  "TcpExtTCPHystartDelayCwnd",
  "TcpExtTCPACKSkippedTimeWait",
  "TcpExtTCPACKSkippedChallenge",
  "TcpExtTCPWinProbe",
  "TcpExtTCPKeepAlive",
  "TcpExtTCPZeroWindowDrop",
  "TcpExtTCPRcvQDrop",
  "TcpExtTCPMTUPFail",
  "TcpExtTCPMTUPSuccess",
  "TcpExtTCPFastOpenActive",
  "TcpExtTCPFastOpenActiveFail",
  "TcpExtTCPFastOpenPassive",
  "TcpExtTCPFastOpenPassiveFail",
  "TcpExtTCPFastOpenListenOverflow",
  "TcpExtTCPFastOpenCookieReqd",
  "TcpExtTCPFastOpenBlackhole",
];

export class TcpCounters extends Counters {
  constructor() {
    super(TCP_COUNTER_NAMES);
  }

  /** Counts a segment dropped because too many connections wait to be accepted. */
  listenOverflow(): void {
    this.add(TcpCounter.ListenOverflows);
    this.add(TcpCounter.ListenDrops);
  }
}
