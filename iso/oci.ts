/**
 * An OCI image layout (image-spec 1.0) with one layer: KubeVirt's containerDisk, a container image
 * with the disk of a virtual machine in /disk. No container runtime is needed to make it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { tar } from "./tar.ts";

/** The user as which KubeVirt runs QEMU. */
const QEMU_USER = 107;
const TYPE = "application/vnd.oci.image";

interface Blob {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes the layout to `folder`; `time` is the image's date, in seconds since 1970. */
export function writeContainerDisk(
  folder: string,
  name: string,
  disk: Uint8Array,
  time: number,
): void {
  const blobs = `${folder}/blobs/sha256`;
  mkdirSync(blobs, { recursive: true });
  const blob = (mediaType: string, content: Uint8Array): Blob => {
    const hash = createHash("sha256").update(content).digest("hex");
    writeFileSync(`${blobs}/${hash}`, content);
    return { mediaType, digest: `sha256:${hash}`, size: content.length };
  };
  const document = (type: string, value: object) => blob(type, Buffer.from(JSON.stringify(value)));

  const entries = [
    { name: "disk/", mode: 0o755, id: QEMU_USER },
    { name: `disk/${name}`, mode: 0o440, id: QEMU_USER, content: disk },
  ];
  const layer = blob(`${TYPE}.layer.v1.tar`, tar(entries, time));
  const created = new Date(time * 1000).toISOString().replace(".000", "");
  const config = document(`${TYPE}.config.v1+json`, {
    created,
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [layer.digest] },
    history: [{ created, created_by: "make images" }],
  });
  const manifestType = `${TYPE}.manifest.v1+json`;
  const manifest = document(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config,
    layers: [layer],
  });
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  const platform = { architecture: "amd64", os: "linux" };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] };
  writeFileSync(`${folder}/index.json`, JSON.stringify(index));
  writeFileSync(`${folder}/oci-layout`, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}
