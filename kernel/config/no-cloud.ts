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
import { Configuration, NO_CLOUD, Source } from "./configuration";
import { hostnameOf } from "./meta-data";
import { UserDataText, UserDataUse } from "./user-data-text";

/** In whatever case. */
const LABEL: string = "cidata";
const USER_DATA: string = "user-data";
const META_DATA: string = "meta-data";
/** Files of cloud-init that have no effect here. */
const UNUSED: StaticArray<string> = ["network-config", "vendor-data"];

/**
 * Searches the disks for a cidata volume and takes the user data of the first. With one, no
 * metadata service is asked. Returns the host name that the volume offers, or "".
 */
export function readNoCloud(
  configuration: Configuration,
  files: BootFiles,
  devices: Array<PciDevice>,
): string {
  const disks = findDisks(devices);
  for (let i = 0; i < disks.length; i++) {
    const disk = disks[i];
    const volume = disk.start() ? findLabelled(disk) : notStarted(disk);
    const hostname = volume == null ? "" : readVolume(configuration, files, volume);
    disk.stop();
    if (volume == null) continue;
    configuration.dataSource = NO_CLOUD;
    return hostname;
  }
  if (configuration.dataSource == NO_CLOUD)
    log(`cmdline: ds=${NO_CLOUD}: no ${LABEL} volume found`);
  return "";
}

/** Uses the host name that a volume offers, if no other source has set one. */
export function takeHostname(configuration: Configuration, name: string): void {
  if (name == "" || configuration.hostname != "") return;
  log(`${LABEL}: host name ${name}`);
  configuration.setHostname(name, Source.Default);
}

/** Logs that there is no medium, or that the disk does not work; but a CD drive may be empty. */
function notStarted(disk: Disk): Volume | null {
  if (!disk.optical) log(`${disk.place()}: ${disk.driverName()}: empty, or cannot be started`);
  return null;
}

/** Returns the cidata volume of a disk, or null. */
function findLabelled(disk: Disk): Volume | null {
  const reader = new MediumReader(disk);
  const volume = findVolume(reader, LABEL);
  const what = `${disk.place()}: ${disk.driverName()}, ${disk.bytes / 1024} KiB`;
  const why = reader.failure != "" ? `: ${reader.failure}` : "";
  if (volume == null) log(`${what}: no ${LABEL} volume${why}`);
  else log(`${what}: ${LABEL} volume, ${volume.kind()}`);
  return volume;
}

/** Takes the user data of a volume. Returns the host name that it offers, or "". */
function readVolume(configuration: Configuration, files: BootFiles, volume: Volume): string {
  const userData = fileOf(volume, USER_DATA);
  const metaData = fileOf(volume, META_DATA);
  const given = userData != null && userData.length > 0;
  if (userData != null && given) takeUserData(configuration, files, userData);
  for (let i = 0; i < UNUSED.length; i++) {
    if (volume.find(UNUSED[i]) != null) log(`${LABEL}: ${UNUSED[i]}: not used`);
  }
  if (volume.failure != "") log(`${LABEL}: ${volume.failure}`);
  else if (!given) log(`${LABEL}: no ${USER_DATA}`);
  return metaData == null ? "" : hostnameOf(metaData);
}

/** Returns a file of the volume; null if there is none or it cannot be read. */
function fileOf(volume: Volume, name: string): BootFile | null {
  const file = volume.find(name);
  if (file == null) return null;
  const bytes = volume.read(file, CONFIG_FILE_BYTES);
  return bytes == null ? null : new BootFile(bytes, file.length);
}

function takeUserData(configuration: Configuration, files: BootFiles, data: BootFile): void {
  const text = new UserDataText(data);
  const what = `${LABEL}: ${data.length} bytes of ${USER_DATA}`;
  const use = text.accept(what, configuration.fixedFile);
  if (use == UserDataUse.Script) configuration.script = text.script;
  if (use == UserDataUse.Settings) files.seed = data;
}
