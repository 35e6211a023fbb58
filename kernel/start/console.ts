/** Starts the console: the shell on the first serial port, with all its commands. */
import { logLines } from "../../core/log";
import { PciDevice } from "../../drivers/pci/pci";
import { Uart } from "../../drivers/uart";
import { now } from "../../machine/clock";
import { NetworkStack } from "../../net/service/stack";
import { Configuration } from "../config/configuration";
import { Daemons } from "../programs/daemons";
import { addNetworkCommands } from "../shell/commands/network";
import { addSystemCommands } from "../shell/commands/system";
import { Shell } from "../shell/shell";
import { UartPort } from "../shell/terminal/uart-port";
import { HostMachine } from "./host-machine";
import { StackStatus } from "./stack-status";

/** Starts the shell, printing the log so far and then the problems of the configuration. */
export function startConsole(
  configuration: Configuration,
  host: HostMachine,
  stack: NetworkStack,
  daemons: Daemons,
  devices: Array<PciDevice>,
): Shell {
  const uart = new Uart();
  uart.start(configuration.baud);
  uart.connectInterrupt();
  const shell = new Shell(new UartPort(uart), new StackStatus(stack));
  addSystemCommands(shell.registry, host, host.time, devices, stack.pool);
  addNetworkCommands(shell.registry, stack, daemons);
  const earlierLines = logLines();
  for (let i = 0; i < earlierLines.length; i++) shell.session.printLine(earlierLines[i]);
  shell.begin(now(), configuration.run);
  const problems = configuration.problems;
  for (let i = 0; i < problems.length; i++) shell.session.printLine(problems[i]);
  return shell;
}
