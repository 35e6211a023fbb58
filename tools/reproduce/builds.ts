/** Builds the project in a folder of its own, under circumstances that must not matter. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Variables of a running make or faketime, or of the user, that a build must not inherit. */
const dropped = /^(MAKE|MFLAGS|LD_PRELOAD|FAKETIME|NO_FAKE|CROSS_COMPILE|SOURCE_DATE_EPOCH)/;

function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !dropped.test(name));
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  // HOME may differ, but the cache is the same, so that nothing is fetched again.
  return { ...Object.fromEntries(own), XDG_CACHE_HOME: cache, ...more };
}

/** Links the npm packages (and Node) of one folder into another, if both need the same. */
export function linkPackages(from: string, to: string): void {
  const lock = "package-lock.json";
  const same = readFileSync(join(from, lock)).equals(readFileSync(join(to, lock)));
  if (!same || !existsSync(join(from, "node_modules"))) return;
  const link = (path: string) => {
    if (existsSync(join(from, path))) {
      spawnSync("cp", ["-al", join(from, path), join(to, path)], { stdio: "inherit" });
    }
  };
  mkdirSync(join(to, "build"), { recursive: true });
  link("node_modules");
  link("build/node");
  // install.sh reinstalls the packages if this file is newer.
  const { atime, mtime } = statSync(join(from, lock));
  utimesSync(join(to, lock), atime, mtime);
}

/** Copies the working tree, except for .git and what is built or installed. */
export function copySources(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (["build", "node_modules", ".git"].includes(name)) continue;
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

export interface Circumstances {
  /** In words, for the user. */
  name: string;
  /** The words before `make`. */
  prefix: string[];
  variables: Record<string, string>;
}

export const asHere: Circumstances = {
  name: "as it is here",
  prefix: [],
  variables: {},
};

/** Another day, time zone, locale, umask, home and user; `home` is a folder for the new HOME. */
export function elsewhere(home: string): Circumstances {
  const variables = {
    TZ: "ELSE-13:45",
    LC_ALL: "C.UTF-8",
    HOME: home,
    USER: "else",
    LOGNAME: "else",
  };
  return {
    name: "400 days later, 13:45 hours east, umask 077, in another locale, HOME and USER",
    prefix: ["sh", "-c", 'umask 077 && exec "$@"', "sh", "faketime", "-f", "+400d"],
    variables,
  };
}

/** Runs `make kernel iso` in a folder; throws with what it printed if it fails. */
export function build(folder: string, { prefix, variables }: Circumstances, more: string[] = []) {
  const [program, ...words] = [...prefix, "make", "-C", folder, "kernel", "iso", ...more];
  const options = { encoding: "utf8", env: environment(variables), maxBuffer: 1 << 26 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, words, options);
  if (status !== 0) throw new Error(`make in ${folder} failed: ${error ?? stdout + stderr}`);
}
