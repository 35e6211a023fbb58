/** TCP's state, except links and counters, is assigned only in the file that declares it. */
import assert from "node:assert/strict";
import { relative } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { none, root, walk } from "./sources.ts";

const FOLDER = "net/socket/tcp/";

/** Links of intrusive lists: declared in control-block.ts, written by the file of the list. */
const links: Record<string, string> = {
  queue: "listen/queue.ts",
  queueBefore: "listen/queue.ts",
  queueAfter: "listen/queue.ts",
  hashNext: "demux.ts",
  tableIndex: "registry.ts",
};
/** Files of counters, which any file may increment. */
const shared = ["counters.ts"];

/** Returns the target of an assignment, or of `++` and `--`. */
function targetOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isBinaryExpression(node)) {
    const kind = node.operatorToken.kind;
    const assigns = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
    return assigns ? node.left : undefined;
  }
  if (ts.isPostfixUnaryExpression(node)) return node.operand;
  if (!ts.isPrefixUnaryExpression(node)) return undefined;
  const changes = [ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken];
  return changes.includes(node.operator) ? node.operand : undefined;
}

/** Returns the path below net/socket/tcp/, or undefined for a file elsewhere. */
function below(source: ts.SourceFile): string | undefined {
  const path = relative(root, source.fileName);
  return path.startsWith(FOLDER) ? path.slice(FOLDER.length) : undefined;
}

/** Returns the assignments to fields of other files, and the total number of assignments. */
function foreignWrites(program: ts.Program): { complaints: string[]; count: number } {
  const checker = program.getTypeChecker();
  const complaints: string[] = [];
  let count = 0;
  for (const source of program.getSourceFiles()) {
    const path = below(source);
    if (path === undefined) continue;
    walk(source, (node) => {
      const target = targetOf(node);
      if (target === undefined || !ts.isPropertyAccessExpression(target)) return;
      const declaration = checker.getSymbolAtLocation(target.name)?.valueDeclaration;
      if (declaration === undefined || !ts.isPropertyDeclaration(declaration)) return;
      const owner = below(declaration.getSourceFile());
      count++;
      if (owner === undefined || owner === path || shared.includes(owner)) return;
      const name = target.name.text;
      if (owner === "control-block.ts" && links[name] === path) return;
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      complaints.push(`${FOLDER}${path}:${line} writes ${name}, which belongs to ${owner}`);
    });
  }
  return { complaints, count };
}

test("TCP's state, except links and counters, is assigned only in its declaring file", () => {
  const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const { complaints, count } = foreignWrites(ts.createProgram(parsed.fileNames, parsed.options));
  assert.ok(count > 100, `only ${count} assignments were found`);
  none(complaints);
});
