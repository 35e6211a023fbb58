/** `make coverage` counts exactly what ran, and its counters do not change the program. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import ts from "typescript";
import { fileCoverage, lcov, missedLines } from "../../tools/coverage/file-coverage.ts";
import { instrument } from "../../tools/coverage/instrument.ts";
import { explain, type Reasons, table } from "../../tools/coverage/report.ts";
import { unreached } from "../../tools/coverage/unreached.ts";
import { root } from "../lab/host/process.ts";

const sample = `/** A sample. */
export class Sample {
  private readonly twice = (n: u32): u32 => n * 2;
  get size(): u32 {
    return 3;
  }
  sign(n: i32): i32 {
    if (n < 0) return -1;
    return n > 0 && n < 100 ? 1 : 0;
  }
  first(limit: u32): u32 {
    for (let i = 0; i < limit; i++) {
      if (i == 1) continue;
      if (i > 1) return this.twice(i);
    }
    return 0;
  }
  name(n: u32): string {
    switch (n) {
      case 1:
      case 2:
        return "few";
      default:
        while (n > 8) n--;
    }
    if (n == 8) return "many";
    else return n == 7 || n == 6 ? "some" : "several";
  }
}
`;

const { text, points } = instrument("a/sample.ts", sample);
const lines = sample.split("\n");
const declaration =
  '@external("coverage", "a/sample.ts") declare function __hit(point: u32): bool; ';

interface Sample {
  size: number;
  sign(n: number): number;
  first(limit: number): number;
  name(n: number): string;
}

/** Runs the sample as JavaScript, and returns its coverage. */
function covered(use: (sample: Sample) => void) {
  const counts = new Array<number>(points.count).fill(0);
  const hit = (point: number) => ++counts[point] > 0;
  const javascript = ts.transpile(text.slice(declaration.length).replace("export ", ""));
  use(new Function("__hit", `${javascript}; return new Sample();`)(hit));
  return fileCoverage(points, counts);
}

/** Calls with their results, and the function's missed lines and branch counts. */
const uses: [
  use: (sample: Sample) => unknown,
  result: unknown,
  missed: number[],
  arms: number[],
][] = [
  [(s) => s.size, 3, [], []],
  [(s) => s.sign(-5), -1, [9], [1, 0, 0, 0, 0]],
  [(s) => s.sign(0), 0, [8], [0, 1, 0, 0, 1]],
  [(s) => s.sign(100), 0, [8], [0, 1, 1, 0, 1]],
  [(s) => [s.sign(-5), s.sign(7)], [-1, 1], [], [1, 1, 1, 1, 0]],
  [(s) => s.first(0), 0, [13, 14], [0, 0, 0, 0]],
  [(s) => s.first(1), 0, [13, 14], [0, 1, 0, 1]],
  [(s) => s.first(9), 4, [16], [1, 2, 1, 1]],
  [(s) => s.name(1), "few", [24, 26, 27], [1, 0, 0, 0, 0, 0, 0]],
  [(s) => s.name(9), "many", [22, 27], [0, 1, 1, 0, 0, 0, 0]],
  [(s) => s.name(5), "several", [22, 24, 26], [0, 1, 0, 1, 1, 0, 1]],
];

/** Returns the first and last line of a method. */
function extent(name: string): [number, number] {
  const first = lines.findIndex((line) => line.includes(` ${name}(`));
  return [first + 1, lines.indexOf("  }", first) + 1];
}

test("counts a line as reached if every statement on it ran, and counts every branch", () => {
  for (const [use, result, missed, arms] of uses) {
    const source = String(use);
    const [first, last] = extent(/s\.(\w+)/.exec(source)?.[1] ?? "");
    const inside = (line: number) => line >= first && line <= last;
    const file = covered((sample) => assert.deepEqual(use(sample), result, source));
    assert.deepEqual(missedLines(file).filter(inside), missed, source);
    const counts = file.branches.filter(({ line }) => inside(line)).flatMap((one) => one.counts);
    assert.deepEqual(counts, arms, source);
  }
});

test("adds no lines", () => {
  const words = (line: string): string[] => line.match(/\w+/g) ?? [];
  const counted = text.split("\n");
  assert.equal(counted.length, lines.length);
  lines.forEach((line, index) => {
    const rest = words(counted[index]);
    for (const word of words(line)) {
      assert.ok(rest.includes(word), `${word} in ${counted[index]}`);
      rest.splice(0, rest.indexOf(word) + 1);
    }
  });
});

test("writes functions, lines and branches as lcov", () => {
  const file = covered((sample) => sample.first(9));
  const names = ["function in line 3", "Sample.size", "Sample.sign", "Sample.first", "Sample.name"];
  assert.deepEqual(
    file.functions.map(({ name }) => name),
    names,
  );
  const records = lcov([file]).split("\n");
  for (const wanted of ["SF:a/sample.ts", "FNDA:1,Sample.first", "DA:12,1", "DA:16,0"]) {
    assert.ok(records.includes(wanted), wanted);
  }
  assert.equal(records.at(-2), "end_of_record");
});

test("lists unreached lines, each with or without a reason", () => {
  const file = covered((sample) => [sample.first(9), sample.size]);
  const [folder, row] = table([file]);
  assert.match(folder, /^a\/ +5\/13 +38\.5 %/);
  assert.match(row, /^ {2}sample\.ts .* 8-9, 16-27$/);
  const why = "for a reason";
  const reasons: Reasons = { "a/sample.ts": [["Sample.first", 1, why]] };
  const told = explain([file], reasons, () => lines);
  assert.deepEqual(told.explained, ["a/sample.ts:16 Sample.first: for a reason"]);
  assert.deepEqual(told.stale, []);
  assert.equal(told.unexplained.length, missedLines(file).length - 1);
  assert.ok(told.unexplained.includes('a/sample.ts:22 Sample.name: return "few";'));
});

test("reports a reason as stale if fewer lines are unreached, or the function is gone", () => {
  const file = covered((sample) => [sample.first(9), sample.size]);
  const reasons: Reasons = {
    "a/sample.ts": [
      ["Sample.first", 2, "one line too many"],
      ["Sample.size", 1, "it ran"],
      ["Sample.gone", 1, "no such function"],
    ],
  };
  const { stale } = explain([file], reasons, () => lines);
  const names = ["Sample.first", "Sample.size", "Sample.gone"];
  assert.deepEqual(
    stale,
    names.map((name) => `a/sample.ts ${name}: 1 lines`),
  );
});

test("every reason for unreached lines names a function of its file", () => {
  for (const [path, list] of Object.entries(unreached)) {
    const { functions } = instrument(path, readFileSync(root + path, "utf8")).points;
    for (const [name] of list) {
      assert.ok(name === "" || functions.some((one) => one.name === name), `${path}: ${name}`);
    }
  }
});
