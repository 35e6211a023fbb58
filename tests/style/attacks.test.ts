/** The catalogue of attacks (docs/attacks.md) agrees with the tests that cite its rows. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { mutants as rowMutants } from "../attack/mutants/all.ts";
import { mutants } from "../sim/mutant-table.ts";
import { files, lines, none, root, text } from "./sources.ts";

interface Row {
  /** Where the row is, for messages. */
  where: string;
  /** The cells of the row. */
  cells: string[];
  /** Test files that the last cell links to, as paths from the project's root. */
  tests: string[];
}

const ROW = /^\| ([A-Z]{2,3}-\d\d) \|/;
const NOT_APPLICABLE = /^not applicable: \S.{10,}$/;

/** Returns the rows of all pages by id; a duplicate id is an error. */
function catalogue(complaints: string[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const page of files("docs/attacks", ".md")) {
    lines(page).forEach((line, index) => {
      const id = ROW.exec(line)?.[1];
      if (id === undefined) return;
      const where = `${page}:${index + 1} ${id}`;
      if (rows.has(id)) complaints.push(`${where} appears twice`);
      const cells = line.split("|").slice(2, -1);
      const links = (cells.at(-1) ?? "").matchAll(/\]\(([^)]+)\)/g);
      const tests = [...links].map(([, link]) => normalize(join(dirname(page), link)));
      rows.set(id, { where, cells: cells.map((cell) => cell.trim()), tests });
    });
  }
  return rows;
}

const twice: string[] = [];
const rows = catalogue(twice);

test("every row of the catalogue has a unique id", () => {
  assert.ok(rows.size > 300, `only ${rows.size} rows were read`);
  none(twice);
});

test("the catalogue's first page counts the rows", () => {
  const page = "docs/attacks.md";
  const counts = [...text(page).matchAll(/\]\((attacks\/[^)]+)\) \|.*\| (\d+) \|$/gm)];
  const complaints: string[] = [];
  for (const [, part, count] of counts) {
    const found = lines(`docs/${part}`).filter((line) => ROW.test(line)).length;
    if (found !== Number(count))
      complaints.push(`${page}: ${part} has ${found} rows, not ${count}`);
  }
  none(complaints);
  assert.match(text(page), new RegExp(`: ${rows.size} rows\\.`));
});

test("every cited id is a row of the catalogue", () => {
  const prefixes = [...new Set([...rows.keys()].map((id) => id.split("-")[0]))];
  const citation = new RegExp(`\\b(?:${prefixes.join("|")})-\\d\\d\\b`, "g");
  const complaints: string[] = [];
  for (const path of files(".", ".ts", ".md", ".c", ".h")) {
    lines(path).forEach((line, index) => {
      for (const [id] of line.matchAll(citation)) {
        if (!rows.has(id)) complaints.push(`${path}:${index + 1} cites ${id}, which has no row`);
      }
    });
  }
  none(complaints);
});

test("every row names its tests, or says why there are none", () => {
  const complaints: string[] = [];
  for (const [id, { where, cells, tests }] of rows) {
    const excused = cells.some((cell) => NOT_APPLICABLE.test(cell));
    if (tests.length === 0 && !excused) complaints.push(`${where} names no test`);
    if (tests.length > 0 && excused) complaints.push(`${where} is not applicable, yet has a test`);
    for (const path of tests) {
      if (!path.endsWith(".test.ts") || !existsSync(root + path)) {
        complaints.push(`${where} names ${path}, which is not a test file`);
      } else if (!text(path).includes(id)) complaints.push(`${where}: ${path} does not cite it`);
    }
  }
  none(complaints);
});

test("every mutant changes one place of the kernel's sources, and the rows it names exist", () => {
  const complaints: string[] = [];
  const find = (what: string, file: string, from: string) => {
    const count = existsSync(root + file) ? text(file).split(from).length - 1 : 0;
    if (count !== 1) complaints.push(`"${what}": ${file} contains this ${count} times: ${from}`);
  };
  for (const [what, file, from] of mutants) find(what, file, from);
  for (const [ids, what, file, from] of rowMutants) {
    find(`${ids}: ${what}`, file, from);
    const unknown = ids.split(" ").filter((id) => !rows.has(id));
    complaints.push(...unknown.map((id) => `"${what}" names ${id}, which has no row`));
  }
  none(complaints);
});
