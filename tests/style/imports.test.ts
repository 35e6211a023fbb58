/** The import rule: a file imports its own folder or a lower rank (ARCHITECTURE.md). */
import assert from "node:assert/strict";
import { dirname, normalize } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { kernelFiles, none, parse, walk, where } from "./sources.ts";

/** Layers with their ranks; the longest path that fits is a file's layer. */
const ranks: Record<string, number> = {
  core: 0,
  "core/limits": -1,
  "net/wire": 1,
  machine: 1,
  "net/phy": 2,
  "kernel/config": 2,
  drivers: 3,
  "net/socket": 3,
  "net/iface": 4,
  "net/service": 5,
  "net/api": 6,
  "kernel/shell": 6,
  "kernel/start": 7,
  examples: 7,
  "kernel/main": 8,
};

/** Layers that see less than their rank allows. */
const narrower: Record<string, string[]> = {
  drivers: ["core", "core/limits", "machine", "net/wire/frame", "net/phy"],
};

/** What no file of a tree may import, whatever the ranks. */
const forbidden: Record<string, string[]> = { net: ["drivers", "machine"] };

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function layerOf(path: string): string | undefined {
  const fitting = Object.keys(ranks).filter((layer) => within(path, layer));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

/** Why `from` may not import `to` (both without `.ts`), or undefined where it may. */
function objection(from: string, to: string): string | undefined {
  const [own, other] = [layerOf(from), layerOf(to)];
  if (own === undefined) return `${from} belongs to no layer`;
  if (other === undefined) return `${to} belongs to no layer`;
  for (const [tree, closed] of Object.entries(forbidden)) {
    const hit = closed.find((folder) => within(from, tree) && within(to, folder));
    if (hit !== undefined) return `${tree}/ must not import ${hit}`;
  }
  if (own === other) return undefined;
  const allowed = narrower[own];
  if (allowed !== undefined && !allowed.some((layer) => within(to, layer))) {
    return `${own} may import only ${allowed.join(", ")}`;
  }
  if (ranks[other] >= ranks[own]) {
    return `${own} has rank ${ranks[own]} and ${other} rank ${ranks[other]}`;
  }
  return undefined;
}

test("the rule itself tells right from wrong", () => {
  assert.equal(objection("net/socket/udp", "net/wire/udp"), undefined);
  assert.equal(objection("net/socket/tcp/table", "net/socket/sink"), undefined);
  assert.equal(objection("kernel/main", "net/api"), undefined);
  assert.match(objection("net/socket/udp", "net/iface/ip") ?? "", /rank/);
  assert.match(objection("net/wire/udp", "machine/clock") ?? "", /must not/);
  assert.match(objection("machine/clock", "net/wire/udp") ?? "", /rank/);
  assert.match(objection("drivers/pci/pci", "net/wire/ipv4") ?? "", /only/);
});

test("a file imports its own folder or a lower rank", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles()) {
    walk(parse(path), (node) => {
      if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
      const module = node.moduleSpecifier;
      if (module === undefined || !ts.isStringLiteral(module)) return;
      const target = normalize(`${dirname(path)}/${module.text}`).replace(/\.ts$/, "");
      const why = objection(path.replace(/\.ts$/, ""), target);
      if (why !== undefined) complaints.push(`${where(node)} imports ${target}: ${why}`);
    });
  }
  none(complaints);
});

test("only machine/host.ts declares functions of the outside", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles().filter((path) => path !== "machine/host.ts")) {
    walk(parse(path), (node) => {
      if (node.kind === ts.SyntaxKind.DeclareKeyword) complaints.push(where(node));
    });
  }
  none(complaints);
});

test("no module of net/ but net/api.ts has a variable of its own", () => {
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
