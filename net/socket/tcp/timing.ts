/** Every time and count that TCP works by, with where it comes from. */
import { MILLISECOND, MINUTE, SECOND } from "../../../core/time";

/** RTO before there is a measurement (RFC 6298 section 2.1). */
export const RTO_INITIAL: i64 = SECOND;
/**
 * The least that RTO allows above SRTT. RFC 6298 (2.4) asks for an RTO of at least 1 s; like
 * Linux this puts 200 ms on top of the smoothed time instead: longer than what peers delay an ACK
 * (40 to 200 ms), and a lost segment costs a fifth.
 */
export const RTO_MARGIN: i64 = 200 * MILLISECOND;
/** RTO's upper bound (RFC 6298 section 2.5: at least 60 s), and that of the persist timer. */
export const RTO_MAXIMUM: i64 = 60 * SECOND;
/** RTO once the handshake is through, if its SYN had to be repeated (RFC 6298 section 5.7). */
export const RTO_AFTER_LOST_SYN: i64 = 3 * SECOND;

/** R2 of a SYN: at least 3 minutes (RFC 9293 section 3.8.3, MUST-23). */
export const GIVE_UP_SYN: i64 = 3 * MINUTE;
/** R2 of everything else: at least 100 s (SHLD-11); 5 minutes as the user time-out of RFC 9293. */
export const GIVE_UP_DATA: i64 = 5 * MINUTE;

/** An ACK waits this long for company (RFC 9293 section 3.8.6.3: under 500 ms). */
export const ACK_DELAY: i64 = 40 * MILLISECOND;

/** Twice the maximum segment lifetime: RFC 9293 has 4 minutes, every system in use 1 to 2. */
export const TIME_WAIT: i64 = 60 * SECOND;
/**
 * How long FIN-WAIT-2 lasts without any progress: when the user may still read (longer than the
 * peer's longest RTO, so that loss alone does not end it), and when nobody will.
 */
export const HALF_CLOSED_IDLE: i64 = 3 * MINUTE;
export const ORPHAN_IDLE: i64 = 60 * SECOND;
/** How long data that arrived before the end stays readable after it. */
export const LINGER: i64 = 60 * SECOND;

/** Between keep-alive probes, and how many stay unanswered (RFC 9293 section 3.8.4, Linux). */
export const KEEP_ALIVE_INTERVAL: i64 = 75 * SECOND;
export const KEEP_ALIVE_PROBES: u32 = 9;

/** Challenge ACKs of one connection in one second: this many and up to as many more at random. */
export const CHALLENGES: u32 = 5;
export const CHALLENGE_PERIOD: i64 = SECOND;

/** How soon a sink that was busy is asked again. */
export const SINK_RETRY: i64 = MILLISECOND;

/** The segment size of a peer that names none (RFC 9293 section 3.7.1, MUST-15). */
export const SEGMENT_SIZE_DEFAULT: u32 = 536;
/** No peer and no ICMP error gets less: what RFC 791's 68-byte packets would leave is an attack. */
export const SEGMENT_SIZE_MINIMUM: u32 = 88;
/** The smallest path MTU believed (Linux's min_pmtu; CVE-2019-11479). */
export const PATH_MTU_MINIMUM: u32 = 552;
