/** Loads the boot configuration: the command line, anonymos.conf and hosts. */
import { CONFIG_FILE_BYTES } from "../../core/limits";
import { bootModules, commandLine, loaderName } from "../../machine/boot";
import { readCommandLine } from "./command-line";
import { readConfigFile } from "./config-file";
import { CONFIG_FILE, Configuration } from "./configuration";
import { readHostsFile } from "./hosts-file";

const HOSTS_FILE: string = "hosts";
/** Modules that are read later, when TLS starts. */
const TLS_FILES: StaticArray<string> = [
  "ca.pem",
  "client.pem",
  "client.key",
  "server.pem",
  "server.key",
];

/** Reads the configuration from the boot loader. Errors are in `problems`. */
export function loadConfiguration(): Configuration {
  const configuration = new Configuration();
  readCommandLine(configuration, commandLine(), loaderName());
  const modules = bootModules();
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i];
    if (module.name == CONFIG_FILE) {
      readConfigFile(configuration, module.read(CONFIG_FILE_BYTES), module.length);
    } else if (module.name == HOSTS_FILE) {
      readHostsFile(configuration, module.read(CONFIG_FILE_BYTES));
    } else if (!TLS_FILES.includes(module.name)) {
      const known = `${CONFIG_FILE}, ${HOSTS_FILE} or one of ${TLS_FILES.join(", ")}`;
      configuration.problems.push(
        `module "${module.name}": a file for curl (-T ${module.name}), as its name is not ${known}`,
      );
    }
  }
  return configuration;
}
