/** What a DHCP client tells the log: each thing once, and what goes on at most once a minute. */
import { escapeBytes } from "../../../core/escape";
import { log } from "../../../core/log";
import { MINUTE, SECOND } from "../../../core/time";
import { formatIpv4 } from "../../wire/address";
import { DhcpOptions, OPTION_MESSAGE } from "../../wire/dhcp-options";
import { Lease } from "./lease";
import { DhcpState } from "./state";
import { LeaseTarget } from "./target";

/** A silence shorter than this is not worth a line. */
const SHORT_SILENCE: i64 = 10 * SECOND;

export class DhcpJournal {
  private silenceAt: i64 = i64.MIN_VALUE;
  private refusalAt: i64 = i64.MIN_VALUE;
  private lastRefusal: string = "";

  constructor(private readonly target: LeaseTarget) {}

  /** No server has answered `sent` messages since `since`. */
  silence(state: DhcpState, since: i64, sent: u32, now: i64): void {
    if (now - since < SHORT_SILENCE || now < this.silenceAt + MINUTE) return;
    this.silenceAt = now;
    const kind = state == DhcpState.Selecting ? "DISCOVER" : "REQUEST";
    const seconds = (now - since) / SECOND;
    this.write(`no answer from a server for ${seconds} s, ${kind} sent ${sent} times`);
  }

  /** Logs and returns why the lease in a message of that kind cannot be used; "" if it can. */
  refusal(kind: string, source: u32, lease: Lease, now: i64): string {
    const complaint = lease.complaint();
    if (complaint == "") return "";
    const text = `${kind} from ${formatIpv4(source)} not used: ${complaint}`;
    if (text != this.lastRefusal || now >= this.refusalAt + MINUTE) {
      this.lastRefusal = text;
      this.refusalAt = now;
      this.write(text);
    }
    return text;
  }

  /** A lease was granted, after `before`; what differs from usual is said at the first time. */
  granted(lease: Lease, before: Lease | null): void {
    const server = formatIpv4(lease.server);
    const first = before == null || before.address != lease.address;
    if (first && lease.timeAssumed) {
      this.write(`${server} gives no lease time, assuming ${lease.leaseTime} s`);
    }
    const address = `${formatIpv4(lease.address)}/${lease.prefix.toString()}`;
    log(`${this.target.name()}: DHCP lease ${address} from ${server}`);
    this.lastRefusal = "";
    this.silenceAt = i64.MIN_VALUE;
  }

  private write(text: string): void {
    log(`${this.target.name()}: DHCP: ${text}`);
  }
}

/** Returns the text for a NAK, with the message of its server (option 56). */
export function nakText(options: DhcpOptions, server: u32): string {
  const text = `DHCPNAK from ${formatIpv4(server)}`;
  const words = options.find(OPTION_MESSAGE);
  if (words == null) return text;
  return `${text}: ${escapeBytes(changetype<usize>(words), words.length as u32)}`;
}
