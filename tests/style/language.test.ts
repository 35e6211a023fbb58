/** No floats, `any`, hidden clocks or randomness in the kernel; other rules for all TypeScript. */
import { existsSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";
import { allFiles, files, kernelFiles, none, parse, root, text, walk, where } from "./sources.ts";

/** Names that must not be used, with what to use instead. */
const bannedNames: Record<string, string> = {
  f32: "integers: floats would pull libm in",
  f64: "integers: floats would pull libm in",
  Date: "the time that is passed in",
  trace: "core/log.ts or the shell",
};

/** The members of AssemblyScript's global `console`; variables may have that name. */
const consoleMethods = new Set(["log", "info", "warn", "error", "debug", "assert", "time"]);

function objection(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) {
    const property = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    if (property) {
      const owner = (node.parent as ts.PropertyAccessExpression).expression.getText();
      if (owner === "Math") return "Math works on floats";
      if (node.text === "replaceAll") return "replaceAll overruns its buffer: use replaceText";
      const printing = owner === "console" && consoleMethods.has(node.text);
      return printing ? "console: use core/log.ts or the shell" : undefined;
    }
    return Object.hasOwn(bannedNames, node.text) && !isDeclarationName(node)
      ? `${node.text}: use ${bannedNames[node.text]}`
      : undefined;
  }
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "any";
  if (node.kind === ts.SyntaxKind.NumberKeyword) return "number is f64: name the integer's width";
  if (ts.isNumericLiteral(node) && /^[0-9_]*(\.|[eE])/.test(node.getText())) {
    return `${node.getText()} is a float`;
  }
  return undefined;
}

/** Reports whether a name is that of a class member, which may have any name: `log.trace`. */
function isDeclarationName(node: ts.Identifier): boolean {
  const parent = node.parent;
  return (
    (ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node
  );
}

test("kernel code uses no floats, any, hidden clock, hidden randomness or console", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles()) {
    walk(parse(path), (node) => {
      const why = objection(node);
      if (why !== undefined) complaints.push(`${where(node)} ${why}`);
    });
  }
  none(complaints);
});

/** The only file that may read this machine's clock; it never compares it with another clock. */
const clockReaders = new Set(["tests/tls/certificates.ts"]);

test("no build script, test or tool reads the time of day", () => {
  const complaints: string[] = [];
  const kernel = new Set(kernelFiles());
  for (const path of allFiles()) {
    if (kernel.has(path) || clockReaders.has(path)) continue;
    walk(parse(path), (node) => {
      const reads =
        (ts.isPropertyAccessExpression(node) && node.getText() === "Date.now") ||
        (ts.isNewExpression(node) && node.getText() === "new Date()") ||
        (ts.isCallExpression(node) && node.expression.getText() === "Date");
      if (reads) complaints.push(`${where(node)}: use performance.now() or lab/host/test-clock.ts`);
    });
  }
  none(complaints);
});

test("nothing silences the type checker", () => {
  const silencer = /@ts-(ignore|nocheck|expect-error)/;
  const own = "tests/style/language.test.ts";
  none(allFiles().filter((path) => path !== own && silencer.test(text(path))));
});

/** Returns the wire formats that an entry imports, itself or through another entry. */
function formatsOf(entry: string): string[] {
  const imports = [...text(entry).matchAll(/ from "(\.[^"]+)"/g)].map(([, path]) => path);
  return imports.flatMap((path) => {
    if (path.startsWith("./")) return formatsOf(`tests/lab/entries/${path.slice(2)}.ts`);
    return /net\/wire\/(.+)/.exec(path)?.[1] ?? [];
  });
}

/** Returns the wire formats imported by entries in tests/lab/entries/ that a unit test loads. */
function formatsUnderTest(): Set<string> {
  const tests = files("tests/unit", ".test.ts").map(text);
  const loaded = files("tests/lab/entries", ".ts").filter((entry) =>
    tests.some((test) => test.includes(entry)),
  );
  return new Set(loaded.flatMap(formatsOf));
}

test("every wire format has a unit test, or an entry that a unit test loads", () => {
  const tested = formatsUnderTest();
  const complaints = files("net/wire", ".ts").filter((path) => {
    const name = path.slice("net/wire/".length, -".ts".length);
    return !tested.has(name) && !existsSync(`${root}tests/unit/net/wire/${name}.test.ts`);
  });
  none(complaints);
});
