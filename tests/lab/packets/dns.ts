/** DNS messages (RFC 1035 section 4), well-formed and malformed. */

/** A dotted name, or its parts: labels as text, pointers as numbers, other bytes as they are. */
export type Name = string | (string | number | Buffer)[];

export function encodeName(name: Name): Buffer {
  if (typeof name === "string") {
    const labels = name === "" ? [] : name.split(".");
    return Buffer.concat([
      ...labels.map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])),
      Buffer.from([0]),
    ]);
  }
  return Buffer.concat(
    name.map((part) => {
      if (typeof part === "string")
        return Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
      return typeof part === "number" ? Buffer.from([0xc0 | (part >> 8), part & 255]) : part;
    }),
  );
}

export interface Record_ {
  name: Name;
  type?: number;
  class_?: number;
  ttl?: number;
  data: Buffer;
  /** Instead of the data's true length. */
  length?: number;
}

export const a = (name: Name, to: string, ttl = 300): Record_ => {
  const data = Buffer.from(to.split(".").map(Number));
  return { name, ttl, data };
};
export const cname = (name: Name, to: Name, ttl = 300): Record_ => ({
  name,
  type: 5,
  ttl,
  data: encodeName(to),
});
export const ns = (name: Name, to: Name, ttl = 300): Record_ => ({
  name,
  type: 2,
  ttl,
  data: encodeName(to),
});
export const soa = (name: Name, minimum: number, ttl = 3600): Record_ => {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return {
    name,
    type: 6,
    ttl,
    data: Buffer.concat([encodeName("ns"), encodeName("root"), numbers]),
  };
};

export function encodeRecord(record: Record_): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(record.type ?? 1, 0);
  fixed.writeUInt16BE(record.class_ ?? 1, 2);
  fixed.writeUInt32BE((record.ttl ?? 300) >>> 0, 4);
  fixed.writeUInt16BE(record.length ?? record.data.length, 8);
  return Buffer.concat([encodeName(record.name), fixed, record.data]);
}

/** A response: the fields that differ from an ordinary one. */
export interface Answer {
  id?: number;
  flags?: number;
  code?: number;
  questions?: { name: Name; type?: number; class_?: number }[];
  answers?: Record_[];
  authority?: Record_[];
  additional?: Record_[];
  /** Instead of the number of answers. */
  answerCount?: number;
  questionCount?: number;
  /** Bytes after the question, in place of the records. */
  raw?: Buffer;
}

export function encodeAnswer(id: number, name: Name, answer: Answer): Buffer {
  const questions = answer.questions ?? [{ name }];
  const [answers, authority, additional] = [
    answer.answers ?? [],
    answer.authority ?? [],
    answer.additional ?? [],
  ];
  const header = Buffer.alloc(12);
  header.writeUInt16BE(answer.id ?? id, 0);
  header.writeUInt16BE((answer.flags ?? 0x8180) | (answer.code ?? 0), 2);
  header.writeUInt16BE(answer.questionCount ?? questions.length, 4);
  header.writeUInt16BE(answer.answerCount ?? answers.length, 6);
  header.writeUInt16BE(authority.length, 8);
  header.writeUInt16BE(additional.length, 10);
  const encoded = questions.map((q) => {
    const rest = Buffer.alloc(4);
    rest.writeUInt16BE(q.type ?? 1, 0);
    rest.writeUInt16BE(q.class_ ?? 1, 2);
    return Buffer.concat([encodeName(q.name), rest]);
  });
  const records = [...answers, ...authority, ...additional].map(encodeRecord);
  return Buffer.concat([header, ...encoded, ...(answer.raw ? [answer.raw] : records)]);
}

/** Reads the first question of a message, and where it ends. */
export function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (; at < message.length && message[at] > 0; at += 1 + message[at]) {
    labels.push(message.toString("latin1", at + 1, at + 1 + message[at]));
  }
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), end: at + 5 };
}
