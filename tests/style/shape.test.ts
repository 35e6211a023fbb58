/** Limits on lines, functions and files; each file must say what it is for. */
import { existsSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";
import {
  allFiles,
  files,
  functionsOfC,
  kernelFiles,
  lines,
  none,
  parse,
  root,
  text,
  walk,
  where,
} from "./sources.ts";

const LINE_COLUMNS = 100;
const FUNCTION_LINES = 60;
const PARAMETERS = 6;
const FILE_LINES = 400;
const MAIN_LINES = 60;
const NATIVE_LINES = 2000;
const LOADER_LINES = 900;

/** Tables of constants may be longer; each with the reason. */
const longFiles: Record<string, string> = {};

/** C functions whose parameters are given by the mbedTLS functions that they replace. */
const imposed: Record<string, string> = {
  tls_verify_sent: "replaces mbedtls_x509_crt_verify_with_ca_cb",
  tls_verify_signature: "replaces mbedtls_pk_verify_ext",
  tls_verify_restartable: "replaces mbedtls_pk_verify_restartable",
};

const nativeFolders = [
  "machine/native",
  "machine/loader",
  "net/service/tls/glue",
  "tests/tls",
  "tests/fuzz",
  "tools/tape",
];

function nativeFiles(folders = nativeFolders): string[] {
  return folders
    .filter((folder) => existsSync(`${root}${folder}`))
    .flatMap((folder) => files(folder, ".c", ".h", ".S"));
}

test(`no line is longer than ${LINE_COLUMNS} columns`, () => {
  const sources = [
    ...allFiles(),
    ...nativeFiles(),
    ...files("compiler-config", ".sh", ".ld", ".mk"),
  ];
  const complaints = sources.flatMap((path) =>
    lines(path).flatMap((line, index) =>
      [...line].length > LINE_COLUMNS ? [`${path}:${index + 1} has ${[...line].length}`] : [],
    ),
  );
  none(complaints);
});

test(`no file is longer than ${FILE_LINES} lines, except the tables listed here`, () => {
  const long = [...allFiles(), ...nativeFiles()].filter((path) => lines(path).length > FILE_LINES);
  const complaints = long
    .filter((path) => longFiles[path] === undefined)
    .map((path) => `${path} has ${lines(path).length}`);
  for (const path of Object.keys(longFiles)) {
    if (!long.includes(path)) complaints.push(`${path} is listed as a long table, but is not long`);
  }
  none(complaints);
});

/** Reports whether a function is the body of a suite: a list of tests, which may be long. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && ["describe", "suite"].includes(call.expression.getText());
}

/** Returns the complaints about the functions of all TypeScript files. */
function complaintsOf(complain: (node: ts.FunctionLikeDeclaration) => string | undefined) {
  const complaints: string[] = [];
  for (const path of allFiles()) {
    walk(parse(path), (node) => {
      if (!ts.isFunctionLike(node) || isSuite(node)) return;
      const complaint = complain(node as ts.FunctionLikeDeclaration);
      if (complaint !== undefined) complaints.push(`${where(node)} ${complaint}`);
    });
  }
  return complaints;
}

const cFunctions = () =>
  nativeFiles()
    .filter((path) => !path.endsWith(".S"))
    .flatMap(functionsOfC);

test(`no function is longer than ${FUNCTION_LINES} lines`, () => {
  const typescript = complaintsOf((node) => {
    const source = node.getSourceFile();
    const first = source.getLineAndCharacterOfPosition(node.getStart()).line;
    const last = source.getLineAndCharacterOfPosition(node.getEnd()).line;
    return last - first + 1 > FUNCTION_LINES ? `has ${last - first + 1} lines` : undefined;
  });
  const native = cFunctions().filter(({ lines }) => lines > FUNCTION_LINES);
  none([...typescript, ...native.map(({ at, name, lines }) => `${at} ${name} has ${lines} lines`)]);
});

test(`no function has more than ${PARAMETERS} parameters`, () => {
  const typescript = complaintsOf(({ parameters: { length } }) =>
    length > PARAMETERS ? `has ${length} parameters` : undefined,
  );
  const native = cFunctions().filter(({ parameters }) => parameters > PARAMETERS);
  const complaints = native
    .filter(({ name }) => !(name in imposed))
    .map(({ at, name, parameters }) => `${at} ${name} has ${parameters} parameters`);
  const stale = Object.keys(imposed)
    .filter((listed) => !native.some(({ name }) => name === listed))
    .map((listed) => `${listed} is listed, but has at most ${PARAMETERS} parameters`);
  none([...typescript, ...complaints, ...stale]);
});

test("every file starts with a comment on what it is for", () => {
  const typescript = allFiles().filter((path) => !/^\/\*\*[ \n]/.test(text(path)));
  const native = nativeFiles().filter((path) => !/^(\/\*|\/\/|#)/.test(text(path)));
  none([...typescript, ...native]);
});

test(`kernel/main.ts, the table of contents, has at most ${MAIN_LINES} lines`, () => {
  const count = lines("kernel/main.ts").length;
  none(count > MAIN_LINES ? [`kernel/main.ts has ${count}`] : []);
});

for (const [folder, limit] of [
  ["machine/native", NATIVE_LINES],
  ["machine/loader", LOADER_LINES],
] as const) {
  test(`${folder} has fewer than ${limit} lines of C and assembly`, () => {
    const counts = nativeFiles([folder]).map((path) => lines(path).length);
    const sum = counts.reduce((a, b) => a + b, 0);
    none(sum >= limit ? [`${folder} has ${sum}`] : []);
  });
}

test("public functions of the wire formats and the API are documented", () => {
  const complaints: string[] = [];
  for (const path of kernelFiles()) {
    if (!path.startsWith("net/wire/") && path !== "net/api.ts") continue;
    for (const statement of parse(path).statements) {
      if (!ts.isFunctionDeclaration(statement)) continue;
      const exported = statement.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
      if (exported && ts.getJSDocCommentsAndTags(statement).length === 0) {
        complaints.push(`${where(statement)} ${statement.name?.text} has no doc comment`);
      }
    }
  }
  none(complaints);
});
