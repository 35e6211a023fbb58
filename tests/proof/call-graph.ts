/**
 * The call graph of an unoptimised module, read from its text form. Virtual and interface calls
 * go through stubs that call every implementation directly, so the plain graph is complete; only
 * function values (`call_indirect`) have to be widened to every table entry of the same type.
 */

export class CallGraph {
  /** Function names with the names they call; an import has no entry. */
  readonly calls = new Map<string, string[]>();
  /** Exported names with the functions behind them. */
  readonly exports = new Map<string, string>();
  /** Functions that grow memory themselves. */
  readonly growing: string[] = [];

  constructor(wat: string) {
    const types = new Map<string, string>();
    const typeOf = new Map<string, string>();
    const table: string[] = [];
    const bodies = new Map<string, string>();
    // One top-level form each: they are indented by exactly two spaces.
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

  /** Functions whose name fits, without the `$` in front. */
  named(pattern: RegExp): string[] {
    return [...this.calls.keys()].filter((name) => pattern.test(plain(name)));
  }

  /**
   * The shortest way from `root` to a function that `isGoal`, as names; null when there is none.
   * What `ignored` names is not walked into, and not a goal.
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

  /** Every function that can be reached from `root`, without the `$` in front. */
  reachable(root: string): Set<string> {
    const seen = new Set<string>([root]);
    for (const name of seen) for (const callee of this.calls.get(name) ?? []) seen.add(callee);
    return new Set([...seen].map(plain));
  }
}

/** `$"a,b"` and `$a` as `a,b` and `a`. */
export function plain(name: string): string {
  return name.replace(/^\$"?|"$/g, "");
}
