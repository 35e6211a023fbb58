/** Patterns of a shell (fnmatch(3) with FNM_CASEFOLD), over ASCII. */

const STAR: i32 = 0x2a;
const QUESTION: i32 = 0x3f;
const OPEN: i32 = 0x5b;
const BACKSLASH: i32 = 0x5c;
const DASH: i32 = 0x2d;
const BANG: i32 = 0x21;
const CARET: i32 = 0x5e;

/**
 * Reports whether `text` matches `pattern`: `*` stands for any characters, `?` for one, `[a-z]` and
 * `[!a-z]` for one in or not in a set, `\` quotes. Upper and lower case are the same.
 */
export function matchesPattern(text: string, pattern: string): bool {
  let t = 0;
  let p = 0;
  // The last `*`, and where the text that it stands for ends; a mismatch moves that end by one.
  let star = -1;
  let taken = 0;
  while (t < text.length) {
    const code = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (code == STAR) {
      star = p++;
      taken = t;
      continue;
    }
    const end = code < 0 ? -1 : matchOne(text.charCodeAt(t), pattern, p);
    if (end >= 0) {
      p = end;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) == STAR) p++;
  return p == pattern.length;
}

/** Matches one character with the pattern at `p`. Returns the index after it, -1 on a mismatch. */
function matchOne(code: i32, pattern: string, p: i32): i32 {
  const first = pattern.charCodeAt(p);
  if (first == QUESTION) return p + 1;
  if (first == OPEN) {
    const end = setEnd(pattern, p);
    // Without a `]`, the bracket stands for itself.
    if (end >= 0) return isInSet(code, pattern, p, end) ? end + 1 : -1;
  }
  const quoted = first == BACKSLASH && p + 1 < pattern.length;
  const at = quoted ? p + 1 : p;
  return lower(code) == lower(pattern.charCodeAt(at)) ? at + 1 : -1;
}

/** Returns where the set that begins at `p` ends, or -1; a `]` that comes first is a member. */
function setEnd(pattern: string, p: i32): i32 {
  const first = firstMember(pattern, p);
  return pattern.indexOf("]", first + 1);
}

function firstMember(pattern: string, p: i32): i32 {
  const next = p + 1 < pattern.length ? pattern.charCodeAt(p + 1) : 0;
  return next == BANG || next == CARET ? p + 2 : p + 1;
}

function isInSet(code: i32, pattern: string, p: i32, end: i32): bool {
  const first = firstMember(pattern, p);
  const folded = lower(code);
  let found = false;
  for (let i = first; i < end; i++) {
    const from = lower(pattern.charCodeAt(i));
    let to = from;
    if (i + 2 < end && pattern.charCodeAt(i + 1) == DASH) {
      to = lower(pattern.charCodeAt(i + 2));
      i += 2;
    }
    if (folded >= from && folded <= to) found = true;
  }
  return found == (first == p + 1);
}

function lower(code: i32): i32 {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}
