/** Starts the console: the shell on serial port and screen, with all its commands. */
import { log, logLines } from "../../core/log";
import { Keyboard } from "../../drivers/keyboard";
import { PciDevice } from "../../drivers/pci/pci";
import { Uart } from "../../drivers/uart";
import { now } from "../../machine/clock";
import { screenColumns } from "../../machine/host";
import { NetworkStack } from "../../net/service/stack";
import { Configuration } from "../config/configuration";
import { ConsoleInput } from "../config/console-parameter";
import { Daemons } from "../programs/daemons";
import { addNetworkCommands } from "../shell/commands/network";
import { addSystemCommands } from "../shell/commands/system";
import { Shell } from "../shell/shell";
import { ConsolePort } from "../shell/terminal/console-port";
import { HostMachine } from "./host-machine";
import { StackStatus } from "./stack-status";

/**
 * Sets up the devices of the console. If `console=` names what the machine does not have, the
 * console is where it is without `console=`.
 */
function openPort(configuration: Configuration, host: HostMachine): ConsolePort {
  const settings = configuration.console;
  const columns = screenColumns();
  const wanted = columns > 0 && settings.input != ConsoleInput.Serial && host.mayHaveKeyboard();
  let keyboard: Keyboard | null = wanted ? new Keyboard() : null;
  if (keyboard != null && !keyboard.start()) keyboard = null;
  if (settings.input == ConsoleInput.Keyboard && keyboard == null) {
    settings.input = ConsoleInput.Both;
    settings.serial = true;
    const missing = columns == 0 ? "screen" : "keyboard";
    configuration.problems.push(
      `cmdline: console=tty0: no ${missing}, expected one; ttyS0 is used`,
    );
  }
  const uart = new Uart();
  uart.start(settings.baud);
  uart.connectInterrupt();
  return new ConsolePort(uart, keyboard, settings, columns);
}

/** Logs the problems of the configuration, and starts the shell, which prints the log so far. */
export function startConsole(
  configuration: Configuration,
  host: HostMachine,
  stack: NetworkStack,
  daemons: Daemons,
  devices: Array<PciDevice>,
): Shell {
  const port = openPort(configuration, host);
  const problems = configuration.problems;
  for (let i = 0; i < problems.length; i++) log(problems[i]);
  const shell = new Shell(port, new StackStatus(stack));
  addSystemCommands(shell.registry, host, host.time, devices, stack.pool);
  addNetworkCommands(shell.registry, stack, daemons);
  const earlierLines = logLines();
  for (let i = 0; i < earlierLines.length; i++) shell.session.printLine(earlierLines[i]);
  shell.begin(now(), configuration.run);
  if (configuration.script != "") shell.runScript(configuration.script);
  return shell;
}
