/** TCP's times, intervals and protocol constants, each with its source. */
import { MILLISECOND, MINUTE, SECOND } from "../../../core/time";

/** RTO before the first measurement (RFC 6298 section 2.1). */
export const RTO_INITIAL: i64 = SECOND;
/**
 * The minimum margin of RTO above SRTT. RFC 6298 (2.4) recommends an RTO of at least 1 s; like
 * Linux, this stack adds at least 200 ms to SRTT instead. That covers the ACK delay of common
 * peers (40 to 200 ms) and recovers five times sooner.
 */
export const RTO_MARGIN: i64 = 200 * MILLISECOND;
/** Upper bound of RTO (RFC 6298 section 2.5: at least 60 s) and of the persist timer. */
export const RTO_MAXIMUM: i64 = 60 * SECOND;
/** RTO after the handshake if the SYN was retransmitted (RFC 6298 section 5.7). */
export const RTO_AFTER_LOST_SYN: i64 = 3 * SECOND;

/** R2 for a SYN: at least 3 minutes (RFC 9293 section 3.8.3, MUST-23). */
export const GIVE_UP_SYN: i64 = 3 * MINUTE;
/** R2 for data: at least 100 s (SHLD-11); here the default user timeout of RFC 9293, 5 minutes. */
export const GIVE_UP_DATA: i64 = 5 * MINUTE;

/**
 * How many times in a row a SYN, and data, are retransmitted. The times above end connections
 * sooner, unless the RTO is short; Linux counts to 6 and 15.
 */
export const RETRIES_SYN: u32 = 7;
export const RETRIES_DATA: u32 = 15;
/** The same for a connection that its user has released, as in Linux. */
export const RETRIES_ORPHAN: u32 = 8;

/** The delayed-ACK interval (RFC 9293 section 3.8.6.3: under 500 ms). */
export const ACK_DELAY: i64 = 40 * MILLISECOND;
/** The delay of a prompt ACK: until the next turn, so that a user who answers at once saves it. */
export const ACK_PROMPT: i64 = 1;
/** How many ACKs are prompt when a transfer begins, at most and at least (as in Linux). */
export const PROMPT_ACKS: u32 = 16;
export const PROMPT_ACKS_LEAST: u32 = 2;

/** The longest delay expected of a peer's ACKs (RFC 8985 section 7.2). */
export const ACK_DELAY_WORST: i64 = 200 * MILLISECOND;
/** When a tail loss probe is due before the first measurement (RFC 8985 section 7.2). */
export const PROBE_INITIAL: i64 = SECOND;
/** How long a tail loss probe waits beyond two round trips: a turn of the kernel takes time. */
export const PROBE_SLACK: i64 = 2 * MILLISECOND;

/** How long the peer's last timestamp is compared with later ones (RFC 7323 section 5.5). */
export const TIMESTAMP_OUTDATED: i64 = 24 * 24 * 60 * MINUTE;

/** The length of TIME-WAIT. RFC 9293 says 4 minutes; common systems use 1 to 2. */
export const TIME_WAIT: i64 = 60 * SECOND;
/** The least time between two ACKs for one connection in TIME-WAIT; shorter than any RTO. */
export const TIME_WAIT_ACK: i64 = 100 * MILLISECOND;
/**
 * How long FIN-WAIT-2 lasts without progress while the user may still read. Longer than the
 * peer's longest RTO, so that loss alone does not end it.
 */
export const HALF_CLOSED_IDLE: i64 = 3 * MINUTE;
/** The same once the user has released the connection. */
export const ORPHAN_IDLE: i64 = 60 * SECOND;
/**
 * How long a connection that its user has released keeps probing a closed window while the peer
 * answers. Others probe for as long as the peer answers (RFC 9293, MUST-37).
 */
export const ORPHAN_CLOSED_WINDOW: i64 = 15 * MINUTE;

/** How long an orphan must have made no progress before it may be dropped to make room. */
export const ORPHAN_STALE: i64 = 2 * SECOND;

/**
 * Silence before the first keep-alive probe, the interval of probes, and how many may stay
 * unanswered (Linux's defaults).
 */
export const KEEP_ALIVE_IDLE: i64 = 120 * MINUTE;
export const KEEP_ALIVE_INTERVAL: i64 = 75 * SECOND;
export const KEEP_ALIVE_PROBES: u32 = 9;

/** Challenge ACKs of one connection per period: this many, plus up to as many more at random. */
export const CHALLENGES: u32 = 5;
export const CHALLENGE_PERIOD: i64 = SECOND;

/** How long to wait before trying a busy packet sink again. */
export const SINK_RETRY: i64 = MILLISECOND;

/**
 * Percents of cwnd that may be sent in a round trip if the sender is paced (Linux's defaults): cwnd
 * may double in slow start, and is used up in congestion avoidance.
 */
export const PACING_SLOW_START: u32 = 200;
export const PACING_AVOIDANCE: u32 = 120;

/** The segment size of a peer that announces none (RFC 9293 section 3.7.1, MUST-15). */
export const SEGMENT_SIZE_DEFAULT: u32 = 536;
/** The smallest segment size accepted; anything lower is an attack on the packet rate. */
export const SEGMENT_SIZE_MINIMUM: u32 = 88;
/** The smallest path MTU that is believed (Linux's min_pmtu; CVE-2019-11479). */
export const PATH_MTU_MINIMUM: u32 = 552;
/** How long a path MTU that is smaller than the route's is remembered (RFC 1191 section 6.3). */
export const PATH_MTU_LIFETIME: i64 = 10 * MINUTE;
