/** A strict reader of Prometheus' text format 0.0.4, for what the kernel exports. */

export interface Family {
  type: string;
  help: string;
  /** The values by their labels, as they are written: `{device="net0"}`, or "". */
  samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const HELP = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\d+(?:\\.\\d+)?)$`);

/**
 * Returns the families of a page by name. Throws if a line is malformed, a family lacks its help or
 * type or is not in one piece, or labels repeat.
 */
export function parseMetrics(page: string): Map<string, Family> {
  const families = new Map<string, Family>();
  if (!page.endsWith("\n")) throw new Error("the last line has no end");
  let name = "";
  const lines = page.slice(0, -1).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const fail = (why: string) => new Error(`line ${i + 1}: ${why}: ${lines[i]}`);
    const help = HELP.exec(lines[i]);
    if (help) {
      name = help[1];
      if (families.has(name)) throw fail("seen before");
      const type = TYPE.exec(lines[++i] ?? "");
      if (type?.[1] !== name) throw fail("no type of this family");
      families.set(name, { type: type[2], help: help[2], samples: new Map() });
      if (type[2] === "counter" && !name.endsWith("_total")) throw fail("not a counter's name");
      continue;
    }
    const [, own, labels, value] = SAMPLE.exec(lines[i]) ?? [];
    if (own === undefined) throw fail("malformed");
    if (own !== name) throw fail("not of this family");
    const { samples } = families.get(name) as Family;
    if (samples.has(labels ?? "")) throw fail("labels seen before");
    samples.set(labels ?? "", Number(value));
  }
  return families;
}
