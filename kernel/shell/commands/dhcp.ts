/** `dhcp`: the lease with every option and the time left, `renew` and `release`. */
import { NEVER, SECOND } from "../../../core/time";
import { DHCP_STATE_NAMES, DhcpClient, DhcpState } from "../../../net/service/dhcp/client";
import { describeOption, optionName } from "../../../net/service/dhcp/describe";
import { InterfaceConfigurator } from "../../../net/service/interface-configurator";
import { NetworkStack } from "../../../net/service/stack";
import { formatIpv4 } from "../../../net/wire/address";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

/** How long `renew` waits for the outcome, and for a link that was just switched on. */
const PATIENCE: i64 = 10 * SECOND;
const LINK_PATIENCE: i64 = 3 * SECOND;

/** Waits until the server has granted the lease anew. */
class RenewJob extends Job {
  private readonly grants: u32;
  private readonly startedAt: i64;

  constructor(
    private readonly shell: Shell,
    private readonly setup: InterfaceConfigurator,
  ) {
    super();
    this.grants = setup.dhcp.grants;
    this.startedAt = shell.now;
  }

  poll(now: i64): i32 {
    const client = this.setup.dhcp;
    if (client.grants != this.grants) return EXIT_OK;
    if (now < this.pollAt()) return RUNNING;
    const silent = this.setup.iface.linkUp && client.lastFailure == "";
    const why = silent ? "no answer from a DHCP server" : this.setup.reason();
    this.shell.error("dhcp", `${why}, expected a lease`);
    return EXIT_FAILURE;
  }

  pollAt(): i64 {
    return this.startedAt + (this.setup.iface.linkUp ? PATIENCE : LINK_PATIENCE);
  }
}

/** Waits until RELEASE has left. */
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
    super("dhcp", "[status|renew|release] [DEVICE]", "shows, renews or gives back the lease", [
      "dhcp",
      "dhcp renew",
      "dhcp release net0",
    ]);
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 2);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : "status";
    if (verb != "status" && verb != "renew" && verb != "release") {
      return shell.wrongUsage(this, `"${verb}" is no such request`);
    }
    const setups = this.stack.configuration.configurators;
    if (setups.length == 0)
      return shell.failed(this, this.stack.configuration.reason() + ", expected one");
    if (operands.length < 2 && verb == "status") {
      for (let i = 0; i < setups.length; i++) show(setups[i], shell);
      return shell.done();
    }
    if (operands.length < 2 && setups.length > 1) {
      return shell.wrongUsage(this, `the device to ${verb} is missing`);
    }
    const setup = this.find(operands.length > 1 ? operands[1] : setups[0].iface.name);
    if (setup == null) {
      return shell.failed(this, `there is no device ${operands[1]}, expected one of ip link`);
    }
    if (verb == "renew") return this.renew(setup, shell);
    if (verb == "release") return this.release(setup.dhcp, shell);
    show(setup, shell);
    return shell.done();
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["status", "renew", "release"] : [];
  }

  private find(name: string): InterfaceConfigurator | null {
    const setups = this.stack.configuration.configurators;
    for (let i = 0; i < setups.length; i++) if (setups[i].iface.name == name) return setups[i];
    return null;
  }

  private renew(setup: InterfaceConfigurator, shell: Shell): Job {
    const obstacle = obstacleOf(setup);
    if (obstacle != "") return shell.failed(this, obstacle);
    const client = setup.dhcp;
    const job = new RenewJob(shell, setup);
    if (client.state == DhcpState.Stopped) {
      if (!client.start(shell.now)) return shell.failed(this, client.lastFailure);
    } else if (!client.renew(shell.now)) return shell.failed(this, "the lease is being released");
    return job;
  }

  private release(client: DhcpClient, shell: Shell): Job {
    if (client.lease == null) return shell.failed(this, "there is no lease, expected one");
    client.release(shell.now);
    return new ReleaseJob(client);
  }
}

/** Why nothing can be sent to a server, or "". */
function obstacleOf(setup: InterfaceConfigurator): string {
  const name = setup.iface.name;
  if (!setup.iface.up) return `${name} is down, expected ip link set ${name} up`;
  const lease = setup.dhcp.lease;
  // Without a lease, or the address that it is for, any server is asked, by broadcast.
  if (lease == null || !setup.holds(lease)) return "";
  if (setup.ip.sourceAddress(lease.server) != 0) return "";
  return `Network is unreachable: ${formatIpv4(lease.server)}, expected a route to the server`;
}

function show(setup: InterfaceConfigurator, shell: Shell): void {
  const client = setup.dhcp;
  shell.printLine(`${setup.iface.name}: ${DHCP_STATE_NAMES[client.state]}`);
  const lease = client.lease;
  if (lease == null) {
    if (client.attempts > 0) shell.printLine(`  attempts: ${client.attempts}`);
    if (client.lastFailure != "") shell.printLine(`  last failure: ${client.lastFailure}`);
    return;
  }
  const now = shell.now;
  shell.printLine(`  address: ${formatIpv4(lease.address)}/${lease.prefix}`);
  shell.printLine(`  server: ${formatIpv4(lease.server)}`);
  shell.printLine(`  T1 (renewal) in: ${left(lease.t1At, now)}`);
  shell.printLine(`  T2 (rebinding) in: ${left(lease.t2At, now)}`);
  shell.printLine(`  expiry in: ${left(lease.expiresAt, now)}`);
  shell.printLine("  options:");
  for (let i = 0; i < lease.options.list.length; i++) {
    const option = lease.options.list[i];
    shell.printLine(`    ${optionName(option.code)}: ${describeOption(option)}`);
  }
}

function left(at: i64, now: i64): string {
  if (at == NEVER) return "never";
  return at <= now ? "now" : `${(at - now) / SECOND} s`;
}
