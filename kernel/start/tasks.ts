/** Starts what the kernel polls after the network stack: the console and user programs. */
import { PollableList } from "../../core/pollable";
import { startPrograms } from "../../core/program";
import { PciDevice } from "../../drivers/pci/pci";
import { now } from "../../machine/clock";
import { NetworkStack } from "../../net/service/stack";
import { Configuration } from "../config/configuration";
import { Daemons } from "../programs/daemons";
import { startConsole } from "./console";
import { HostMachine } from "./host-machine";

/**
 * Starts the console, then the user programs (core/program.ts). Returns them in the order in which
 * to poll them.
 */
export function startTasks(
  configuration: Configuration,
  host: HostMachine,
  stack: NetworkStack,
  daemons: Daemons,
  devices: Array<PciDevice>,
): PollableList {
  const tasks = new PollableList();
  tasks.add(startConsole(configuration, host, stack, daemons, devices));
  startPrograms(tasks, now());
  return tasks;
}
