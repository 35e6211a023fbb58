/**
 * Every name that a kernel file exports is used by another kernel file, or by its own file if a
 * test imports it.
 */
import { dirname, normalize } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { files, kernelFiles, none, parse, walk, where } from "./sources.ts";

/** Exported names without such a use, each with its reason; a path alone is a whole file. */
const allowed: Record<string, string> = {
  "net/api.ts": "the public API",
  "kernel/main.ts": "what the native kernel calls",
  "machine/host.ts tlsReadable": "for the library's own tests in C",
  "net/wire/ip-address.ts IP_ADDRESS_BYTES": "the size of an address, for code that stores one",
  "core/tls-codes.ts TLS_OUTPUT": "a bit that the engine reports, as in glue/tls.h",
  "machine/clock.ts clockSource": "read by tests: which clock was chosen",
  "machine/interrupts.ts interruptCount": "read by tests and debuggers",
};

interface Exported {
  name: string;
  at: string;
}

/** Returns the names that the declarations of a file export. */
function exportsOf(file: ts.SourceFile): Exported[] {
  const found: Exported[] = [];
  for (const statement of file.statements) {
    if (!ts.canHaveModifiers(statement)) continue;
    const modifiers = ts.getModifiers(statement) ?? [];
    if (!modifiers.some((one) => one.kind === ts.SyntaxKind.ExportKeyword)) continue;
    const declarations = ts.isVariableStatement(statement)
      ? [...statement.declarationList.declarations]
      : [statement as ts.DeclarationStatement];
    for (const { name } of declarations) {
      if (name !== undefined && ts.isIdentifier(name)) {
        found.push({ name: name.text, at: where(statement) });
      }
    }
  }
  return found;
}

/** Returns the path of the module that a declaration of `path` imports or exports from, or null. */
function targetOf(path: string, node: ts.ImportDeclaration | ts.ExportDeclaration): string | null {
  const module = node.moduleSpecifier;
  if (module === undefined || !ts.isStringLiteral(module)) return null;
  return `${normalize(`${dirname(path)}/${module.text}`).replace(/\.ts$/, "")}.ts`;
}

/** Returns every name that one of these files imports or exports from another, as `path name`. */
function namesUsedBy(paths: string[]): Set<string> {
  const used = new Set<string>();
  for (const path of paths) {
    const whole = new Map<string, string>();
    walk(parse(path), (node) => {
      if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
        const target = whole.get(node.expression.text);
        if (target !== undefined) used.add(`${target} ${node.name.text}`);
      }
      if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
      const target = targetOf(path, node);
      const names = ts.isImportDeclaration(node)
        ? node.importClause?.namedBindings
        : node.exportClause;
      if (target === null || names === undefined) return;
      if (ts.isNamespaceImport(names)) whole.set(names.name.text, target);
      else if ("elements" in names) {
        for (const one of names.elements)
          used.add(`${target} ${(one.propertyName ?? one.name).text}`);
      }
    });
  }
  return used;
}

/** Returns every name that occurs more than once in a file, as `path name`. */
function namesUsedInOwnFile(): Set<string> {
  const used = new Set<string>();
  for (const path of kernelFiles()) {
    const counts = new Map<string, number>();
    walk(parse(path), (node) => {
      if (ts.isIdentifier(node)) counts.set(node.text, (counts.get(node.text) ?? 0) + 1);
    });
    for (const [name, count] of counts) if (count > 1) used.add(`${path} ${name}`);
  }
  return used;
}

test("every exported name is used by another kernel file, or by its own file and a test", () => {
  const used = namesUsedBy(kernelFiles());
  const inOwnFile = namesUsedInOwnFile();
  for (const key of namesUsedBy(files("tests", ".ts"))) if (inOwnFile.has(key)) used.add(key);
  const complaints: string[] = [];
  const needed = new Set<string>();
  for (const path of kernelFiles()) {
    for (const { name, at } of exportsOf(parse(path))) {
      const key = `${path} ${name}`;
      if (used.has(key)) continue;
      const reason = [path, key].find((one) => one in allowed);
      if (reason === undefined) complaints.push(`${at}: no other file uses ${name}`);
      else needed.add(reason);
    }
  }
  const unneeded = Object.keys(allowed).filter((key) => !needed.has(key));
  none([
    ...complaints,
    ...unneeded.map((key) => `${key}: no longer needed, delete it from the list`),
  ]);
});
