/**
 * A booted kernel that asks a scripted server: what its console shows of an answer, row by row of
 * the catalogue. Behind each row a good answer has to arrive, and in the end nothing may be held.
 */
import assert from "node:assert/strict";
import { configured, heapLevel, tcpLines, until } from "./console.ts";
import { Machine, type MachineOptions } from "./qemu.ts";
import { RawServer, type Script } from "./raw-server.ts";

/** An answer and what is shown of it: a failure as "(CODE) words", behind what came before it. */
export type Case = [answer: Script, shown: string | RegExp];

/** A good answer, after which the connection may be used again. */
export const good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

export class Rows {
  private level = 0;

  private constructor(
    readonly machine: Machine,
    readonly server: RawServer,
    private readonly command: "curl" | "rpc",
  ) {}

  static async start(command: "curl" | "rpc", options: MachineOptions = {}): Promise<Rows> {
    const server = await RawServer.start();
    const machine = await Machine.boot({ memory: "128", ...options });
    const rows = new Rows(machine, server, command);
    await configured(machine);
    await rows.alive();
    rows.level = await heapLevel(machine);
    return rows;
  }

  /** What the console shows of the answer to one request. */
  async ask(answer: Script, options = "", server = this.server): Promise<string> {
    return await this.say(`${options} ${server.answer(answer)}`);
  }

  /** The same with words of one's own behind the command. */
  async say(words: string): Promise<string> {
    const { output, code } = await this.machine.command(`${this.command} ${words}`, 60_000);
    const shown = output.replace(new RegExp(`^${this.command}: `, "m"), "");
    const failures = [...shown.matchAll(/^\((\d+)\) /gm)];
    const said = Number(failures.at(-1)?.[1] ?? 0);
    if (this.command === "curl") assert.equal(code, said, `the code beside: ${shown}`);
    return shown;
  }

  /** Asks for each of the answers, and then whether the kernel still takes a good one. */
  async all(cases: Case[], options = "", server = this.server): Promise<void> {
    for (const [answer, wanted] of cases) {
      const shown = await this.ask(answer, options, server);
      const what = typeof answer === "function" ? "a script" : JSON.stringify(answer.slice(0, 90));
      if (typeof wanted === "string") assert.equal(shown, wanted, what);
      else assert.match(shown, wanted, what);
    }
    await this.alive();
  }

  async alive(): Promise<void> {
    const url = this.server.answer(good, "/good");
    assert.equal(await this.machine.ok(`curl ${url}`), "good");
  }

  /** The end of a file of rows: no connection is left, and no memory. */
  async nothingIsHeld(): Promise<void> {
    const { machine } = this;
    await until("no connection is left", 150_000, async () => {
      const lines = await tcpLines(machine);
      return lines.every((line) => /TIME-WAIT/.test(line));
    });
    const more = (await heapLevel(machine)) - this.level;
    // The lines that were typed are kept, up to a hundred of them; a connection is much more.
    assert.ok(more < 49_152, `${more} bytes more are in use`);
  }

  async stop(): Promise<void> {
    await this.machine.stop();
    await this.server.stop();
  }
}
