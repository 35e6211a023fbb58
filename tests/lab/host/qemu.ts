/**
 * Boots the kernel in QEMU and talks to it over the serial console: waits for a text, types, runs a
 * command and returns its output and exit code. The machine ends with the test.
 */
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, root } from "./process.ts";
import { rtcBase, testNow } from "./test-clock.ts";

export const PROMPT = "anonymos> ";
const prompt = /(^|\n)anonymos> $/;

/** A network card and its backend. */
export interface Nic {
  /** QEMU's -netdev without `id=`: `user`, `tap,ifname=...`, `dgram,...`. */
  backend: string;
  /** Default e1000. */
  model?: string;
  /** More device properties: `mac=52:54:00:00:00:01,mitigation=off`. */
  properties?: string;
}

export interface MachineOptions {
  /** QEMU's -M; default pc. */
  machine?: string;
  /** An ISO to boot instead of build/kernel.elf. */
  iso?: string;
  /** A disk image to boot instead of build/kernel.elf; it is not written to. */
  disk?: { path: string; format: string; device: string };
  /** Whether the ISO is on a USB stick instead of a disc. */
  stick?: boolean;
  /** Default: build/kernel.elf; "" for none, when `more` says what to boot. */
  kernel?: string;
  append?: string;
  /** Modules for -initrd: file name and content. */
  modules?: Record<string, string>;
  /** The real-time clock at power-on, "2026-11-22T12:00:00"; default: the test clock. */
  rtc?: string;
  /** Memory in MiB, or with a unit of QEMU's; default 64. */
  memory?: string;
  cpu?: string;
  uefi?: boolean;
  /** Default: one e1000 on QEMU's user network. */
  nics?: Nic[];
  /** More arguments for QEMU. */
  more?: string[];
  /** False leaves out isa-debug-exit, as on a real machine. */
  debugExit?: boolean;
  /** False leaves out the UART. */
  serial?: boolean;
  /** Words before QEMU's, to run it inside a namespace. */
  prefix?: string[];
  /** The name of the console's file in build/tests/console/. */
  label?: string;
}

export interface Answer {
  output: string;
  code: number;
}

/** QEMU's user network, with guest ports forwarded from free ports of the host. */
export function userNet(forward: number[] = [], more = ""): Nic {
  const rules = forward.map((port) => `,hostfwd=tcp:127.0.0.1:0-:${port}`).join("");
  return { backend: `user${rules}${more}` };
}

/** OVMF as one image (code and variables), where distributions keep it. */
const ovmf = ["/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd"];
/** Where they keep its code alone, which QEMU accepts as a flash chip. */
const ovmfCode = ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd"];

function firmware(): string[] {
  const image = ovmf.find((path) => existsSync(path));
  if (image !== undefined) return ["-bios", image];
  const code = ovmfCode.find((path) => existsSync(path));
  if (code === undefined) throw new Error("OVMF, the UEFI firmware, is not installed");
  return ["-drive", `if=pflash,format=raw,readonly=on,file=${code}`];
}

/** Returns QEMU's arguments, and writes the modules to `folder`, where its socket will be. */
export function words(options: MachineOptions, folder: string): string[] {
  const { machine = "pc", memory = "64" } = options;
  const list = ["qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-m", memory];
  list.push("-display", "none", "-no-reboot", "-nodefaults");
  if (!machine.startsWith("microvm")) list.push("-vga", "std");
  list.push("-rtc", `base=${options.rtc ?? rtcBase(testNow())},clock=vm`);
  if (options.debugExit !== false) {
    list.push("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04");
  }
  list.push("-serial", options.serial === false ? "none" : "stdio");
  list.push("-qmp", `unix:${folder}/qmp,server=on,wait=off`);
  if (options.cpu !== undefined) list.push("-cpu", options.cpu);
  if (options.uefi) list.push(...firmware());
  const { disk } = options;
  if (disk !== undefined) {
    const file = `file=${disk.path},format=${disk.format},if=none,id=disk,snapshot=on`;
    list.push("-drive", file, "-device", `${disk.device},drive=disk`);
  } else if (options.iso !== undefined && options.stick) {
    list.push("-drive", `file=${options.iso},format=raw,readonly=on,if=none,id=stick`);
    list.push("-device", "qemu-xhci", "-device", "usb-storage,drive=stick");
  } else if (options.iso !== undefined) list.push("-boot", "d", "-cdrom", options.iso);
  else if (options.kernel !== "") {
    list.push("-kernel", options.kernel ?? `${root}build/kernel.elf`);
  }
  if (options.append !== undefined) list.push("-append", options.append);
  const modules = Object.entries(options.modules ?? {});
  for (const [name, content] of modules) writeFileSync(join(folder, name), content);
  if (modules.length > 0) {
    list.push("-initrd", modules.map(([name]) => join(folder, name)).join(","));
  }
  (options.nics ?? [userNet()]).forEach((nic, index) => {
    const properties = nic.properties === undefined ? "" : `,${nic.properties}`;
    const [type, ...rest] = nic.backend.split(",");
    list.push("-netdev", [type, `id=n${index}`, ...rest].join(","));
    list.push("-device", `${nic.model ?? "e1000"},netdev=n${index}${properties}`);
  });
  return [...list, ...(options.more ?? [])];
}

let machines = 0;

/** A virtual machine that runs the kernel. */
export class Machine extends Child {
  /** The serial output without escape sequences, with "\n" as line end. */
  console = "";
  /** The serial output as a terminal would get it. */
  raw = "";
  private rest = "";
  private mark = 0;
  private commands = 0;
  private readonly folder: string;
  private readonly label: string;

  constructor(options: MachineOptions = {}) {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-"));
    super("QEMU", words(options, folder), { input: true, prefix: options.prefix });
    this.folder = folder;
    machines++;
    this.label = options.label ?? `machine-${process.pid}-${machines}`;
  }

  /** Boots, and waits for the first prompt. */
  static async boot(options: MachineOptions = {}, milliseconds = 30_000): Promise<Machine> {
    const machine = new Machine(options);
    try {
      await machine.prompt(milliseconds);
    } catch (error) {
      await machine.stop();
      throw error;
    }
    return machine;
  }

  protected override receive(text: string): void {
    this.raw += text;
    // A chunk may split an escape sequence or a line end: keep an incomplete one for the next.
    const all = this.rest + text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is sought
    const cut = /(\r+|\x1b(\[[0-9;?]*)?)$/.exec(all);
    this.rest = cut === null ? "" : cut[0];
    const whole = cut === null ? all : all.slice(0, cut.index);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is sought
    const escapes = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_=>]/g;
    this.console += whole.replace(escapes, "").replace(/\r*\n|\r+/g, "\n");
    this.output = this.console;
    this.wake();
  }

  /** Waits for a text after all texts that were waited for before; returns the match. */
  async waitFor(pattern: RegExp | string, milliseconds = 10_000): Promise<RegExpExecArray> {
    const source =
      typeof pattern === "string" ? pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : pattern.source;
    const flags = typeof pattern === "string" ? "" : pattern.flags.replace(/[gy]/g, "");
    const sought = new RegExp(source, flags);
    const look = () => {
      const match = sought.exec(this.console.slice(this.mark));
      if (match === null) return undefined;
      this.mark += match.index + match[0].length;
      return match;
    };
    return await this.until(String(pattern), look, milliseconds);
  }

  /** Waits until the console ends with a prompt. */
  async prompt(milliseconds = 10_000): Promise<void> {
    await this.until(
      "the prompt",
      () => (prompt.test(this.console.slice(Math.max(0, this.mark - 1))) ? true : undefined),
      milliseconds,
    );
    this.mark = this.console.length;
  }

  /** Types keys: "\r" is Enter, "\x03" Ctrl-C, "\x04" Ctrl-D, "\t" Tab. */
  type(text: string): void {
    this.write(text);
  }

  /** Runs one command line; returns its output and `$?`. */
  async command(line: string, milliseconds = 20_000): Promise<Answer> {
    const tag = `${process.pid}-${++this.commands}`;
    this.type(`echo begin-${tag}; ${line}; echo end-${tag} $?\r`);
    const begin = `(?:^|\\n)begin-${tag}\\n`;
    const whole = new RegExp(`${begin}([^]*?)\\n?end-${tag} (\\d+)\\n`);
    const match = await this.waitFor(whole, milliseconds);
    await this.prompt();
    return { output: match[1], code: Number(match[2]) };
  }

  /** Runs one command line that must succeed; returns its output. */
  async ok(line: string, milliseconds = 20_000): Promise<string> {
    const answer = await this.command(line, milliseconds);
    if (answer.code !== 0) throw new Error(`${line}: exit code ${answer.code}:\n${answer.output}`);
    return answer.output;
  }

  /** The outcomes of `run=`, in order. */
  outcomes(): { command: string; code: number }[] {
    return [...this.console.matchAll(/^\[exit (\d+)\] (.*)$/gm)].map((match) => ({
      command: match[2],
      code: Number(match[1]),
    }));
  }

  /** Runs a command of QEMU's monitor (`info usernet`, `set_link n0 off`); returns its output. */
  async monitor(line: string): Promise<string> {
    const socket = connect(join(this.folder, "qmp"));
    socket.setEncoding("utf8");
    await once(socket, "connect");
    const reply = async (): Promise<string> => {
      let text = "";
      for (;;) {
        while (!text.includes("\n")) text += (await once(socket, "data"))[0];
        const end = text.indexOf("\n");
        const message = JSON.parse(text.slice(0, end));
        if (message.event === undefined) return message.return;
        text = text.slice(end + 1);
      }
    };
    const ask = (execute: string, more: object = {}) => {
      socket.write(`${JSON.stringify({ execute, ...more })}\n`);
      return reply();
    };
    try {
      await reply();
      await ask("qmp_capabilities");
      return await ask("human-monitor-command", { arguments: { "command-line": line } });
    } finally {
      socket.destroy();
    }
  }

  /** The host port that is forwarded to a port of the guest (see `userNet`). */
  async port(guest: number): Promise<number> {
    const table = await this.monitor("info usernet");
    for (const line of table.split("\n")) {
      const fields = line.trim().split(/\s+/);
      if (fields[0] === "TCP[HOST_FORWARD]" && Number(fields[5]) === guest)
        return Number(fields[3]);
    }
    throw new Error(`QEMU forwards nothing to port ${guest}:\n${table}`);
  }

  /** Kills the machine, and keeps its console in a file. */
  override async stop(): Promise<void> {
    await super.stop();
    mkdirSync(`${root}build/tests/console`, { recursive: true });
    writeFileSync(`${root}build/tests/console/${this.label}.log`, this.raw, "latin1");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
