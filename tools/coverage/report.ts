/** The report of `make coverage`: coverage by folder and file, and the lines not reached. */
import { dirname } from "node:path";
import { type FileCoverage, missedLines } from "./file-coverage.ts";

/** By file: functions, how many of their lines no test reaches, and why. */
export type Reasons = Record<string, [name: string, lines: number, why: string][]>;

class Share {
  constructor(private readonly counts: number[]) {}

  get percent(): number {
    const { length } = this.counts;
    return length === 0 ? 100 : (100 * this.counts.filter((count) => count > 0).length) / length;
  }
  toString(): string {
    const { length } = this.counts;
    const covered = this.counts.filter((count) => count > 0).length;
    return `${`${covered}/${length}`.padStart(12)}${this.percent.toFixed(1).padStart(7)} %`;
  }
}

/** Returns the share of the lines that ran. */
export function lineShare(files: FileCoverage[]): Share {
  return new Share(files.flatMap(({ lines }) => [...lines.values()]));
}

function row(name: string, files: FileCoverage[], rest = ""): string {
  const branches = files.flatMap((file) => file.branches.flatMap(({ counts }) => counts));
  return `${name.padEnd(30)}${lineShare(files)}${new Share(branches)}  ${rest}`.trimEnd();
}

/** Returns ranges such as "3, 7-9"; a range may span lines that hold no statement. */
function missedRanges({ lines }: FileCoverage): string {
  const ranges: number[][] = [];
  let before = 1;
  for (const [line, count] of lines) {
    if (count === 0 && before === 0) ranges[ranges.length - 1][1] = line;
    else if (count === 0) ranges.push([line]);
    before = count;
  }
  return ranges.map((range) => range.join("-")).join(", ");
}

/** Returns a row for each folder and file; `files` are sorted by path. */
export function table(files: FileCoverage[]): string[] {
  const folders = [...new Set(files.map(({ path }) => dirname(path)))];
  return folders.flatMap((folder) => {
    const inside = files.filter(({ path }) => dirname(path) === folder);
    const name = ({ path }: FileCoverage) => `  ${path.slice(folder.length + 1)}`;
    return [
      row(`${folder}/`, inside),
      ...inside.map((file) => row(name(file), [file], missedRanges(file))),
    ];
  });
}

/** Returns the header, a row for each folder that has a goal, and one for all files. */
export function summary(files: FileCoverage[], goalFolders: string[]): string[] {
  return [
    `${"".padEnd(30)}${"lines".padStart(21)}${"branches".padStart(21)}`,
    ...goalFolders.map((folder) =>
      row(
        folder,
        files.filter(({ path }) => path.startsWith(folder)),
      ),
    ),
    row("all", files),
  ];
}

/** Returns the name of the last function that begins at or before a line; "" if none does. */
function functionAt({ functions }: FileCoverage, line: number): string {
  const before = functions.filter((one) => one.line <= line);
  const last = before.reduce((a, b) => (b.line >= a.line ? b : a), { name: "", line: 0 });
  return last.name;
}

/**
 * Returns the lines that did not run: those with a reason and those without. Also returns the stale
 * reasons, which are for more lines than the function leaves unreached.
 */
export function explain(
  files: FileCoverage[],
  reasons: Reasons,
  textOf: (path: string) => string[],
): { explained: string[]; unexplained: string[]; stale: string[] } {
  const left = Object.entries(reasons).flatMap(([path, list]) =>
    list.map(([name, lines, why]) => ({ path, name, lines, why })),
  );
  const explained: string[] = [];
  const unexplained: string[] = [];
  for (const file of files) {
    const text = textOf(file.path);
    for (const line of missedLines(file)) {
      const { path } = file;
      const name = functionAt(file, line);
      const reason = left.find((one) => one.path === path && one.name === name && one.lines > 0);
      if (reason === undefined) {
        unexplained.push(`${path}:${line} ${name}: ${text[line - 1].trim()}`);
        continue;
      }
      reason.lines--;
      explained.push(`${path}:${line} ${name}: ${reason.why}`);
    }
  }
  const stale = left.filter(({ lines }) => lines > 0);
  return {
    explained,
    unexplained,
    stale: stale.map(({ path, name, lines }) => `${path} ${name}: ${lines} lines`),
  };
}
