/**
 * Is the simulator strong enough? Each line here breaks a copy of the kernel's sources in one
 * place; worlds that run on it have to notice. `node --import tsx tests/sim/mutants.ts [WORD]`.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root, run } from "../support/process.ts";
import { runWorlds } from "./processes.ts";

interface Mutant {
  what: string;
  file: string;
  from: string;
  to: string;
}

const mutants: Mutant[] = [
  {
    what: "one byte past the peer's window is sent",
    file: "net/socket/tcp/output.ts",
    from: "const limit = sender.window < allowance ? sender.window : allowance;",
    to: "const limit = sender.window < allowance ? sender.window + 1 : allowance;",
  },
  {
    what: "the retransmission timer is not started",
    file: "net/socket/tcp/output.ts",
    from: "if (resting) armRetransmit(connection, now);",
    to: "",
  },
  {
    what: "the persist timer is not started again",
    file: "net/socket/tcp/output.ts",
    from: "connection.persistBackoffs++;\n  armPersist(connection, now);",
    to: "connection.persistBackoffs++;",
  },
  {
    what: "a segment out of order is put one byte too far",
    file: "net/socket/tcp/reassembly.ts",
    from: "if (before(from, end)) ring.place(from - next,",
    to: "if (before(from, end)) ring.place(from + 1 - next,",
  },
  {
    what: "bytes in the window are taken past its edge",
    file: "net/socket/tcp/receive-window.ts",
    from: "if (before(this.edge, end)) end = this.edge;",
    to: "",
  },
  {
    what: "the padding of short frames is not cleared",
    file: "drivers/e1000/e1000.ts",
    from: "memory.fill(frame.append(missing), 0, missing);",
    to: "frame.append(missing);",
  },
  {
    what: "a controller that ran out of descriptors gets none back",
    file: "drivers/e1000/e1000.ts",
    from: "if ((causes & reg.CAUSE_RXO) != 0) this.receiveRing.returnAll();",
    to: "",
  },
  {
    what: "frames that wait for a neighbour are lost when it does not answer",
    file: "net/iface/neighbor.ts",
    from: "iface.pool.release(oldest);",
    to: "",
  },
  {
    what: "the wake-up timer is not armed for what is further off than 54 ms",
    file: "kernel/machine/timer.ts",
    from: "if (deadline == NEVER || deadline <= now) return;",
    to: "if (deadline == NEVER || deadline <= now || deadline - now > LONGEST) return;",
  },
  {
    what: "checksums miss the last byte of odd lengths",
    file: "net/wire/checksum.ts",
    from: "total += load<u8>(at) as u64;",
    to: "total += 0;",
  },
];

const folder = join(root, "build/scratch/mutants");
const WORLDS = 60;

/** Copies the sources, breaks them, compiles; answers the module's path. */
async function compile(mutant: Mutant): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const part of ["kernel", "net", "drivers", "compiler-config"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const path = join(folder, mutant.file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(mutant.from)) throw new Error(`${mutant.file} has no ${mutant.from}`);
  writeFileSync(path, text.replace(mutant.from, mutant.to));
  const out = join(folder, "kernel.wasm");
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  const config = join(folder, "compiler-config/asconfig.json");
  const words = ["node", asc, "kernel/main.ts", "--config", config, "--outFile", out];
  const { code, output } = await run(["sh", "-c", `cd ${folder} && ${words.join(" ")}`]);
  if (code !== 0) throw new Error(output);
  return out;
}

let missed = 0;
for (const mutant of mutants) {
  if (process.argv[2] !== undefined && !mutant.what.includes(process.argv[2])) continue;
  process.env.KERNEL_WASM = await compile(mutant);
  const reports = await runWorlds(1, WORLDS, availableParallelism());
  const failed = reports.filter(({ failures }) => failures.length > 0);
  if (failed.length === 0) missed++;
  const first = failed.length > 0 ? `seed ${failed[0].seed}: ${failed[0].failures[0]}` : "";
  console.log(
    `${mutant.what}: ${failed.length} of ${WORLDS} worlds notice; ${first.slice(0, 150)}`,
  );
}
process.exitCode = missed > 0 ? 1 : 0;
