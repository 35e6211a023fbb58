/** Coverage of one file, from its counters: how often each line, branch and function ran. */
import type { FilePoints } from "./instrument.ts";

export interface FileCoverage {
  path: string;
  /** By line, the least count of the statements that begin on it. */
  lines: Map<number, number>;
  branches: { line: number; counts: number[] }[];
  functions: { name: string; line: number; count: number }[];
}

export function fileCoverage(points: FilePoints, counts: number[]): FileCoverage {
  const count = (point: number) => counts[point] ?? 0;
  const lines = new Map<number, number>();
  for (const { line, point } of points.statements) {
    lines.set(line, Math.min(lines.get(line) ?? Number.POSITIVE_INFINITY, count(point)));
  }
  return {
    path: points.path,
    lines: new Map([...lines].sort(([a], [b]) => a - b)),
    branches: points.branches.map(({ line, arms }) => ({ line, counts: arms.map(count) })),
    functions: points.functions.map(({ name, line, point }) => ({
      name,
      line,
      count: count(point),
    })),
  };
}

/** Returns the lines that did not run, in order. */
export function missedLines(file: FileCoverage): number[] {
  return [...file.lines].filter(([, count]) => count === 0).map(([line]) => line);
}

/** Returns coverage in the format that editors read (geninfo(1), section FILES). */
export function lcov(files: FileCoverage[]): string {
  const records = files.flatMap(({ path, lines, branches, functions }) => [
    `SF:${path}`,
    ...functions.map(({ name, line }) => `FN:${line},${name}`),
    ...functions.map(({ name, count }) => `FNDA:${count},${name}`),
    ...branches.flatMap(({ line, counts }, block) =>
      counts.map((count, arm) => `BRDA:${line},${block},${arm},${count}`),
    ),
    ...[...lines].map(([line, count]) => `DA:${line},${count}`),
    "end_of_record",
  ]);
  return `${records.join("\n")}\n`;
}
