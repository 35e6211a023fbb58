/** The whole configuration that the boot loader brought: the command line and anonymos.conf. */
import { CONFIG_FILE_BYTES } from "../limits";
import { bootModules, commandLine, loaderName } from "../machine/boot";
import { readCommandLine } from "./command-line";
import { readConfigFile } from "./config-file";
import { Configuration } from "./configuration";

const CONFIG_FILE: string = "anonymos.conf";

export function loadConfiguration(): Configuration {
  const configuration = new Configuration();
  readCommandLine(configuration, commandLine(), loaderName());
  const modules = bootModules();
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i];
    if (module.name != CONFIG_FILE) continue;
    readConfigFile(configuration, module.read(CONFIG_FILE_BYTES), module.length);
  }
  return configuration;
}
