/** Which sources these are. */
import { run } from "../lab/host/process.ts";

/** The commit, with "-dirty" where files were changed since. */
export async function version(): Promise<string> {
  const { code, output } = await run(["git", "describe", "--always", "--dirty", "--abbrev=10"]);
  return code === 0 ? output.trim() : "an unknown commit";
}
