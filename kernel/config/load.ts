/** Loads the boot configuration: the command line, a disk, anonymos.conf, hosts and run. */
import { CONFIG_FILE_BYTES, LINE_LENGTH } from "../../core/limits";
import { log } from "../../core/log";
import { PciDevice } from "../../drivers/pci/pci";
import { commandLine, findModule, loaderName } from "../../machine/boot";
import { BootFiles } from "./boot-files";
import { readCommandLine } from "./command-line";
import { readConfigFile } from "./config-file";
import { CONFIG_FILE, Configuration, NO_CLOUD } from "./configuration";
import { readHostsFile } from "./hosts-file";
import { readNoCloud, takeHostname } from "./no-cloud";

const HOSTS_FILE: string = "hosts";
const RUN_FILE: string = "run";
/** Files that are read later, when TLS starts. */
const TLS_FILES: StaticArray<string> = [
  "ca.pem",
  "crl.pem",
  "client.pem",
  "client.key",
  "server.pem",
  "server.key",
];

/**
 * Reads the configuration from the boot loader, the hypervisor and a disk: a CD on IDE or a virtio
 * disk, which is one of `devices` or not on PCI. Errors are in `problems`; those of the disk are
 * logged instead.
 */
export function loadConfiguration(files: BootFiles, devices: Array<PciDevice>): Configuration {
  const configuration = new Configuration();
  readCommandLine(configuration, commandLine(), loaderName());
  const smbios = files.smbios;
  if (smbios.product != "") log(`machine: ${smbios.manufacturer} ${smbios.product}`);
  configuration.fixedFile = findModule(CONFIG_FILE) != null;
  const searched = configuration.usesSource(NO_CLOUD);
  const offered = searched ? readNoCloud(configuration, files, devices) : "";
  const file = files.find(CONFIG_FILE, CONFIG_FILE_BYTES);
  if (file != null) {
    readConfigFile(configuration, file.bytes, file.length);
    configuration.hasFile = true;
  }
  takeHostname(configuration, offered);
  const hosts = files.find(HOSTS_FILE, CONFIG_FILE_BYTES);
  if (hosts != null) readHostsFile(configuration, hosts.bytes);
  if (configuration.run == "") {
    const run = files.find(RUN_FILE, LINE_LENGTH);
    if (run != null) configuration.run = run.text().trim();
  }
  reportOthers(configuration, files);
  return configuration;
}

/** Reports the modules that configure nothing. */
function reportOthers(configuration: Configuration, files: BootFiles): void {
  const modules = files.modules;
  for (let i = 0; i < modules.length; i++) {
    const name = modules[i].name;
    if (name == CONFIG_FILE || name == HOSTS_FILE || name == RUN_FILE) continue;
    if (TLS_FILES.includes(name)) continue;
    const known = `${CONFIG_FILE}, ${HOSTS_FILE}, ${RUN_FILE} or one of ${TLS_FILES.join(", ")}`;
    configuration.problems.push(
      `module "${name}": used only by curl (for example -T ${name}), as its name is not ${known}`,
    );
  }
}
