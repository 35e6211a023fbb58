/** Registers the network commands. */
import { NetworkStack } from "../../../net/service/stack";
import { KernelParameters } from "../../config/kernel-parameters";
import { Daemons } from "../../programs/daemons";
import { Registry } from "../registry";
import { Ca } from "./ca";
import { Check } from "./check";
import { Curl } from "./curl";
import { Dhcp } from "./dhcp";
import { Dig } from "./dig";
import { Host } from "./host";
import { Hostname } from "./hostname";
import { Httpd } from "./httpd";
import { Ip } from "./ip";
import { Iperf3 } from "./iperf3";
import { Nc } from "./nc";
import { Netstat } from "./netstat";
import { Nslookup } from "./nslookup";
import { Nstat } from "./nstat";
import { Ntp } from "./ntp";
import { Ping } from "./ping";
import { Resolvectl } from "./resolvectl";
import { Rpc } from "./rpc";
import { SelfTest } from "./selftest";
import { Sock } from "./sock";
import { Ss } from "./ss";
import { Sysctl } from "./sysctl";
import { Tc } from "./tc";
import { Tcpdump } from "./tcpdump";
import { Tls } from "./tls";

export function addNetworkCommands(
  registry: Registry,
  stack: NetworkStack,
  daemons: Daemons,
): void {
  registry.add(new Ca(stack));
  registry.add(new Check(stack));
  registry.add(new Curl(stack));
  registry.add(new Dhcp(stack));
  registry.add(new Dig(stack));
  registry.add(new Hostname(stack));
  registry.add(new Host(stack));
  registry.add(new Httpd(stack, daemons.httpd));
  registry.add(new Ip(stack));
  registry.add(new Iperf3(stack, daemons.iperf3));
  registry.add(new Nc(stack));
  registry.add(new Netstat(stack));
  registry.add(new Nslookup(stack));
  registry.add(new Nstat(stack));
  registry.add(new Ntp(stack));
  registry.add(new Ping(stack));
  registry.add(new Resolvectl(stack));
  registry.add(new Rpc(stack));
  registry.add(new SelfTest());
  registry.add(new Sock(stack));
  registry.add(new Ss(stack));
  registry.add(new Sysctl(new KernelParameters(stack.ip.tcp.settings)));
  registry.add(new Tc(stack));
  registry.add(new Tcpdump(stack));
  registry.add(new Tls(stack));
}
