/** Kernels as stations of one network, 10.0.2.0/24. */
import { Twin } from "../machine/twin.ts";
import type { Switch } from "./switch.ts";
import type { World } from "./world.ts";

/**
 * Boots a kernel with the address 10.0.2.`last` and the kernel `parameters` (NAME=VALUE, as sysctl
 * names them), and connects it.
 */
export async function station(
  world: World,
  network: Switch,
  last: number,
  parameters: string[] = [],
) {
  const name = `10.0.2.${last}`;
  const words = parameters.map((parameter) => ` sysctl.${parameter}`).join("");
  const commandLine = `ip=${name}::10.0.2.2:255.255.255.0${words}`;
  const twin = await Twin.boot({ name, commandLine, mac: [2, 0, 0, 0, 1, last] });
  return { twin: world.add(twin), port: network.connectTwin(twin) };
}
