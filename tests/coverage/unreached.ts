/** Lines of net/ and drivers/e1000 that no test in Node reaches, each with its reason. */
import type { Explanation } from "./report.ts";

export const unreached: Explanation[] = [];
