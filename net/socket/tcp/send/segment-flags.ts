/** What has become of a segment in flight; see sent-segments.ts. */

/** The peer has it, but not everything before it. */
export const SACKED: u32 = 1;
/** Its last transmission is considered lost. */
export const LOST: u32 = 2;
/** It was retransmitted, and the retransmission is not considered lost. */
export const RESENT: u32 = 4;
/** It was sent more than once. */
export const RETRANSMITTED: u32 = 8;
