/** The console, put together: the shell on the serial line with every command there is. */
import { logLines } from "../../core/log";
import { PciDevice } from "../../drivers/pci/pci";
import { Uart } from "../../drivers/uart";
import { now } from "../../machine/clock";
import { NetworkStack } from "../../net/service/stack";
import { Configuration } from "../config/configuration";
import { HttpDaemon } from "../programs/httpd";
import { addNetworkCommands } from "./commands/network";
import { addSystemCommands } from "./commands/system";
import { Machine } from "./machine";
import { Shell } from "./shell";
import { StackStatus } from "./stack-status";
import { SerialWire } from "./terminal/serial-port";

/** Starts the console; what was wrong with the configuration is the first thing it says. */
export function startConsole(
  configuration: Configuration,
  machine: Machine,
  stack: NetworkStack,
  httpd: HttpDaemon,
  devices: Array<PciDevice>,
): Shell {
  const uart = new Uart();
  uart.start(configuration.baud);
  uart.connectInterrupt();
  const shell = new Shell(new SerialWire(uart), new StackStatus(stack));
  addSystemCommands(shell, machine, devices, stack.pool);
  addNetworkCommands(shell, stack, httpd);
  const earlierLines = logLines();
  for (let i = 0; i < earlierLines.length; i++) shell.printLine(earlierLines[i]);
  shell.begin(now(), configuration.run);
  const problems = configuration.problems;
  for (let i = 0; i < problems.length; i++) shell.printLine(problems[i]);
  return shell;
}
