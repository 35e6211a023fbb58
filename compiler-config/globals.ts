/**
 * Makes constants of C from what never changes in wasm2c's C.
 *
 * asc makes a global of each `const`, and wasm2c a field of the module's instance, which is read
 * from memory at each use. Also, each function has the address of the instance as a parameter,
 * although there is only one instance. If every function assigns its address to the parameter, gcc
 * removes the parameter.
 */

const start = "static void init_globals(w2c_kernel* instance) {";
const initialization = /^ {2}instance->(w2c_\w+) = (\d+u(?:ll)?);$/;
const assignment = /instance->(w2c_\w+) = |&instance->(w2c_\w+)/g;
const use = /instance->(w2c_\w+)/g;

/** The only instance; goes after the declaration of its type. */
export const instanceDeclaration = "static w2c_kernel kernel;";
const prologue = "  FUNC_PROLOGUE;";

/** Reports whether the lines are a function of the module. */
export function isModuleFunction(body: string[]): boolean {
  return body.includes(prologue);
}

/** Assigns the address of the instance at the start of a function of the module. */
export function withInstance(body: string[]): string[] {
  return body.map((line) => (line === prologue ? `${line} instance = &kernel;` : line));
}

/** Replaces globals that no function assigns by their values. */
export function inlineConstants(raw: string[]): string[] {
  const first = raw.indexOf(start) + 1;
  const end = raw.indexOf("}", first);
  if (first === 0) throw new Error("the module has no globals");
  const values = new Map<string, string>();
  for (const line of raw.slice(first, end)) {
    const [, name, value] = initialization.exec(line) ?? [];
    if (name !== undefined) values.set(name, value);
  }
  raw.forEach((line, i) => {
    if (i >= first && i < end) return;
    for (const match of line.matchAll(assignment)) values.delete(match[1] ?? match[2]);
  });
  const constant = (line: string) => values.has(initialization.exec(line)?.[1] ?? "");
  return raw
    .filter((line, i) => i < first || i >= end || !constant(line))
    .map((line) => line.replace(use, (whole, name: string) => values.get(name) ?? whole));
}
