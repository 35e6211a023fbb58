/** Decides whether the SYN of a connection uses Fast Open (RFC 7413 section 4.2). */
import { IPV4_HEADER } from "../../../wire/ipv4";
import { TCP_HEADER } from "../../../wire/tcp";
import { OPTIONS_MAXIMUM } from "../../../wire/tcp-options";
import { ControlBlock } from "../control-block";

/** Bytes of IPv4 and TCP headers without options. */
const HEADERS: u32 = IPV4_HEADER + TCP_HEADER;

/**
 * Prepares the SYN of a connection whose user wants Fast Open. If the peer's cookie is known, the
 * SYN waits for data; otherwise, it requests a cookie. It is an ordinary SYN while Fast Open is
 * avoided, because earlier SYNs were lost (4.1.3.1) or the network drops such connections.
 */
export function prepareFastOpen(block: ControlBlock): void {
  const schedule = block.schedule;
  const settings = schedule.settings.fastOpen;
  const now = schedule.now;
  if (!settings.connects || schedule.blackHole.avoids(now)) return;
  const fastOpen = block.fastOpen;
  const peer = schedule.fastOpenPeers.find(block.endpoints);
  if (peer != null && peer.avoids(now)) return;
  if (settings.connectsWithoutCookie) {
    fastOpen.defer(synRoom(block, peer != null ? peer.segmentSize : 0));
  } else if (peer != null && peer.cookieBytes > 0) {
    peer.use(now);
    fastOpen.offer(peer.cookie, peer.cookieBytes, peer.experimental);
    fastOpen.defer(synRoom(block, peer.segmentSize));
  } else {
    fastOpen.request(peer != null && peer.requestsByExperiment);
  }
}

/**
 * Returns how many bytes of data a SYN can carry to a peer with the segment size `peerSize`, which
 * is 0 if unknown. As in Linux, room is left for all options, as middleboxes may add some.
 */
function synRoom(block: ControlBlock, peerSize: u32): u32 {
  const schedule = block.schedule;
  let size = block.negotiated.ownSegmentSize;
  if (peerSize != 0 && peerSize < size) size = peerSize;
  const mtu = schedule.pathMtus.of(block.endpoints.remote, schedule.now);
  if (mtu != 0 && mtu - HEADERS < size) size = mtu - HEADERS;
  return size > OPTIONS_MAXIMUM ? size - OPTIONS_MAXIMUM : 0;
}
