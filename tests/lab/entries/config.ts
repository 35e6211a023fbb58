/** The boot parameters, anonymos.conf and hosts, parsed by the kernel and printed as text. */
import { readCommandLine } from "../../../kernel/config/command-line";
import { readConfigFile } from "../../../kernel/config/config-file";
import { Configuration } from "../../../kernel/config/configuration";
import { readHostsFile } from "../../../kernel/config/hosts-file";
import { Tokens } from "../../../kernel/config/tokenizer";
import { DHCP_GATEWAY, RouteSetting, RuleSetting } from "../../../net/service/routing-settings";
import { formatIpv4 } from "../../../net/wire/address";
import { textAt } from "./text";

export { allocateBytes } from "./text";

let configuration: Configuration = new Configuration();

export function reset(): void {
  configuration = new Configuration();
}
export function tokens(pointer: usize, length: u32): string {
  const found = new Tokens(textAt(pointer, length));
  return found.words.join("|") + (found.unterminated ? "?" : "");
}
export function commandLine(pointer: usize, length: u32, qemu: bool): void {
  readCommandLine(configuration, textAt(pointer, length), qemu ? "qemu" : "GRUB 2.06");
}
/** Sets the number of network devices. */
export function setDevices(count: i32): void {
  configuration.devices = count;
}
/** `whole` is the untruncated length of the file. */
export function file(pointer: usize, length: u32, whole: u32): void {
  const bytes = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(bytes), pointer, length);
  readConfigFile(configuration, bytes, whole);
}
export function hosts(pointer: usize, length: u32): string {
  const bytes = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(bytes), pointer, length);
  readHostsFile(configuration, bytes);
  let text = "";
  for (let i = 0; i < configuration.hosts.length; i++) {
    text += `${configuration.hosts[i].name} ${formatIpv4(configuration.hosts[i].address)}\n`;
  }
  return text;
}
export function problems(): string {
  return configuration.problems.join("\n");
}
export function reportMissing(): void {
  configuration.reportMissing();
}
export function run(): string {
  return configuration.run;
}
export function hostname(): string {
  return `${configuration.hostname} ${configuration.hostnameSource}`;
}
export function baud(): u32 {
  return configuration.console.baud;
}
/** Where the console is: bit 0 the serial port, bit 1 the screen; and 4 times its input. */
export function consoles(): u32 {
  const settings = configuration.console;
  return (settings.serial ? 1 : 0) | (settings.screen ? 2 : 0) | (settings.input << 2);
}
export function panicSeconds(): u32 {
  return configuration.panicSeconds;
}

/** The keys of a route that were added to those above: table, type, MTU, source, scope and hops. */
function rest(it: RouteSetting): string {
  let text = it.table == 254 ? "" : `(table ${it.table})`;
  if (it.type != 0) text += `(type ${it.type})`;
  if (it.mtu != 0) text += `(mtu ${it.mtu})`;
  if (it.source != 0) text += `(src ${formatIpv4(it.source)})`;
  if (it.scope >= 0) text += `(scope ${it.scope})`;
  for (let i = 0; i < it.hops.length; i++) {
    const hop = it.hops[i];
    text += `(${formatIpv4(hop.gateway)}@${hop.device} ${hop.weight})`;
  }
  return text;
}

function rule(it: RuleSetting): string {
  const own = it.rule;
  const from = `${formatIpv4(own.from)}/${own.fromPrefix}`;
  const to = `${formatIpv4(own.to)}/${own.toPrefix}`;
  const mark = `${own.mark.toString(16)}/${own.markMask.toString(16)}`;
  const tos = own.tos == 0 ? "" : `,tos ${own.tos}`;
  const input = own.input == "" ? "" : `,iif ${own.input}`;
  const output = own.output == "" ? "" : `,oif ${own.output}`;
  const priority = it.hasPriority ? own.priority.toString() : "any";
  const not = own.inverted ? "!" : "";
  const rest = `${own.table}.${own.type}~${priority}`;
  return `rule=${not}${from},${to},${mark}${tos}${input}${output}>${rest}`;
}

/** The settings of `net<index>` with this hardware address, on one line. */
export function settings(index: u32, hardware: u64): string {
  const it = configuration.settingsFor(`net${index}`, hardware);
  const parts: Array<string> = [it.inform ? "dhcp=inform" : `dhcp=${it.dhcp}`];
  for (let i = 0; i < it.addresses.length; i++) {
    parts.push(`${formatIpv4(it.addresses[i].address)}/${it.addresses[i].prefix}`);
    const peer = it.addresses[i].peer;
    if (peer != null) parts.push(`peer=${formatIpv4(peer.address)}/${peer.prefix}`);
  }
  if (it.gateway != 0) parts.push(`gateway=${formatIpv4(it.gateway)}`);
  for (let i = 0; i < it.nameServers.length; i++) {
    const server = it.nameServers[i];
    const name = server.serverName == "" ? "" : `(${server.serverName})`;
    parts.push(`dns=${formatIpv4(server.address)}#${server.port}${name}`);
  }
  for (let i = 0; i < it.routes.length; i++) {
    const route = it.routes[i];
    const to = `${formatIpv4(route.destination)}/${route.prefix}`;
    const metric = route.metric < 0 ? "" : `~${route.metric}`;
    const gateway = route.gateway == DHCP_GATEWAY ? "_dhcp4" : formatIpv4(route.gateway);
    parts.push(`route=${to}>${gateway}${metric}${route.onLink ? "!" : ""}${rest(route)}`);
  }
  for (let i = 0; i < it.rules.length; i++) parts.push(rule(it.rules[i]));
  if (it.ntpServers.length > 0) parts.push(`ntp=${it.ntpServers.join(",")}`);
  if (it.mtu > 0) parts.push(`mtu=${it.mtu}`);
  const use = it.lease;
  if (!use.sendHostname) parts.push("silent");
  if (!use.useDns) parts.push("-dns");
  if (use.takesDomains() != use.useDns) parts.push(use.useDns ? "-domains" : "+domains");
  if (it.searchDomains.length > 0) parts.push(`search=${it.searchDomains.join(",")}`);
  if (!use.useNtp) parts.push("-ntp");
  if (!use.useMtu) parts.push("-mtu");
  if (!use.useHostname) parts.push("-hostname");
  if (!use.takesRoute(24)) parts.push("-routes");
  if (!use.takesRoute(0)) parts.push("-gateway");
  if (use.routeMetric >= 0) parts.push(`metric=${use.routeMetric}`);
  return parts.join(" ");
}
