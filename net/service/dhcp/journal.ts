/** Logs the events of a DHCP client; silence and unusable replies at most once a minute each. */
import { escapeBytes } from "../../../core/escape";
import { log } from "../../../core/log";
import { MINUTE, SECOND } from "../../../core/time";
import { formatIpv4, Ipv4Address } from "../../wire/address";
import { DhcpOptions, OPTION_MESSAGE } from "../../wire/dhcp-options";
import { Lease } from "./lease";
import { DhcpState } from "./state";
import { LeaseTarget } from "./target";

/** Shorter silences are not logged. */
const SHORT_SILENCE: i64 = 10 * SECOND;

export class DhcpJournal {
  /** Messages sent since the last reply in this exchange, and when the first of them was sent. */
  private unanswered: u32 = 0;
  private silentSince: i64 = 0;
  /** When a silence and an unusable reply were last logged. */
  private silenceAt: i64 = i64.MIN_VALUE;
  private unusableAt: i64 = i64.MIN_VALUE;

  constructor(private readonly target: LeaseTarget) {}

  /** Notes a message sent in `state`, with `lease` in use, and logs a long silence before it. */
  sent(state: DhcpState, first: bool, lease: Lease | null, now: i64): void {
    const before = first ? 0 : this.unanswered;
    this.unanswered = before + 1;
    if (before == 0) this.silentSince = now;
    const silence = now - this.silentSince;
    if (silence < SHORT_SILENCE || now < this.silenceAt + MINUTE) return;
    this.silenceAt = now;
    const kind = kindOf(state);
    const times = before == 1 ? "once" : `${before} times`;
    const unicast = state == DhcpState.Renewing && lease != null;
    const who = unicast ? formatIpv4(lease!.server) : "a server";
    this.write(`no answer from ${who} for ${silence / SECOND} s, ${kind} sent ${times}`);
  }

  /** Notes a reply that is used. */
  answered(): void {
    this.unanswered = 0;
  }

  /** Notes a reply that cannot be used; logs and returns why. */
  unusable(kind: string, source: Ipv4Address, why: string, now: i64): string {
    this.unanswered = 0;
    const text = `${kind} from ${formatIpv4(source)} not used: ${why}`;
    // Limited even if the text is new: anyone on the network can vary its addresses.
    if (now >= this.unusableAt + MINUTE) {
      this.unusableAt = now;
      this.write(text);
    }
    return text;
  }

  /**
   * Logs a new or renewed lease, or the options for an address set by hand. Also logs an assumed
   * lease time if the address is new, and a captive portal if that is new.
   */
  granted(lease: Lease, before: Lease | null): void {
    const server = formatIpv4(lease.server);
    const first = before == null || before.address != lease.address;
    if (first && lease.leaseTimeAssumed) {
      this.write(`${server} gives no lease time, assuming ${lease.leaseTime} s`);
    }
    const address = `${formatIpv4(lease.address)}/${lease.prefix.toString()}`;
    const what = lease.informed ? "DHCP options for" : "DHCP lease";
    log(`${this.target.name()}: ${what} ${address} from ${server}`);
    this.silenceAt = i64.MIN_VALUE;
    const portal = lease.captivePortal;
    if (portal != "" && (before == null || before.captivePortal != portal)) {
      log(`${this.target.name()}: captive portal: ${portal}`);
    }
  }

  private write(text: string): void {
    log(`${this.target.name()}: DHCP: ${text}`);
  }
}

/** Returns the name of the message that is sent in `state`. */
function kindOf(state: DhcpState): string {
  if (state == DhcpState.Informing) return "INFORM";
  return state == DhcpState.Selecting ? "DISCOVER" : "REQUEST";
}

/** Returns the text for a NAK, with the message of its server (option 56). */
export function nakText(options: DhcpOptions, server: Ipv4Address): string {
  const text = `DHCPNAK from ${formatIpv4(server)}`;
  const words = options.find(OPTION_MESSAGE);
  if (words == null) return text;
  return `${text}: ${escapeBytes(changetype<usize>(words), words.length as u32)}`;
}
