/**
 * The call graph of an unoptimized module, from its text format. Virtual and interface calls go
 * through stubs that call every implementation directly, so the graph has all of them. A call of a
 * function value (`call_indirect`) is assumed to reach every table entry of the same type.
 */

export class CallGraph {
  /** Function names with the names they call; an import has no entry. */
  readonly calls = new Map<string, string[]>();
  /** Exported names with the functions that they export. */
  readonly exports = new Map<string, string>();
  /** Functions that grow memory themselves. */
  readonly growing: string[] = [];

  constructor(wat: string) {
    const types = new Map<string, string>();
    const typeOf = new Map<string, string>();
    const table: string[] = [];
    const bodies = new Map<string, string>();
    // Split into top-level forms, which are indented by exactly two spaces.
    for (const form of wat.split(/\n(?= {2}\()/)) {
      const [, kind] = /^ {2}\((\w+)/.exec(form) ?? [];
      if (kind === "type") {
        const [, index, signature] = /\(;(\d+);\) \(func(.*)\)\)/s.exec(form) ?? [];
        types.set(index, signature.trim());
      } else if (kind === "func") {
        const [, name, type] = /\(func (\S+|\$"[^"]*") \(type (\d+)\)/.exec(form) ?? [];
        bodies.set(name, form);
        typeOf.set(name, type);
      } else if (kind === "elem") {
        table.push(...(form.match(/\$(?:"[^"]*"|[^\s()"]+)/g) ?? []));
      } else if (kind === "export") {
        const [, exported, name] = /\(export "([^"]*)" \(func ([^)]+)\)/.exec(form) ?? [];
        if (exported !== undefined) this.exports.set(exported, name);
      }
    }
    for (const [name, body] of bodies) {
      const direct = [...body.matchAll(/\bcall (\$(?:"[^"]*"|[^\s()"]+))/g)].map((m) => m[1]);
      const indirect = [...body.matchAll(/call_indirect.*\(type (\d+)\)/g)].flatMap(([, type]) =>
        table.filter((entry) => types.get(typeOf.get(entry) ?? "") === types.get(type)),
      );
      this.calls.set(name, [...new Set([...direct, ...indirect])]);
      if (/\bmemory\.grow\b/.test(body)) this.growing.push(name);
    }
  }

  /** Returns the functions whose name, without the leading `$`, matches. */
  named(pattern: RegExp): string[] {
    return [...this.calls.keys()].filter((name) => pattern.test(plain(name)));
  }

  /**
   * Returns the shortest path from `root` to a function that `isGoal`, as names, or null. Functions
   * in `ignored` are neither followed nor goals.
   */
  path(root: string, isGoal: (name: string) => boolean, ignored: Set<string>): string[] | null {
    const cameFrom = new Map<string, string | null>([[root, null]]);
    const queue = [root];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (ignored.has(plain(name))) continue;
      if (isGoal(plain(name))) {
        const way: string[] = [];
        for (let at: string | null = name; at !== null; at = cameFrom.get(at) ?? null) {
          way.unshift(plain(at));
        }
        return way;
      }
      for (const callee of this.calls.get(name) ?? []) {
        if (cameFrom.has(callee)) continue;
        cameFrom.set(callee, name);
        queue.push(callee);
      }
    }
    return null;
  }

  /** Returns the names of all functions reachable from `root`, without the leading `$`. */
  reachable(root: string): Set<string> {
    const seen = new Set<string>([root]);
    for (const name of seen) for (const callee of this.calls.get(name) ?? []) seen.add(callee);
    return new Set([...seen].map(plain));
  }
}

/** Returns a name without `$` and quotes: `$"a,b"` is `a,b`. */
export function plain(name: string): string {
  return name.replace(/^\$"?|"$/g, "");
}
