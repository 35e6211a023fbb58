/**
 * `node --import tsx tools/bench/idle-connections.ts [COUNT...]`: prints how many of WebAssembly's
 * instructions a kernel in Node executes for a packet beside COUNT idle connections to httpd (10
 * and 10,000), and their ratio. The numbers are exact: the same kernel gives the same.
 */
import { costs, NAMES } from "./idle-cost.ts";

const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 10_000];
const rows = [];
for (const count of counts) rows.push(await costs(count));
const head = counts.map((count) => `${count} idle`).join(" | ");
console.log(`| what | ${head} | ratio |\n|---|${"---|".repeat(counts.length + 1)}`);
for (const name of NAMES) {
  const values = rows.map((row) => row[name]);
  const ratio = (values.at(-1) ?? 0) / values[0];
  console.log(`| ${name} | ${values.map((v) => v.toFixed(0)).join(" | ")} | ${ratio.toFixed(3)} |`);
}
