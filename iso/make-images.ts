/**
 * Makes disk images for hypervisors and clouds from the ISO, which boots from a disk as well.
 *     SOURCE_DATE_EPOCH=... node --import tsx iso/make-images.ts ISO FOLDER
 *
 * The same ISO makes the same bytes:
 *     anonymos.raw, .qcow2, .vmdk     the disk
 *     anonymos-gce.tar.gz             Google Compute Engine: disk.raw, of 1 GiB
 *     oci/                            an OCI image layout for KubeVirt: a containerDisk
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { qcow2, vmdk } from "./disks.ts";
import { writeContainerDisk } from "./oci.ts";
import { gzip, tar } from "./tar.ts";

const NAME = "anonymos";
const MIB = 1 << 20;
/** Google Compute Engine takes multiples of this. */
const GIB = 1 << 30;

const [iso, folder] = process.argv.slice(2);
const time = Number(process.env.SOURCE_DATE_EPOCH ?? Number.NaN);
if (!Number.isSafeInteger(time)) throw new Error("SOURCE_DATE_EPOCH is not set");
const content = readFileSync(iso);
const raw = Buffer.alloc(Math.ceil(content.length / MIB) * MIB);
content.copy(raw);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const disk = qcow2(raw);
const google = { name: "disk.raw", content: raw, mode: 0o644, id: 0, sparseSize: GIB };
writeFileSync(`${folder}/${NAME}.raw`, raw);
writeFileSync(`${folder}/${NAME}.qcow2`, disk);
writeFileSync(`${folder}/${NAME}.vmdk`, vmdk(raw, `${NAME}.vmdk`));
writeFileSync(`${folder}/${NAME}-gce.tar.gz`, gzip(tar([google], time)));
writeContainerDisk(`${folder}/oci`, `${NAME}.qcow2`, disk, time);
