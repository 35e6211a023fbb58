/** The import rule: imports go down the staircase and never in a circle (ARCHITECTURE.md). */
import assert from "node:assert/strict";
import { dirname, normalize } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { kernelFiles, none, parse, walk, where } from "./sources.ts";

/**
 * The staircase: the children of a folder, lowest step first. A file may import from its own step
 * and from lower ones. The children of other folders may be in any order, but in no circle.
 */
const stairs: Record<string, string[]> = {
  "": ["core", "machine", "net", "drivers", "kernel", "examples"],
  net: ["wire", "phy", "filter", "socket", "iface", "service", "api"],
  kernel: ["config", "programs", "shell", "start", "main"],
};

/** Folders that may import less than the staircase allows. */
const forbidden: Record<string, string[]> = { net: ["machine", "kernel"], machine: ["net"] };
const narrower: Record<string, string[]> = {
  drivers: ["core", "machine", "net/wire/frame", "net/phy"],
};

function within(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/** The child of `folder` that is or contains `path`. */
function childOf(folder: string, path: string): string {
  return (folder === "" ? path : path.slice(folder.length + 1)).split("/")[0];
}

/** Says why `from` may not import `to` (paths without `.ts`), or undefined if it may. */
function objection(from: string, to: string): string | undefined {
  for (const [tree, closed] of Object.entries(forbidden)) {
    const hit = closed.find((folder) => within(from, tree) && within(to, folder));
    if (hit !== undefined) return `${tree}/ must not import ${hit}`;
  }
  for (const [tree, open] of Object.entries(narrower)) {
    if (!within(from, tree) || within(to, tree)) continue;
    if (!open.some((path) => within(to, path)))
      return `${tree}/ may import only ${open.join(", ")}`;
  }
  for (const [folder, steps] of Object.entries(stairs)) {
    if (!within(from, folder) || !within(to, folder)) continue;
    const [own, other] = [childOf(folder, from), childOf(folder, to)];
    const [step, otherStep] = [steps.indexOf(own), steps.indexOf(other)];
    if (step < 0) return `${from} is on no step of the staircase`;
    if (otherStep < 0) return `${to} is on no step of the staircase`;
    if (otherStep > step) return `${other} is above ${own}`;
  }
  return undefined;
}

interface Import {
  from: string;
  to: string;
  where: string;
}

/** Returns every import of one of the kernel's files by another. */
function imports(): Import[] {
  const found: Import[] = [];
  for (const path of kernelFiles()) {
    for (const node of parse(path).statements) {
      if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) continue;
      const module = node.moduleSpecifier;
      if (module === undefined || !ts.isStringLiteral(module)) continue;
      const to = normalize(`${dirname(path)}/${module.text}`).replace(/\.ts$/, "");
      found.push({ from: path.replace(/\.ts$/, ""), to, where: where(node) });
    }
  }
  return found;
}

/** Returns a circle in a graph, as the nodes along it, or undefined if there is none. */
function circle(edges: Map<string, Set<string>>): string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    way.push(node);
    for (const next of edges.get(node) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    way.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const found = visit(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns which children of `folder` (files and whole sub-folders) import which others. */
function childGraph(folder: string, all: Import[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  // A file and a folder of the same name (ca.ts and ca/) are two children.
  const name = (path: string) => {
    const child = childOf(folder, path);
    return path.length > (folder === "" ? 0 : folder.length + 1) + child.length
      ? `${child}/`
      : child;
  };
  for (const { from, to } of all) {
    const inside = (path: string) => path !== folder && within(path, folder);
    if (!inside(from) || !inside(to)) continue;
    const [own, other] = [name(from), name(to)];
    if (own === other) continue;
    if (!edges.has(own)) edges.set(own, new Set());
    edges.get(own)?.add(other);
  }
  return edges;
}

test("the rule itself tells right from wrong", () => {
  assert.equal(objection("net/socket/udp", "net/wire/udp"), undefined);
  assert.equal(objection("net/socket/tcp/tcp", "net/socket/sink"), undefined);
  assert.equal(objection("kernel/main", "net/api"), undefined);
  assert.match(objection("net/socket/udp", "net/iface/layer") ?? "", /iface is above socket/);
  assert.match(objection("net/wire/udp", "machine/clock") ?? "", /must not/);
  assert.match(objection("machine/clock", "net/wire/udp") ?? "", /must not/);
  assert.match(objection("drivers/pci/pci", "net/wire/ipv4") ?? "", /only/);
  assert.match(objection("core/log", "machine/clock") ?? "", /machine is above core/);
});

test("finds a circle, and accepts a graph without one", () => {
  const graph = (...pairs: [string, string][]) => {
    const edges = new Map<string, Set<string>>();
    for (const [from, to] of pairs) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    return edges;
  };
  assert.equal(circle(graph(["a", "b"], ["b", "c"], ["a", "c"])), undefined);
  assert.deepEqual(circle(graph(["a", "b"], ["b", "c"], ["c", "b"])), ["b", "c", "b"]);
});

test("no import climbs the staircase", () => {
  const complaints: string[] = [];
  for (const { from, to, where } of imports()) {
    const why = objection(from, to);
    if (why !== undefined) complaints.push(`${where} imports ${to}: ${why}`);
  }
  none(complaints);
});

test("no files import one another in a circle, and no folders do", () => {
  const all = imports();
  const folders = new Set([""]);
  for (const { from } of all) {
    for (let at = dirname(from); at !== "."; at = dirname(at)) folders.add(at);
  }
  const complaints: string[] = [];
  for (const folder of [...folders].sort()) {
    const found = circle(childGraph(folder, all));
    if (found !== undefined) complaints.push(`${folder}/: ${found.join(" imports ")}`);
  }
  none(complaints);
});

test("only machine/host.ts declares external functions", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles().filter((path) => path !== "machine/host.ts")) {
    walk(parse(path), (node) => {
      if (node.kind === ts.SyntaxKind.DeclareKeyword) complaints.push(where(node));
    });
  }
  none(complaints);
});

test("no module of net/ except net/api.ts has a module-level variable", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles()) {
    if (!path.startsWith("net/") || path === "net/api.ts") continue;
    for (const statement of parse(path).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      if (!constant) complaints.push(where(statement));
    }
  }
  none(complaints);
});
