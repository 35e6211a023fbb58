/**
 * The files that configure this machine: the modules of the boot loader, user data of a cidata
 * volume as anonymos.conf, the files of QEMU's fw_cfg below opt/anonymos/, and the OEM strings of
 * SMBIOS of the form `anonymos:NAME=CONTENT`. For each name, the first of these that has it counts.
 * If that is not a module, the kernel's log names it.
 */
import { SMBIOS_TABLE_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { FwCfg } from "../../drivers/fw-cfg";
import { BootModule, bootModules } from "../../machine/boot";
import { readSmbios, Smbios } from "../../machine/smbios";
import { BootFile } from "./boot-file";
import { CONFIG_FILE } from "./configuration";

const FW_CFG: string = "opt/anonymos/";
const OEM: string = "anonymos:";
/** QEMU's copy of the SMBIOS tables for its firmware. Memory has none at 0xf0000 under UEFI. */
const FW_CFG_SMBIOS: string = "etc/smbios/smbios-tables";

export class BootFiles {
  readonly modules: Array<BootModule> = bootModules();
  /** The settings of a cidata volume, or null. */
  seed: BootFile | null = null;
  private readonly fwCfg: FwCfg = new FwCfg();
  readonly smbios: Smbios = new Smbios(smbiosTable(this.fwCfg));

  /** Returns a file, of which at most `limit` bytes are read, or null. */
  find(name: string, limit: u32): BootFile | null {
    for (let i = 0; i < this.modules.length; i++) {
      const module = this.modules[i];
      if (module.name == name) return new BootFile(module.read(limit), module.length);
    }
    if (name == CONFIG_FILE && this.seed != null) return this.seed;
    const bytes = this.fwCfg.read(FW_CFG + name, limit);
    if (bytes != null) {
      log(`${name}: from fw_cfg`);
      return new BootFile(bytes, this.fwCfg.lengthOf(FW_CFG + name));
    }
    const prefix = `${OEM}${name}=`;
    const strings = this.smbios.oemStrings;
    for (let i = 0; i < strings.length; i++) {
      if (!strings[i].startsWith(prefix)) continue;
      log(`${name}: from SMBIOS`);
      return fileOf(strings[i].substring(prefix.length), limit);
    }
    return null;
  }
}

/** Returns SMBIOS' table, or an empty one. */
function smbiosTable(fwCfg: FwCfg): StaticArray<u8> {
  const found = readSmbios();
  if (found.length > 0) return found;
  const passed = fwCfg.read(FW_CFG_SMBIOS, SMBIOS_TABLE_BYTES);
  return passed == null ? found : passed;
}

/** Returns a file with these characters as its bytes. */
function fileOf(text: string, limit: u32): BootFile {
  const length = text.length as u32;
  const bytes = new StaticArray<u8>(min(limit, length));
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i) as u8;
  return new BootFile(bytes, length);
}
