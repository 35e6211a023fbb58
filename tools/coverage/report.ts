/** The report of `make coverage`: coverage by folder and file, and the lines not reached. */
import { dirname } from "node:path";
import { type FileCoverage, missedLines } from "./file-coverage.ts";

/** A line that no test reaches: its file, its text, and the reason. */
export interface Explanation {
  path: string;
  text: string;
  why: string;
}

/** Lines of one file that share a reason, as they stand in the source. */
export type Reason = [path: string, why: string, lines: string[]];

export function explanations(reasons: Reason[]): Explanation[] {
  return reasons.flatMap(([path, why, lines]) => lines.map((text) => ({ path, text, why })));
}

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

/** Returns the header, a row for each goal, and one for all files. */
export function summary(files: FileCoverage[], goals: string[]): string[] {
  return [
    `${"".padEnd(30)}${"lines".padStart(21)}${"branches".padStart(21)}`,
    ...goals.map((goal) =>
      row(
        goal,
        files.filter(({ path }) => path.startsWith(goal)),
      ),
    ),
    row("all", files),
  ];
}

/**
 * Returns the lines that did not run, with and without a reason, and reasons whose line did run or
 * is gone. A reason belongs to one line: of two lines with the same text, each needs its own.
 */
export function explain(
  files: FileCoverage[],
  explanations: Explanation[],
  textOf: (path: string) => string[],
): { explained: string[]; unexplained: string[]; stale: string[] } {
  const left = new Set(explanations);
  const explained: string[] = [];
  const unexplained: string[] = [];
  for (const file of files) {
    const text = textOf(file.path);
    for (const line of missedLines(file)) {
      const own = text[line - 1].trim();
      const found = [...left].find((one) => one.path === file.path && one.text === own);
      if (found === undefined) {
        unexplained.push(`${file.path}:${line}  ${own}`);
        continue;
      }
      left.delete(found);
      explained.push(`${file.path}:${line}  ${found.why}`);
    }
  }
  return { explained, unexplained, stale: [...left].map(({ path, text }) => `${path}: ${text}`) };
}
