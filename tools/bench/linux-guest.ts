/**
 * A Linux guest to compare the kernel with: Debian's kernel, unpacked but not installed, and an
 * initramfs of busybox and of this machine's curl, ping and nginx. Its shell has the prompt that
 * `Machine` waits for, so both guests are typed at in the same way.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { has, root } from "../../tests/lab/host/process.ts";
import { PROMPT } from "../../tests/lab/host/qemu.ts";

const folder = `${root}build/bench/linux`;
/** The meta package that depends on Debian's newest kernel. */
const PACKAGE = "linux-image-amd64";
/** The modules of QEMU's network cards, and what they need, in the order of loading. */
const MODULES = [
  "virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci",
  "failover net_failover virtio_net mii 8139cp e1000 e1000e vmxnet3",
].flatMap((line) => line.split(" "));
const PROGRAMS = ["curl", "ping", "nginx"];

/** What nginx in the guest serves: responses of /bytes/N for the sizes that the rows ask for. */
const NGINX = (bulk: number, small: number) => `worker_processes 1;
error_log stderr; pid /tmp/nginx.pid;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path /tmp; proxy_temp_path /tmp; fastcgi_temp_path /tmp;
  uwsgi_temp_path /tmp; scgi_temp_path /tmp; sendfile on; tcp_nopush on;
  keepalive_requests 10000000; default_type application/octet-stream;
  server {
    listen 80;
    location = /bytes/0 { return 200 ""; }
    location = /bytes/${small} { return 200 "${"a".repeat(small)}"; }
    location = /bytes/${bulk} { alias /tmp/bulk; }
  }
}
`;

const INIT = `#!/bin/sh
export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
echo 1 > /proc/sys/kernel/printk
for module in ${MODULES.join(" ")}; do
  [ -e /modules/$module.ko ] && insmod /modules/$module.ko
done
ip link set lo up
ip link set eth0 up
udhcpc -q -n -t 20 -T 1 -i eth0 -s /udhcpc >/dev/null
run=$(tr ' ' '\\n' </proc/cmdline | sed -n 's/^run=//p' | tr , ' ')
[ -n "$run" ] && $run
export PS1='${PROMPT}'
while :; do setsid cttyhack sh; done
`;

const UDHCPC = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "nameserver $dns" >/etc/resolv.conf
`;

/** The files that boot the guest, and its name. */
export interface LinuxFiles {
  kernel: string;
  initrd: string;
  version: string;
}

function shell(command: string, ...words: string[]): string {
  return execFileSync(command, words, { encoding: "utf8", cwd: folder, stdio: "pipe" });
}

/** Downloads and unpacks Debian's kernel, unless that was done. Returns its version. */
function unpackKernel(): string {
  const known = existsSync(`${folder}/boot`) ? readdirSync(`${folder}/boot`) : [];
  const image = known.find((name) => name.startsWith("vmlinuz-"));
  if (image !== undefined) return image.slice("vmlinuz-".length);
  const [, name] = /Depends: (linux-image-\S+)/.exec(shell("apt-cache", "depends", PACKAGE)) ?? [];
  if (name === undefined) throw new Error(`apt knows no ${PACKAGE}; run apt-get update`);
  console.log(`linux    ${name} (downloaded, not installed)`);
  shell("apt-get", "download", name);
  const archive = readdirSync(folder).find((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Error(`apt-get download ${name} left no package`);
  shell("dpkg-deb", "-x", archive, ".");
  rmSync(`${folder}/${archive}`);
  return unpackKernel();
}

/** Copies a program and the libraries that it is linked with. */
function copyProgram(name: string, to: string): void {
  const path = shell("sh", "-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`).trim();
  const libraries = [...shell("ldd", path).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]);
  for (const file of [path, ...libraries]) {
    const place = `${to}${file === path ? `/bin/${name}` : file}`;
    mkdirSync(dirname(place), { recursive: true });
    if (!existsSync(place)) copyFileSync(file, place);
  }
}

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
}

/** Lays out the initramfs. nginx serves /tmp/bulk, which guests.ts makes once the guest runs. */
function layOut(tree: string, certificate: string, sizes: [number, number]) {
  rmSync(tree, { recursive: true, force: true });
  for (const name of ["bin", "proc", "sys", "dev", "tmp", "etc", "modules", "var/log/nginx"]) {
    mkdirSync(`${tree}/${name}`, { recursive: true });
  }
  copyFileSync(has("busybox") ? "/bin/busybox" : "/usr/bin/busybox", `${tree}/bin/busybox`);
  symlinkSync("busybox", `${tree}/bin/sh`);
  for (const program of PROGRAMS) copyProgram(program, tree);
  const found = shell("find", "lib/modules", "-name", "*.ko").trim().split("\n");
  for (const path of found) {
    const name = basename(path);
    if (MODULES.includes(name.slice(0, -3).replaceAll("-", "_"))) {
      copyFileSync(`${folder}/${path}`, `${tree}/modules/${name.replaceAll("-", "_")}`);
    }
  }
  write(`${tree}/init`, INIT, 0o755);
  write(`${tree}/udhcpc`, UDHCPC, 0o755);
  write(`${tree}/etc/passwd`, "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
  write(`${tree}/etc/group`, "root:x:0:\nnogroup:x:65534:\n");
  write(`${tree}/etc/ca.pem`, certificate);
  write(`${tree}/etc/nginx.conf`, NGINX(...sizes));
  write(`${tree}/bin/prepare`, "#!/bin/sh\nnginx -c /etc/nginx.conf\n", 0o755);
}

/**
 * Makes the guest's files. It trusts `certificate` (PEM) by `--cacert /etc/ca.pem`; `sizes` are the
 * bytes of a large and of a small response of its nginx.
 */
export function linuxFiles(certificate: string, sizes: [number, number]): LinuxFiles {
  mkdirSync(folder, { recursive: true });
  const version = unpackKernel();
  const tree = `${folder}/tree`;
  layOut(tree, certificate, sizes);
  const list = shell("sh", "-c", "cd tree && find . | sort");
  const packed = execFileSync("cpio", ["-o", "-H", "newc", "-R", "0:0", "--quiet"], {
    cwd: tree,
    input: list,
    maxBuffer: 1 << 30,
  });
  const sum = createHash("sha256").update(packed).digest("hex");
  const initrd = `${folder}/initrd-${sum.slice(0, 12)}`;
  writeFileSync(initrd, packed);
  return { kernel: `${folder}/boot/vmlinuz-${version}`, initrd, version };
}

/** Makes an ISO of GRUB that boots the guest, which runs `command` once it has a lease. */
export function linuxIso(files: LinuxFiles, command: string): string {
  const tree = `${folder}/iso`;
  rmSync(tree, { recursive: true, force: true });
  const words = `console=ttyS0 quiet run=${command.replaceAll(" ", ",")}`;
  const config = `set timeout=0\nlinux /vmlinuz ${words}\ninitrd /initrd\nboot\n`;
  write(`${tree}/boot/grub/grub.cfg`, config);
  copyFileSync(files.kernel, `${tree}/vmlinuz`);
  writeFileSync(`${tree}/initrd`, readFileSync(files.initrd));
  const iso = `${folder}/linux.iso`;
  shell("grub-mkrescue", "-o", iso, tree);
  return iso;
}
