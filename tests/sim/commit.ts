/** The version of the sources, for reports. */
import { run } from "../lab/host/process.ts";

/** Returns the commit, with "-dirty" if files have changed since. */
export async function version(): Promise<string> {
  const { code, output } = await run(["git", "describe", "--always", "--dirty", "--abbrev=10"]);
  return code === 0 ? output.trim() : "an unknown commit";
}
