/** Starts what the kernel polls after the network stack: the console and user programs. */
import { PollableList } from "../../core/pollable";
import { startPrograms } from "../../core/program";
import { PciDevice } from "../../drivers/pci/pci";
import { now } from "../../machine/clock";
import { Smbios } from "../../machine/smbios";
import { MetadataProvider, providerNamed, providerOf } from "../../net/service/metadata/provider";
import { NetworkStack } from "../../net/service/stack";
import { BootFiles } from "../config/boot-files";
import { Configuration, DHCP_SOURCE } from "../config/configuration";
import { Daemons } from "../programs/daemons";
import { startConsole } from "./console";
import { DhcpSettings } from "./dhcp-settings";
import { HostMachine } from "./host-machine";
import { UserData } from "./user-data";

/** Returns the metadata service to ask, or null. A volume or a DHCP server is none. */
function metadataProvider(configuration: Configuration, smbios: Smbios): MetadataProvider | null {
  const name = configuration.dataSource;
  if (name != "") return providerNamed(name);
  return providerOf(smbios.manufacturer, smbios.product);
}

/**
 * Starts the console, then the user programs (core/program.ts). Returns them in the order in which
 * to poll them.
 */
export function startTasks(
  configuration: Configuration,
  files: BootFiles,
  host: HostMachine,
  stack: NetworkStack,
  daemons: Daemons,
  devices: Array<PciDevice>,
): PollableList {
  const tasks = new PollableList();
  const shell = startConsole(configuration, host, stack, daemons, devices);
  tasks.add(shell);
  const provider = metadataProvider(configuration, files.smbios);
  if (provider != null) tasks.add(new UserData(provider, configuration, stack, shell));
  else if (configuration.usesSource(DHCP_SOURCE)) {
    new DhcpSettings(tasks, configuration, stack, shell);
  }
  host.watchPowerButton(tasks);
  startPrograms(tasks, now());
  return tasks;
}
