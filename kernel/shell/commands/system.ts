/** Registers the commands for the machine and the console. */
import { TimeOfDay } from "../../../core/time-of-day";
import { PciDevice } from "../../../drivers/pci/pci";
import { FramePool } from "../../../net/phy/pool";
import { PowerControl } from "../power-control";
import { Registry } from "../registry";
import { Crash } from "./crash";
import { DateCommand } from "./date";
import { Dmesg } from "./dmesg";
import { Echo } from "./echo";
import { Free } from "./free";
import { Help } from "./help";
import { Clear, HistoryCommand } from "./history";
import { Lsirq } from "./lsirq";
import { Lspci } from "./lspci";
import { Poweroff, Reboot } from "./power";
import { Sleep } from "./sleep";
import { Uptime } from "./uptime";

export function addSystemCommands(
  registry: Registry,
  power: PowerControl,
  time: TimeOfDay,
  devices: Array<PciDevice>,
  pool: FramePool,
): void {
  registry.add(new Clear());
  registry.add(new Crash());
  registry.add(new DateCommand(time));
  registry.add(new Dmesg());
  registry.add(new Echo());
  registry.add(new Free(pool));
  registry.add(new Help(registry));
  registry.add(new HistoryCommand());
  registry.add(new Lsirq());
  registry.add(new Lspci(devices));
  registry.add(new Poweroff(power));
  registry.add(new Reboot(power));
  registry.add(new Sleep());
  registry.add(new Uptime(time));
}
