/** The project's own files, and TypeScript parsed with the compiler's API, for the style tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const skipped = new Set(["node_modules", "build", ".git"]);

/** Returns the paths, from the root, of all files below `folder` with one of these `endings`. */
export function files(folder: string, ...endings: string[]): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (skipped.has(entry.name)) continue;
    if (entry.isDirectory()) found.push(...files(path, ...endings));
    else if (endings.length === 0 || endings.some((end) => path.endsWith(end))) found.push(path);
  }
  return found.sort();
}

/** Returns all AssemblyScript files that can become part of the kernel. */
export function kernelFiles(): string[] {
  const folders = readdirSync(root).filter((name) =>
    ["core", "machine", "drivers", "net", "kernel", "examples"].includes(name),
  );
  return folders.flatMap((folder) => files(folder, ".ts"));
}

/** Returns all TypeScript files of the project, tests included. */
export function allFiles(): string[] {
  return files(".", ".ts");
}

const texts = new Map<string, string>();

export function text(path: string): string {
  let content = texts.get(path);
  if (content === undefined) {
    content = readFileSync(join(root, path), "utf8");
    texts.set(path, content);
  }
  return content;
}

/** Returns the lines of a file, without the empty one after the last line feed. */
export function lines(path: string): string[] {
  return text(path).replace(/\n$/, "").split("\n");
}

export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, text(path), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

/** Calls `visit` for `node` and every node below it, outermost first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Returns `path:line` of a node, which editors and terminals turn into a link. */
export function where(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

interface CFunction {
  name: string;
  at: string;
  lines: number;
  parameters: number;
}

/** A definition in C whose braces are not those of a function. */
const data = /^((typedef|static|const) )*(struct|enum|union) (\w+ )?\{|= \{/;

/**
 * Returns the functions that a C file defines. Expects both ends of each in the first column.
 * Throws if it cannot tell what something is.
 */
export function functionsOfC(path: string): CFunction[] {
  const found: CFunction[] = [];
  const source = lines(path).map((line) => line.replace(/\s*(\/\*.*\*\/|\/\/.*)$/, ""));
  /** Returns the first line from `from` on that matches. */
  const next = (pattern: RegExp, from: number) => {
    const index = source.findIndex((line, at) => at >= from && pattern.test(line));
    if (index < 0) throw new Error(`${path}:${from + 1}: no line up to the end matches ${pattern}`);
    return index;
  };
  for (let first = 0; first < source.length; first++) {
    if (!/^[A-Za-z_]/.test(source[first])) continue;
    let last = next(/[{};]$/, first);
    const head = source.slice(first, last + 1).join(" ");
    if (head.endsWith("{")) last = next(/^\}/, last + 1);
    const definition = /(\w+)\(((?:[^()]|\([^()]*\))*)\) \{/.exec(head);
    if (definition === null) {
      if (head.includes("{") && !data.test(head)) {
        throw new Error(`${path}:${first + 1}: neither data nor a function: ${head}`);
      }
      first = last;
      continue;
    }
    const [, name, list] = definition;
    // HOST is the instance that wasm2c passes to every host function.
    const parameters = list.replace(/\([^()]*\)/g, "").split(",");
    const count = parameters.filter((one) => !["void", "HOST"].includes(one.trim())).length;
    found.push({ name, at: `${path}:${first + 1}`, lines: last - first + 1, parameters: count });
    first = last;
  }
  return found;
}

/** Fails with all complaints at once, one per line, or passes if there are none. */
export function none(complaints: string[]): void {
  if (complaints.length > 0) {
    throw new Error(`${complaints.length} found:\n  ${complaints.join("\n  ")}`);
  }
}
