/** The table of `make coverage`: by folder and file what ran, and the lines that did not. */
import { dirname } from "node:path";
import { type FileCoverage, missedLines } from "./file-coverage.ts";

/** A line that no test reaches: where it is, its text, and why that is. */
export interface Explanation {
  path: string;
  text: string;
  why: string;
}

/** Lines of one file with one reason, as they stand there. */
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

/** "3, 7-9": lines that follow one another, among those that hold a statement, are one range. */
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

/** Files in the order of their paths. */
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

/** The title of the columns, and a row for each goal and for everything. */
export function summary(files: FileCoverage[], goals: string[]): string[] {
  return [
    `${"".padEnd(30)}${"lines".padStart(21)}${"branches".padStart(21)}`,
    ...goals.map((goal) =>
      row(
        goal,
        files.filter(({ path }) => path.startsWith(goal)),
      ),
    ),
    row("everything", files),
  ];
}

/**
 * What did not run, with its reason, and what has none; and reasons for what ran after all, or is
 * gone. A reason is that of one line: where two lines have the same text, each needs its own.
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
