/** The Python of `%{ assert tcpi_cwnd == 10, tcpi_cwnd }%`, as far as scripts use it. */

/** Fields of TCP_INFO, in the order of `socketInfo` in tests/lab/entries/sockets.ts. */
export const fields = [
  "tcpi_snd_cwnd",
  "tcpi_snd_ssthresh",
  "tcpi_rtt",
  "tcpi_rttvar",
  "tcpi_rto",
  "tcpi_snd_mss",
  "tcpi_unacked",
  "tcpi_total_retrans",
  ...["tcpi_state", "tcpi_options", "tcpi_snd_wscale", "tcpi_rcv_wscale", "tcpi_backoff"],
  ...["tcpi_ato", "tcpi_rcv_mss", "tcpi_advmss", "tcpi_pmtu", "tcpi_sacked", "tcpi_lost"],
  ...["tcpi_retrans", "tcpi_last_data_sent", "tcpi_last_data_recv", "tcpi_last_ack_recv"],
  ...["tcpi_rcv_space", "tcpi_rcv_ssthresh", "tcpi_bytes_acked", "tcpi_bytes_received"],
  ...["tcpi_bytes_sent", "tcpi_bytes_retrans", "tcpi_segs_out", "tcpi_segs_in"],
  ...["tcpi_data_segs_out", "tcpi_data_segs_in", "tcpi_notsent_bytes", "tcpi_min_rtt"],
  ...["tcpi_delivery_rate", "tcpi_delivery_rate_app_limited", "tcpi_delivered"],
  ...["tcpi_busy_time", "tcpi_rwnd_limited", "tcpi_sndbuf_limited", "tcpi_dsack_dups"],
  ...["tcpi_reord_seen", "tcpi_snd_wnd", "tcpi_rcv_wnd", "tcpi_pacing_rate"],
];

const synonyms: Record<string, string> = { tcpi_cwnd: "tcpi_snd_cwnd" };
/** Python's operators, and JavaScript's. */
const operators: Record<string, string> = {
  and: "&&",
  or: "||",
  not: "!",
  True: "true",
  False: "false",
};
/** Constants of linux/tcp.h and linux/tcp_states.h, as packetdrill defines them for its code. */
const constants: Record<string, number> = {
  ...{ TCPI_OPT_TIMESTAMPS: 1, TCPI_OPT_SACK: 2, TCPI_OPT_WSCALE: 4, TCPI_OPT_ECN: 8 },
  ...{ TCPI_OPT_ECN_SEEN: 16, TCPI_OPT_SYN_DATA: 32 },
  ...{ TCP_ESTABLISHED: 1, TCP_SYN_SENT: 2, TCP_SYN_RECV: 3, TCP_FIN_WAIT1: 4 },
  ...{ TCP_FIN_WAIT2: 5, TCP_TIME_WAIT: 6, TCP_CLOSE: 7, TCP_CLOSE_WAIT: 8, TCP_LAST_ACK: 9 },
  ...{ TCPI_CLOSED: 7, TCPI_LISTEN: 10, TCPI_SYN_SENT: 2, TCPI_SYN_RECEIVED: 3 },
  ...{ TCPI_ESTABLISHED: 1, TCPI_FIN_WAIT_1: 4, TCPI_FIN_WAIT_2: 5, TCPI_CLOSE_WAIT: 8 },
  ...{ TCPI_CLOSING: 11, TCPI_LAST_ACK: 9, TCPI_TIME_WAIT: 6 },
  ...{ TCP_CA_Open: 0, TCP_CA_Disorder: 1, TCP_CA_CWR: 2, TCP_CA_Recovery: 3, TCP_CA_Loss: 4 },
};
const TOKEN = /\s*(0x[0-9a-fA-F]+|\d+\.?\d*|[A-Za-z_]\w*|[<>=!]=|\/\/|[-+*/%()<>&])/y;

/** The outcome of an assertion: it holds, it does not, or it cannot be checked here. */
export type Verdict =
  | { kind: "holds" }
  | { kind: "fails"; message: string }
  | { kind: "skipped"; reason: string };

/** The variables of a script's code, which keep their values from block to block. */
export type Variables = Map<string, number>;

/**
 * Runs a code block: assertions, and assignments to variables (`=`, `+=`, `-=`). What is printed is
 * ignored. A comment begins with "#", and "\" joins lines.
 */
export function checkCode(
  code: string,
  valueIn: (field: string) => number,
  variables: Variables = new Map(),
): Verdict[] {
  const lines = code.replace(/\\\n/g, " ").split("\n");
  const statements = lines.flatMap((line) => line.replace(/#.*/, "").split(";"));
  return statements
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "" && !/^print\b/.test(statement))
    .map((statement) => run(statement, valueIn, variables));
}

function run(statement: string, valueIn: (field: string) => number, known: Variables): Verdict {
  const assigned = /^([A-Za-z_]\w*)\s*([-+]?)=(?!=)(.*)$/.exec(statement);
  const asserted = /^assert\b(.*)$/.exec(statement)?.[1];
  if (!assigned && asserted === undefined) {
    return { kind: "skipped", reason: `not an assertion: ${statement}` };
  }
  const expression = assigned ? assigned[3].trim() : withoutMessage(asserted ?? "");
  const translated = translate(expression, valueIn, known);
  if (typeof translated !== "string") return translated;
  let value = 0;
  try {
    value = Number(new Function(`"use strict"; return (${translated});`)());
  } catch {
    return { kind: "skipped", reason: `cannot be evaluated: ${expression}` };
  }
  if (assigned) {
    const [, name, operator] = assigned;
    const old = operator === "" ? 0 : (known.get(name) ?? 0);
    known.set(name, operator === "-" ? old - value : old + value);
    return { kind: "holds" };
  }
  return value !== 0
    ? { kind: "holds" }
    : { kind: "fails", message: `${expression}: ${translated}` };
}

/** Returns an expression without the message after its first comma outside parentheses. */
function withoutMessage(statement: string): string {
  let depth = 0;
  for (let i = 0; i < statement.length; i++) {
    if (statement[i] === "(") depth++;
    else if (statement[i] === ")") depth--;
    else if (statement[i] === "," && depth === 0) return statement.slice(0, i).trim();
  }
  return statement.trim();
}

/** Translates an expression to JavaScript, with the values of its fields in their place. */
function translate(
  expression: string,
  valueIn: (field: string) => number,
  known: Variables,
): string | Verdict {
  const words: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const found = TOKEN.exec(expression);
    if (!found) return { kind: "skipped", reason: `cannot be evaluated: ${expression}` };
    const word = found[1];
    const field = synonyms[word] ?? word;
    if (fields.includes(field)) words.push(String(valueIn(field)));
    else if (known.has(word)) words.push(String(known.get(word)));
    else if (word in constants) words.push(String(constants[word]));
    else if (word in operators) words.push(operators[word]);
    else if (/^[A-Za-z_]/.test(word)) return { kind: "skipped", reason: `unknown name "${word}"` };
    else words.push(word === "//" ? "/" : word);
  }
  const grammar = new Grammar(words);
  const translated = grammar.disjunction();
  if (grammar.complete) return translated;
  return { kind: "skipped", reason: `cannot be evaluated: ${expression}` };
}

/**
 * Python's precedence, which JavaScript's is not: `not` binds less than comparisons do, `&` binds
 * more, and `a < b < c` compares both pairs.
 */
class Grammar {
  private at = 0;
  private unclosed = false;

  constructor(private readonly words: string[]) {}

  /** Whether the words were one expression. */
  get complete(): boolean {
    return this.at === this.words.length && !this.unclosed;
  }

  disjunction(): string {
    return this.joined("||", () => this.joined("&&", () => this.negation()));
  }

  private joined(operator: string, part: () => string): string {
    const parts = [part()];
    while (this.takes(operator)) parts.push(part());
    return parts.join(` ${operator} `);
  }

  private negation(): string {
    return this.takes("!") ? `!(${this.negation()})` : this.comparison();
  }

  private comparison(): string {
    let left = this.operand();
    const pairs: string[] = [];
    while (/^([<>=!]=|[<>])$/.test(this.words[this.at] ?? "")) {
      const operator = this.words[this.at++];
      const right = this.operand();
      pairs.push(`${left} ${operator} ${right}`);
      left = right;
    }
    return pairs.length > 0 ? `(${pairs.join(" && ")})` : left;
  }

  private operand(): string {
    const parts: string[] = [];
    for (let more = true; more; ) {
      if (this.takes("(")) {
        parts.push(`(${this.disjunction()})`);
        if (!this.takes(")")) this.unclosed = true;
      } else if (/^(\w|[-+*/%&]$)/.test(this.words[this.at] ?? "")) {
        parts.push(this.words[this.at++]);
      } else more = false;
    }
    return parts.length > 1 ? `(${parts.join(" ")})` : (parts[0] ?? "");
  }

  private takes(word: string): boolean {
    if (this.words[this.at] !== word) return false;
    this.at++;
    return true;
  }
}
