/**
 * A booted kernel that sends requests to a scripted server, and what its console prints for each
 * response. After each row of the catalogue a valid response must get through, and at the end
 * nothing may have leaked.
 */
import assert from "node:assert/strict";
import { configured, heapLevel, tcpLines, until } from "./console.ts";
import { Machine, type MachineOptions } from "./qemu.ts";
import { RawServer, type Script } from "./raw-server.ts";

/** An answer and what curl prints for it; for a failure, "(CODE) words" after any output. */
export type Case = [answer: Script, shown: string | RegExp];

/** A valid response, after which the connection may be reused. */
export const good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

export class ScriptedAnswers {
  private level = 0;

  private constructor(
    readonly machine: Machine,
    readonly server: RawServer,
  ) {}

  static async start(options: MachineOptions = {}): Promise<ScriptedAnswers> {
    const server = await RawServer.start();
    const machine = await Machine.boot({ memory: "128", ...options });
    const bench = new ScriptedAnswers(machine, server);
    await configured(machine);
    await bench.alive();
    bench.level = await heapLevel(machine);
    return bench;
  }

  /** Returns what `curl` prints for the response to one request. */
  async ask(answer: Script, options = "", server = this.server): Promise<string> {
    return await this.curl(`${options} ${server.answer(answer)}`);
  }

  /** Runs curl with all its arguments given; asserts that it returns the code it prints. */
  async curl(words: string): Promise<string> {
    const { output, code } = await this.machine.command(`curl ${words}`, 60_000);
    const shown = output.replace(/^curl: /m, "");
    const said = [...shown.matchAll(/^\((\d+)\) /gm)].at(-1)?.[1] ?? "0";
    assert.equal(code, Number(said), shown);
    return shown;
  }

  /** Asserts what curl prints for each response, and then that a valid one gets through. */
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
    assert.equal(await this.curl(this.server.answer(good, "/good")), "good");
  }

  /** Asserts that no connection is left, except in TIME-WAIT, and that no memory has leaked. */
  async nothingIsHeld(): Promise<void> {
    const { machine } = this;
    await until("no connection is left", 150_000, async () => {
      const lines = await tcpLines(machine);
      return lines.every((line) => /TIME-WAIT/.test(line));
    });
    const more = (await heapLevel(machine)) - this.level;
    // The hundred typed lines that the console may keep take less than this, a connection more.
    assert.ok(more < 49_152, `${more} bytes more are in use`);
  }

  async stop(): Promise<void> {
    await this.machine.stop();
    await this.server.stop();
  }
}
