/**
 * NoCloud, as cloud-init calls it: a disk with a volume labelled cidata, whose file user-data has
 * settings or a script, and whose file meta-data has a host name. What is wrong with a disk is one
 * line of the log.
 */
import { CONFIG_FILE_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { MediumReader } from "../../core/volume/medium";
import { findVolume } from "../../core/volume/search";
import { Volume } from "../../core/volume/volume";
import { Disk } from "../../drivers/disk";
import { findDisks } from "../../drivers/disk-probe";
import { PciDevice } from "../../drivers/pci/pci";
import { BootFile } from "./boot-file";
import { BootFiles } from "./boot-files";
import { CONFIG_FILE, Configuration, NO_CLOUD, Source } from "./configuration";
import { hostnameOf } from "./meta-data";
import { USER_DATA_FORMATS, UserDataText } from "./user-data-text";

/** In whatever case. */
const LABEL: string = "cidata";
const USER_DATA: string = "user-data";
const META_DATA: string = "meta-data";
/** Files of cloud-init that have no effect here. */
const UNUSED: StaticArray<string> = ["network-config", "vendor-data"];

/**
 * Searches the disks for a cidata volume and takes the settings of the first. With one, no metadata
 * service is asked.
 */
export function readNoCloud(
  configuration: Configuration,
  files: BootFiles,
  devices: Array<PciDevice>,
): void {
  const disks = findDisks(devices);
  for (let i = 0; i < disks.length; i++) {
    const disk = disks[i];
    const found = disk.start() && readDisk(configuration, files, disk);
    disk.stop();
    if (!found) continue;
    configuration.dataSource = NO_CLOUD;
    return;
  }
}

/** Returns whether the disk has a cidata volume. */
function readDisk(configuration: Configuration, files: BootFiles, disk: Disk): bool {
  const reader = new MediumReader(disk);
  const volume = findVolume(reader, LABEL);
  const what = `${disk.place()}: ${disk.driverName()}, ${disk.bytes / 1024} KiB`;
  if (volume == null) {
    log(`${what}: no ${LABEL} volume${reader.failure != "" ? `: ${reader.failure}` : ""}`);
    return false;
  }
  log(`${what}: ${LABEL} volume, ${volume.kind()}`);
  const userData = fileOf(volume, USER_DATA);
  const metaData = fileOf(volume, META_DATA);
  if (userData != null) takeUserData(configuration, files, userData);
  if (metaData != null) {
    const hostname = hostnameOf(metaData);
    if (hostname != "") {
      log(`${LABEL}: host name ${hostname}`);
      configuration.setHostname(hostname, Source.Default);
    }
  }
  for (let i = 0; i < UNUSED.length; i++) {
    if (volume.find(UNUSED[i]) != null) log(`${LABEL}: ${UNUSED[i]}: not used`);
  }
  if (reader.failure != "") log(`${LABEL}: ${reader.failure}`);
  else if (userData == null) log(`${LABEL}: no ${USER_DATA}`);
  return true;
}

/** Returns a file of the volume; null if there is none or it cannot be read. */
function fileOf(volume: Volume, name: string): BootFile | null {
  const file = volume.find(name);
  if (file == null) return null;
  const bytes = volume.read(file, CONFIG_FILE_BYTES);
  return bytes == null ? null : new BootFile(bytes, file.length);
}

function takeUserData(configuration: Configuration, files: BootFiles, data: BootFile): void {
  const what = `${LABEL}: ${data.length} bytes of ${USER_DATA}`;
  const text = new UserDataText(data);
  if (data.length > (data.bytes.length as u32)) {
    log(`${what}: ignored, expected at most ${CONFIG_FILE_BYTES}`);
  } else if (text.script != "") {
    log(`${what}: running them`);
    configuration.script = text.script;
  } else if (text.unsupported != "") {
    log(`${what}: ${text.unsupported}: not supported, expected ${USER_DATA_FORMATS}`);
  } else if (configuration.fixedFile) {
    log(`${what}: ignored, as there is a boot module ${CONFIG_FILE}`);
  } else {
    log(`${what}: applying them as ${CONFIG_FILE}`);
    files.seed = data;
  }
}
