/**
 * dhcp [status|renew|release|inform] [DEVICE]
 *
 * Shows, renews or releases the DHCP lease. `status` prints what the lease configures, the time
 * left until T1, T2 and expiry (RFC 2131 section 4.4.5), and all of its options (RFC 2132). Without
 * DEVICE, `status` shows every device; the other verbs need DEVICE if there are several. On
 * Linux, `dhclient`, `dhclient -r`, `dhcpcd --inform` and `networkctl renew` do this.
 *
 * `renew` starts the client if it is not running, ends `inform`, restores an address or route that
 * was deleted on the console, and returns when the server has granted the lease. If anonymos.conf
 * has DHCP=inform, it sends INFORM again instead. `release` returns when DHCPRELEASE has been sent,
 * as servers do not reply to it; the client is then stopped. `inform` keeps an address that was set
 * by hand, asks servers only for options (section 4.4.3), and returns when one has replied;
 * `release` ends it.
 *
 * Exit codes: 0 success; 1 no such device, no lease, no address, no route, no reply, or the device
 * is down; 2 wrong usage; 130 interrupted.
 */
import { NEVER, SECOND } from "../../../core/time";
import { DHCP_STATE_NAMES, DhcpClient, DhcpState } from "../../../net/service/dhcp/client";
import { describeOption, optionName } from "../../../net/service/dhcp/describe";
import { Lease } from "../../../net/service/dhcp/lease";
import { isInform } from "../../../net/service/dhcp/state";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { LeaseSettings } from "../../../net/service/lease-settings";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4, Ipv4Address } from "../../../net/wire/address";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

const VERBS: StaticArray<string> = ["status", "renew", "release", "inform"];
/** Microseconds that `renew` and `inform` wait; a DISCOVER or INFORM is sent twice by then. */
const PATIENCE: i64 = 10 * SECOND;
/** Microseconds that they wait for the link: negotiation takes about 2 s. */
const LINK_PATIENCE: i64 = 3 * SECOND;

/** Waits until a server has granted a lease, or has replied to INFORM. */
class ReplyJob extends Job {
  /** Leases granted before the command; another grant is success, even of the same lease. */
  private readonly grants: u32;
  private readonly startedAt: i64;

  constructor(
    private readonly session: Session,
    private readonly setup: InterfaceConfigurator,
  ) {
    super();
    this.grants = setup.dhcp.grants;
    this.startedAt = session.now;
  }

  poll(now: i64): i32 {
    const client = this.setup.dhcp;
    if (client.grants != this.grants) return EXIT_OK;
    if (now < this.pollAt()) return RUNNING;
    const silent = this.setup.iface.linkUp && client.lastFailure == "";
    const why = silent ? "no answer from a DHCP server" : this.setup.reason();
    this.session.error("dhcp", why);
    return EXIT_FAILURE;
  }

  pollAt(): i64 {
    return this.startedAt + (this.setup.iface.linkUp ? PATIENCE : LINK_PATIENCE);
  }
}

/** Waits until DHCPRELEASE has been sent. */
class ReleaseJob extends Job {
  constructor(private readonly client: DhcpClient) {
    super();
  }

  poll(_now: i64): i32 {
    return this.client.state == DhcpState.Stopped ? EXIT_OK : RUNNING;
  }
}

export class Dhcp extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("dhcp", `[${VERBS.join("|")}] [DEVICE]`, "shows, renews or releases the lease", [
      "dhcp",
      "dhcp renew",
      "dhcp release net0",
      "dhcp inform",
    ]);
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 2);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : "status";
    if (!VERBS.includes(verb)) {
      return this.wrongUsage(session, `unknown verb '${printable(verb)}'`);
    }
    const setups = this.stack.configuration.configurators;
    if (setups.length == 0) return this.failed(session, this.stack.configuration.reason());
    if (operands.length < 2 && verb == "status") {
      for (let i = 0; i < setups.length; i++) show(setups[i], session);
      return this.done();
    }
    if (operands.length < 2 && setups.length > 1) {
      return this.wrongUsage(session, `${verb}: there are several devices, name one`);
    }
    const setup = this.find(operands.length > 1 ? operands[1] : setups[0].iface.name);
    if (setup == null) {
      return this.failed(session, `Cannot find device "${printable(operands[1])}"`);
    }
    if (verb == "renew") return this.renew(setup, session);
    if (verb == "release") return this.release(setup.dhcp, session);
    if (verb == "inform") return this.inform(setup, session);
    show(setup, session);
    return this.done();
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? VERBS.slice(0) : [];
  }

  /** Returns the configurator of a device, or null if there is no such device. */
  private find(name: string): InterfaceConfigurator | null {
    const setups = this.stack.configuration.configurators;
    for (let i = 0; i < setups.length; i++) if (setups[i].iface.name == name) return setups[i];
    return null;
  }

  private renew(setup: InterfaceConfigurator, session: Session): Job {
    const obstacle = obstacleOf(setup);
    if (obstacle != "") return this.failed(session, obstacle);
    const client = setup.dhcp;
    const job = new ReplyJob(session, setup);
    // `dhcp inform` replaced what the configuration says; `renew` returns to it.
    if (isInform(client.state) && !setup.settings.inform) client.stop();
    if (client.state == DhcpState.Stopped) {
      if (!setup.startDhcp(session.now)) return this.failed(session, client.lastFailure);
    } else if (!client.renew(session.now))
      return this.failed(session, "the lease is being released");
    return job;
  }

  private inform(setup: InterfaceConfigurator, session: Session): Job {
    const obstacle = obstacleOf(setup);
    if (obstacle != "") return this.failed(session, obstacle);
    const name = setup.iface.name;
    if (setup.ownAddress() == null)
      return this.failed(session, `${name} has no address (try: ip addr add)`);
    const client = setup.dhcp;
    const lease = client.lease;
    if (lease != null && !lease.informed) {
      return this.failed(session, `the address of ${name} is a lease's (try: dhcp renew)`);
    }
    const job = new ReplyJob(session, setup);
    return client.inform(session.now) ? job : this.failed(session, client.lastFailure);
  }

  /** Releases the lease, or ends INFORM. A client that is still looking for a server goes on. */
  private release(client: DhcpClient, session: Session): Job {
    if (client.lease == null && !isInform(client.state)) return this.failed(session, "no lease");
    client.release(session.now);
    return new ReleaseJob(client);
  }
}

/** Returns why no request can be sent to a server, or "". */
function obstacleOf(setup: InterfaceConfigurator): string {
  const name = setup.iface.name;
  if (!setup.iface.up) return `${name} is down (try: ip link set ${name} up)`;
  const lease = setup.dhcp.lease;
  // Without a lease, or without its address, the request is broadcast to any server.
  if (lease == null || lease.informed || !setup.holds(lease)) return "";
  if (!setup.ip.pathTo(lease.server).source.isUnspecified) return "";
  return `Network is unreachable: no route to the server ${formatIpv4(lease.server)}`;
}

/** Prints the state and the lease; without a lease, the number of attempts and the last failure. */
function show(setup: InterfaceConfigurator, session: Session): void {
  const client = setup.dhcp;
  session.printLine(`${setup.iface.name}: ${DHCP_STATE_NAMES[client.state]}`);
  const lease = client.lease;
  if (lease == null) {
    if (client.attempts > 0) session.printLine(`  attempts: ${client.attempts}`);
    if (client.lastFailure != "") session.printLine(`  last failure: ${client.lastFailure}`);
    return;
  }
  const byHand = lease.informed ? " (set by hand)" : "";
  session.printLine(`  address: ${formatIpv4(lease.address)}/${lease.prefix}${byHand}`);
  session.printLine(`  server: ${formatIpv4(lease.server)}`);
  showSettings(lease, setup.settings.lease, session);
  if (!lease.informed) showTimes(lease, session);
  session.printLine("  options:");
  for (let i = 0; i < lease.options.list.length; i++) {
    const option = lease.options.list[i];
    session.printLine(`    ${optionName(option.code)}: ${describeOption(option)}`);
  }
}

/** Prints what the lease configures, and what anonymos.conf says not to use. */
function showSettings(lease: Lease, use: LeaseSettings, session: Session): void {
  const router = lease.defaultRouter();
  const limited = lease.givenMtu > lease.mtu ? ` (limited from ${lease.givenMtu})` : "";
  const mtu = lease.mtu > 0 ? `${lease.mtu}${limited}` : "";
  const routerKey = use.useGateway == 0 ? "Gateway" : "Routes";
  setting("router", router == 0 ? "" : formatIpv4(router), use.takesRoute(0), routerKey, session);
  setting("DNS", addresses(lease.nameServers), use.useDns, "DNS", session);
  const domainKey = use.useDomains == 0 ? "Domains" : "DNS";
  const domains = lease.searchDomains().join(" ");
  setting("search domains", domains, use.takesDomains(), domainKey, session);
  setting("NTP", addresses(lease.timeServers), use.useNtp, "NTP", session);
  setting("host name", lease.hostname, use.useHostname, "Hostname", session);
  setting("MTU", mtu, use.useMtu, "MTU", session);
  setting("captive portal", lease.captivePortal, true, "", session);
}

/** Prints a setting unless it is ""; `key` is that of [DHCPv4] without its "Use". */
function setting(label: string, value: string, used: bool, key: string, session: Session): void {
  if (value == "") return;
  session.printLine(`  ${label}: ${value}${used ? "" : ` (not used: Use${key}=no)`}`);
}

function showTimes(lease: Lease, session: Session): void {
  const now = session.now;
  session.printLine(`  T1 (renewal) in: ${timeLeft(lease.t1At, now)}`);
  session.printLine(`  T2 (rebinding) in: ${timeLeft(lease.t2At, now)}`);
  session.printLine(`  expiry in: ${timeLeft(lease.expiresAt, now)}`);
}

function addresses(list: Array<Ipv4Address>): string {
  const words: Array<string> = [];
  for (let i = 0; i < list.length; i++) words.push(formatIpv4(list[i]));
  return words.join(" ");
}

/** Returns "86395 s", "now", or "never" for an infinite lease (RFC 2131 section 3.3). */
function timeLeft(at: i64, now: i64): string {
  if (at == NEVER) return "never";
  return at <= now ? "now" : `${(at - now) / SECOND} s`;
}
