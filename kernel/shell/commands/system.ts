/** The commands that concern the machine and the console itself. */
import { PciDevice } from "../../../drivers/pci/pci";
import { FramePool } from "../../../net/phy/pool";
import { Machine } from "../machine";
import { Shell } from "../shell";
import { Crash } from "./crash";
import { DateCommand } from "./date";
import { Dmesg } from "./dmesg";
import { Echo } from "./echo";
import { Free } from "./free";
import { Help } from "./help";
import { Clear, HistoryCommand } from "./history";
import { Hostname } from "./hostname";
import { Lspci } from "./lspci";
import { Poweroff, Reboot } from "./power";
import { Sleep } from "./sleep";
import { Uptime } from "./uptime";

export function addSystemCommands(
  shell: Shell,
  machine: Machine,
  devices: Array<PciDevice>,
  pool: FramePool,
): void {
  const registry = shell.registry;
  registry.add(new Clear());
  registry.add(new Crash());
  registry.add(new DateCommand(machine));
  registry.add(new Dmesg());
  registry.add(new Echo());
  registry.add(new Free(pool));
  registry.add(new Help(registry));
  registry.add(new HistoryCommand());
  registry.add(new Hostname(shell.network));
  registry.add(new Lspci(devices));
  registry.add(new Poweroff(machine));
  registry.add(new Reboot(machine));
  registry.add(new Sleep());
  registry.add(new Uptime(machine));
}
