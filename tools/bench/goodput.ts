/**
 * `node --import tsx tools/bench/goodput.ts [OPTION...]`: prints the goodput of transfers of 10 MiB
 * from one kernel to another in Node, in virtual time, over paths with delay, loss and reordering,
 * beside what theory allows. Options: --mib=N, --queue=MS (50), --sysctl=NAME=VALUE for both
 * kernels, --dropped to print how many packets were lost, and --all; without it, only downloads at
 * 100 Mbit/s over some paths, or over that of --bandwidth=MBITS and --round-trip=MS. With
 * KERNEL_WASM, it measures another kernel.
 */
import { parseArgs } from "node:util";
import { type Direction, type Path, theory, transfer } from "./path.ts";

const { values } = parseArgs({
  options: {
    all: { type: "boolean" },
    bandwidth: { type: "string", default: "100" },
    dropped: { type: "boolean" },
    mib: { type: "string", default: "10" },
    queue: { type: "string", default: "50" },
    "round-trip": { type: "string" },
    sysctl: { type: "string", multiple: true, default: [] },
  },
});
const common = { queue: Number(values.queue), parameters: values.sysctl };
const BYTES = Number(values.mib) * 2 ** 20;
const SEGMENT = 1460;
const bandwidths = values.all ? [1e8, 1e9] : [Number(values.bandwidth) * 1e6];
const usual = values.all ? [1, 20, 100, 300] : [20, 100];
const roundTrips = values["round-trip"] ? [Number(values["round-trip"])] : usual;
const losses = values.all ? [0, 0.001, 0.01, 0.03, 0.1, 0.3] : [0, 0.001, 0.01];
const reorders = values.all ? [0.01, 0.05] : [0.01];

const paths = bandwidths.flatMap((bandwidth) =>
  roundTrips.flatMap((roundTrip): Path[] => [
    ...losses.map((loss) => ({ ...common, bandwidth, roundTrip, loss, reorder: 0 })),
    ...reorders.map((reorder) => ({ ...common, bandwidth, roundTrip, loss: 0, reorder })),
  ]),
);

/** curl gives up if nothing moves for two minutes, as happens when every third packet is lost. */
async function measured(path: Path, direction: Direction): Promise<string> {
  try {
    const { goodput, dropped } = await transfer(path, BYTES, direction);
    return values.dropped ? `${goodput.toFixed(0)} (${dropped})` : goodput.toFixed(0);
  } catch (error) {
    if (String(error).includes("too slow")) return "gave up";
    throw error;
  }
}

console.log(`kB/s of ${values.mib} MiB; the last column is what theory allows a long transfer\n`);
console.log("| link | round trip | lost | reordered | download | upload | theory |");
console.log("|---|---|---|---|---|---|---|");
for (const path of paths) {
  const down = await measured(path, "download");
  const up = values.all ? await measured(path, "upload") : "";
  const faults = `${path.loss * 100} % | ${path.reorder * 100} %`;
  const link = `${path.bandwidth / 1e6} Mbit/s | ${path.roundTrip} ms`;
  const allowed = theory(path, SEGMENT).toFixed(0);
  console.log(`| ${link} | ${faults} | ${down} | ${up} | ${allowed} |`);
}
