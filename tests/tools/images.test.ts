/** Disk images for hypervisors and clouds: what tools other than ours read from them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { root } from "../lab/host/process.ts";
import { Random } from "../lab/random.ts";

/** A stand-in for the ISO: data, holes of zeros, and no whole number of clusters. */
function isoBytes(): Buffer {
  const bytes = Buffer.alloc(3_456_789);
  const random = new Random(7);
  random.bytes(200_000).copy(bytes, 0);
  random.bytes(300_000).copy(bytes, 1_000_000);
  random.bytes(100).copy(bytes, bytes.length - 100);
  return bytes;
}

suite("make images", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-images-"));
  const out = join(folder, "out");
  const iso = join(folder, "iso");

  function run(program: string, ...words: string[]): string {
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1700000000", TZ: "UTC0", LC_ALL: "C" };
    const { status, stdout, stderr } = spawnSync(program, words, {
      cwd: root,
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, `${program} ${words.join(" ")}: ${stderr}`);
    return stdout;
  }
  const make = (to: string) => run("node", "--import", "tsx", "iso/make-images.ts", iso, to);
  /** The paths of all files below a folder, and their hashes. */
  const hashes = (at: string) =>
    (readdirSync(at, { recursive: true }) as string[])
      .filter((name) => statSync(join(at, name)).isFile())
      .map((name) => [name, hash(readFileSync(join(at, name)))]);
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  before(() => {
    writeFileSync(iso, isoBytes());
    make(out);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("the raw disk is the ISO, filled up to a MiB", () => {
    const raw = readFileSync(`${out}/anonymos.raw`);
    assert.equal(raw.length % (1 << 20), 0);
    const bytes = isoBytes();
    assert.ok(raw.subarray(0, bytes.length).equals(bytes));
    assert.ok(raw.subarray(bytes.length).every((byte) => byte === 0));
  });

  for (const format of ["qcow2", "vmdk"]) {
    test(`qemu-img reads the ${format} image, and finds no fault`, () => {
      const path = `${out}/anonymos.${format}`;
      const raw = `${out}/anonymos.raw`;
      run("qemu-img", "check", "-f", format, path);
      run("qemu-img", "compare", "-f", format, "-F", "raw", path, raw);
      const info = JSON.parse(run("qemu-img", "info", "-f", format, "--output=json", path));
      assert.equal(info["virtual-size"], statSync(raw).size);
      // Zeros are left out: most of this disk.
      assert.ok(statSync(path).size < statSync(raw).size * 0.7);
    });
  }

  test("tar unpacks Google's archive to a sparse disk of 1 GiB", () => {
    const list = run("tar", "-tvzf", `${out}/anonymos-gce.tar.gz`);
    assert.match(list, /^-rw-r--r-- 0\/0 +1073741824 2023-11-14 22:13 disk\.raw\n$/);
    run("tar", "-xzf", `${out}/anonymos-gce.tar.gz`, "-C", folder);
    const disk = statSync(`${folder}/disk.raw`);
    assert.equal(disk.size, 1 << 30);
    assert.ok(disk.blocks * 512 < 8 << 20, "not sparse");
    run("cmp", "-n", `${statSync(iso).size}`, `${folder}/disk.raw`, iso);
  });

  test("the OCI layout is consistent, and its layer contains the disk", () => {
    const oci = `${out}/oci`;
    const json = (path: string) => JSON.parse(readFileSync(`${oci}/${path}`, "utf8"));
    assert.deepEqual(json("oci-layout"), { imageLayoutVersion: "1.0.0" });
    const used = new Set<string>();
    const blob = ({ digest, size }: { digest: string; size: number }) => {
      const name = digest.replace("sha256:", "");
      const bytes = readFileSync(`${oci}/blobs/sha256/${name}`);
      assert.equal(bytes.length, size);
      assert.equal(hash(bytes), name);
      used.add(name);
      return bytes;
    };
    const [entry] = json("index.json").manifests;
    const manifest = JSON.parse(blob(entry).toString());
    assert.equal(entry.mediaType, manifest.mediaType);
    const config = JSON.parse(blob(manifest.config).toString());
    assert.deepEqual([config.os, config.architecture], ["linux", "amd64"]);
    const [layer] = manifest.layers;
    const tarPath = `${folder}/layer.tar`;
    writeFileSync(tarPath, blob(layer));
    assert.deepEqual(config.rootfs.diff_ids, [layer.digest]);
    assert.deepEqual([...used].sort(), readdirSync(`${oci}/blobs/sha256`).sort());
    const list = run("tar", "-tvf", tarPath);
    assert.match(
      list,
      /^drwxr-xr-x 107\/107 .* disk\/\n-r--r----- 107\/107 .* disk\/anonymos\.qcow2/,
    );
    run("tar", "-xf", tarPath, "-C", folder, "--no-same-owner");
    run("cmp", `${folder}/disk/anonymos.qcow2`, `${out}/anonymos.qcow2`);
  });

  test("the same ISO makes the same bytes", () => {
    make(`${folder}/again`);
    assert.deepEqual(hashes(`${folder}/again`), hashes(out));
  });
});
