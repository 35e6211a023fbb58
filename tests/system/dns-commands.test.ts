/** The output of `dig`, `host` and `nslookup`, which is that of BIND 9.18 for the same zone. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { be16 } from "../lab/packets/bytes.ts";
import {
  type Answer,
  a,
  cname,
  encodeAnswer,
  encodeName,
  type Name,
  type Record_,
  readQuestion,
} from "../lab/packets/dns.ts";

/** Returns what a command printed, without the typed line and the prompt. */
const printed = (lab: Lab, line: string) =>
  lab
    .command(line)
    .slice(line.length)
    .replace(/\r/g, "")
    .replace(/\n?anonymos> $/, "")
    .replace(/^\n/, "");

const number = (value: number) => Buffer.from([value >> 8, value & 255]);
const text = (...words: string[]) =>
  Buffer.concat(words.flatMap((word) => [Buffer.from([word.length]), Buffer.from(word)]));
const record = (name: Name, type: number, data: Buffer): Record_ => ({ name, type, data });
const soaData = () => {
  const numbers = Buffer.alloc(20);
  [2026, 3600, 600, 86400, 60].forEach((value, i) => {
    numbers.writeUInt32BE(value, 4 * i);
  });
  return Buffer.concat([encodeName("ns.test"), encodeName("hostmaster.test"), numbers]);
};
const soa = record("test", 6, soaData());
const mx = (rank: number, name: string) =>
  record("test", 15, Buffer.concat([number(rank), encodeName(name)]));
const aaaa = record("one.test", 28, Buffer.from("20010db8000000000000000000000001", "hex"));

/** The records of a name by type; an alias answers every type. */
const zone: Record<string, Record<number, Record_[]>> = {
  "": { 2: [record("", 2, encodeName("a.root"))], 6: [{ ...soa, name: "" }] },
  test: {
    2: [record("test", 2, encodeName("ns.test"))],
    6: [soa],
    15: [mx(10, "mail.test"), mx(20, "mail2.test")],
    16: [record("test", 16, text("v=spf1 -all", 'second "quoted"'))],
    257: [record("test", 257, Buffer.concat([Buffer.from([0]), text("issue"), Buffer.from("ca")]))],
  },
  "one.test": { 1: [a("one.test", "192.0.2.1")], 28: [aaaa] },
  "alias.test": { 0: [cname("alias.test", "one.test")] },
  "_sip._tcp.test": {
    33: [
      record(
        "_sip._tcp.test",
        33,
        Buffer.concat([number(1), number(2), number(5060), encodeName("one.test")]),
      ),
    ],
  },
  "odd.test": { 65280: [record("odd.test", 65280, Buffer.from("abcdef", "hex"))] },
  "1.2.0.192.in-addr.arpa": {
    12: [record("1.2.0.192.in-addr.arpa", 12, encodeName("one.test"))],
  },
  "10.0.2.2": { 1: [a("10.0.2.2", "192.0.2.9")] },
};
/** A name of 248 bytes, each of which is written as four characters. */
const unprintable = Buffer.concat([
  ...[61, 61, 61, 61].map((length) => Buffer.concat([Buffer.of(length), Buffer.alloc(length, 1)])),
  Buffer.of(0),
]);

/** Returns what the server answers to a question, with the AA flag as BIND sets it. */
function answerOf(name: string, type: number, more: Answer): Answer {
  const flags = 0x8580;
  const found = zone[name.toLowerCase()];
  if (found === undefined) return { flags, code: 3, authority: [soa], ...more };
  const alias = found[0] ?? [];
  const target = alias.length > 0 ? zone["one.test"] : found;
  const answers = [
    ...alias,
    ...(type === 255 ? Object.values(target).flat() : (target[type] ?? [])),
  ];
  return { flags, answers, authority: answers.length > 0 ? [] : [soa], ...more };
}

/** Returns a lab whose server serves the zone; `more` overrides fields of its answers. */
async function served(more: Answer = {}): Promise<Lab> {
  const lab = await Lab.at("S1");
  for (const port of [53, 5353]) {
    lab.names.udp.set(port, ({ source, sourcePort, data }) => {
      const { name, type } = readQuestion(data);
      const answer = { questions: [{ name, type }], ...answerOf(name, type, more) };
      lab.names.sendUdp(port, source, sourcePort, encodeAnswer(be16(data, 0), name, answer));
    });
  }
  return lab;
}

test("host and nslookup look for a name without a dot in the search domains", async () => {
  const lab = await served();
  lab.command("resolvectl domain net0 nothing.test test");
  const cases: [string, string][] = [
    ["host -t A one 10.0.2.3", `${USING}one.test has address 192.0.2.1\n0`],
    ["host -t MX one 10.0.2.3", `${USING}one.test has no MX record\n0`],
    ["host two 10.0.2.3", `${USING}Host two not found: 3(NXDOMAIN)\n1`],
    ["host -t A one. 10.0.2.3", `${USING}Host one. not found: 3(NXDOMAIN)\n1`],
    ["host -t A one.two 10.0.2.3", `${USING}Host one.two not found: 3(NXDOMAIN)\n1`],
    ["nslookup -type=A one 10.0.2.3", `${SERVER}Name:\tone.test\nAddress: 192.0.2.1\n\n0`],
    ["nslookup -nosearch one 10.0.2.3", `${SERVER}** server can't find one: NXDOMAIN\n\n1`],
    ["nslookup two 10.0.2.3", `${SERVER}** server can't find two: NXDOMAIN\n\n1`],
  ];
  for (const [line, says] of cases) assert.equal(printed(lab, `${line}; echo $?`), says, line);
  const tried = printed(lab, "host -v -t A one 10.0.2.3");
  assert.match(tried, /^Trying "one\.nothing\.test"\nTrying "one\.test"\nUsing domain server:/);
});

const USING = "Using domain server:\nName: 10.0.2.3\nAddress: 10.0.2.3#53\nAliases: \n\n";

test("host prints the records of a server as BIND's host does", async () => {
  const lab = await served();
  const cases: [string, string][] = [
    ["one.test", "one.test has address 192.0.2.1\none.test has IPv6 address 2001:db8::1\n0"],
    [
      "alias.test",
      "alias.test is an alias for one.test.\none.test has address 192.0.2.1\n" +
        "one.test has IPv6 address 2001:db8::1\n0",
    ],
    ["test", "test mail is handled by 10 mail.test.\ntest mail is handled by 20 mail2.test.\n0"],
    ["missing.test", "Host missing.test not found: 3(NXDOMAIN)\n1"],
    ["192.0.2.1", "1.2.0.192.in-addr.arpa domain name pointer one.test.\n0"],
    ["192.0.2.99", "Host 99.2.0.192.in-addr.arpa. not found: 3(NXDOMAIN)\n1"],
    ["-t mx one.test", "one.test has no MX record\n0"],
    ["-t SOA test", "test has SOA record ns.test. hostmaster.test. 2026 3600 600 86400 60\n0"],
    ["-t NS test", "test name server ns.test.\n0"],
    ["-t TXT test", 'test descriptive text "v=spf1 -all" "second \\"quoted\\""\n0'],
    ["-t CAA test", 'test has CAA record 0 issue "ca"\n0'],
    ["-t SRV _sip._tcp.test", "_sip._tcp.test has SRV record 1 2 5060 one.test.\n0"],
    ["-t AAAA one.test", "one.test has IPv6 address 2001:db8::1\n0"],
    ["-t CNAME alias.test", "alias.test is an alias for one.test.\n0"],
    ["-t TYPE65280 odd.test", "odd.test has TYPE65280 record \\# 3 ABCDEF\n0"],
  ];
  for (const [words, expected] of cases) {
    assert.equal(printed(lab, `host ${words} 10.0.2.3; echo $?`), USING + expected, words);
  }
  assert.equal(
    printed(lab, "host 192.0.2.1; echo $?"),
    "1.2.0.192.in-addr.arpa domain name pointer one.test.\n0",
  );
  assert.match(printed(lab, "host -p 5353 one.test 10.0.2.3"), /\nAddress: 10\.0\.2\.3#5353\n/);
  assert.match(printed(lab, "host -t FOO test; echo $?"), /^host: invalid type: FOO .*\n2$/);
  assert.equal(
    printed(lab, "host a..b 10.0.2.3; echo $?"),
    "host: 'a..b' is not a legal name (empty label)\n1",
  );
  assert.match(
    printed(lab, "host one.test missing.test; echo $?"),
    /^host: couldn't get address for 'missing\.test': Name or service not known\n1$/,
  );
});

test("host and nslookup do not follow an alias whose target cannot be queried", async () => {
  const lab = await served({ code: 0, answers: [record("evil.test", 5, unprintable)] });
  const target = `${"\\001".repeat(61)}.`.repeat(4);
  const alias = `evil.test is an alias for ${target}\n`;
  assert.equal(printed(lab, "host evil.test 10.0.2.3; echo $?"), `${USING}${alias.repeat(3)}0`);
  const names = printed(lab, "nslookup evil.test 10.0.2.3; echo $?");
  assert.equal(names.split("canonical name = ").length, 3, names);
  assert.match(names, /\n0$/);
  assert.match(printed(lab, "host one.test 10.0.2.3"), /alias for/);
});

test("host -v and -a print whole messages", async () => {
  const lab = await served();
  const verbose = printed(lab, "host -v -t MX test 10.0.2.3").replace(/id: \d+/, "id: 1");
  assert.equal(
    verbose.replace(/in \d+ ms/, "in 0 ms"),
    `Trying "test"\n${USING}` +
      ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n" +
      ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0\n\n" +
      ";; QUESTION SECTION:\n;test.\t\t\t\tIN\tMX\n\n" +
      ";; ANSWER SECTION:\ntest.\t\t\t300\tIN\tMX\t10 mail.test.\n" +
      "test.\t\t\t300\tIN\tMX\t20 mail2.test.\n\n" +
      "Received 81 bytes from 10.0.2.3#53 in 0 ms",
  );
  const all = printed(lab, "host -a one.test");
  assert.match(all, /^Trying "one\.test"\n;; ->>HEADER<<-/);
  assert.match(all, /\n;one\.test\.\t\t\tIN\tANY\n[\s\S]*\tAAAA\t2001:db8::1\n\nReceived /);
  const usual = printed(lab, "host -v one.test");
  assert.deepEqual(
    usual.match(/;one\.test\.\t\t\tIN\t\w+/g)?.map((line) => line.slice(-5)),
    ["\tIN\tA", "\tAAAA", "IN\tMX"],
  );
  assert.match(
    printed(lab, "host -v missing.test; echo $?"),
    /^Trying "missing\.test"\nHost missing\.test not found: 3\(NXDOMAIN\)\nReceived .*\n1$/,
  );
});

test("host asks twice, and says that no server could be reached", async () => {
  const lab = await Lab.at("S1");
  lab.names.udp.set(53, () => {});
  const line = ";; communications error to 10.0.2.3#53: timed out\n";
  assert.equal(
    printed(lab, "host -W 1 -t A one.test; echo $?"),
    `${line}${line};; no servers could be reached\n1`,
  );
});

test("host asks the next server after SERVFAIL, unless -s is given", async () => {
  const lab = await served();
  lab.gateway.udp.set(53, ({ source, sourcePort, data }) => {
    const { name, type } = readQuestion(data);
    const answer = { questions: [{ name, type }], code: 2 };
    lab.gateway.sendUdp(53, source, sourcePort, encodeAnswer(be16(data, 0), name, answer));
  });
  lab.command("resolvectl dns 10.0.2.2 10.0.2.3");
  assert.equal(
    printed(lab, "host -t A one.test; echo $?"),
    ";; Got SERVFAIL reply from 10.0.2.2, trying next server\n" +
      "one.test has address 192.0.2.1\n0",
  );
  assert.equal(
    printed(lab, "host -s -t A one.test; echo $?"),
    "Host one.test not found: 2(SERVFAIL)\n1",
  );
  assert.match(printed(lab, "nslookup one.test"), /\nServer:\t\t10\.0\.2\.3\n/);
});

const SERVER = "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3#53\n\n";
const SOA_LINES =
  "test\n\torigin = ns.test\n\tmail addr = hostmaster.test\n\tserial = 2026\n" +
  "\trefresh = 3600\n\tretry = 600\n\texpire = 86400\n\tminimum = 60\n";
const BOTH = "Name:\tone.test\nAddress: 192.0.2.1\nName:\tone.test\nAddress: 2001:db8::1\n";

test("nslookup prints what BIND's nslookup does", async () => {
  const lab = await served();
  const cases: [string, string][] = [
    ["one.test", `${SERVER}${BOTH}\n0`],
    ["alias.test", `${SERVER}alias.test\tcanonical name = one.test.\n${BOTH}\n0`],
    ["missing.test", `${SERVER}** server can't find missing.test: NXDOMAIN\n\n1`],
    ["test", `${SERVER}*** Can't find test: No answer\n\n0`],
    ["192.0.2.1", "1.2.0.192.in-addr.arpa\tname = one.test.\n\n0"],
    ["192.0.2.99", "** server can't find 99.2.0.192.in-addr.arpa: NXDOMAIN\n\n1"],
    [
      "-type=mx test",
      `${SERVER}test\tmail exchanger = 10 mail.test.\ntest\tmail exchanger = 20 mail2.test.\n\n0`,
    ],
    ["-type=MX one.test", `${SERVER}*** Can't find one.test: No answer\n\n0`],
    ["-q=soa test", `${SERVER}${SOA_LINES}\n0`],
    ["-type=NS test", `${SERVER}test\tnameserver = ns.test.\n\n0`],
    ["-type=TXT test", `${SERVER}test\ttext = "v=spf1 -all" "second \\"quoted\\""\n\n0`],
    ["-type=SRV _sip._tcp.test", `${SERVER}_sip._tcp.test\tservice = 1 2 5060 one.test.\n\n0`],
    ["-type=CAA test", `${SERVER}test\trdata_257 = 0 issue "ca"\n\n0`],
    [
      "-foo -type=A one.test",
      `*** Invalid option: foo\n${SERVER}Name:\tone.test\nAddress: 192.0.2.1\n\n0`,
    ],
  ];
  for (const [words, expected] of cases) {
    assert.equal(printed(lab, `nslookup ${words} 10.0.2.3; echo $?`), expected, words);
  }
  assert.match(printed(lab, "nslookup a..b; echo $?"), /^nslookup: 'a\.\.b' is not a legal.*\n10$/);
  assert.match(printed(lab, "nslookup; echo $?"), /^nslookup: interactive mode .*\n2$/);
});

test("nslookup marks an answer that is not authoritative", async () => {
  const lab = await served({ flags: 0x8180 });
  assert.equal(printed(lab, "nslookup one.test"), `${SERVER}Non-authoritative answer:\n${BOTH}`);
  assert.equal(
    printed(lab, "nslookup -type=mx one.test"),
    `${SERVER}Non-authoritative answer:\n*** Can't find one.test: No answer\n\n` +
      `Authoritative answers can be found from:\n${SOA_LINES}`,
  );
  assert.equal(
    printed(lab, "nslookup 192.0.2.1"),
    "1.2.0.192.in-addr.arpa\tname = one.test.\n\nAuthoritative answers can be found from:\n",
  );
});

test("dig asks for the root, for addresses as names, and for types by number", async () => {
  const lab = await served();
  const answer = (words: string) => printed(lab, `dig ${words} +noall +answer`);
  const soaLine = ".\t\t\t300\tIN\tSOA\tns.test. hostmaster.test. 2026 3600 600 86400 60";
  assert.equal(answer(". SOA"), soaLine);
  assert.equal(answer(". NS"), ".\t\t\t300\tIN\tNS\ta.root.");
  assert.equal(answer("."), "");
  assert.match(printed(lab, "dig"), /\n;\.\t\t\t\tIN\tNS\n/);
  assert.equal(answer("10.0.2.2"), "10.0.2.2.\t\t300\tIN\tA\t192.0.2.9");
  assert.equal(answer("odd.test TYPE65280"), "odd.test.\t\t300\tIN\tTYPE65280 \\# 3 ABCDEF");
  assert.equal(answer("type1 one.test"), "one.test.\t\t300\tIN\tA\t192.0.2.1");
  assert.match(printed(lab, "dig one.test TYPE255; echo $?"), /^dig: ANY is not supported.*\n1$/);
  assert.match(printed(lab, "dig 10.0.2.2 TYPE65"), /\n;10\.0\.2\.2\.\t\t\tIN\tTYPE65\n/);
});

test("dig -p applies to the configured servers, and -h prints the usage", async () => {
  const lab = await served();
  assert.match(
    printed(lab, "dig -p 5353 one.test"),
    /\n;; SERVER: 10\.0\.2\.3#5353\(10\.0\.2\.3\)/,
  );
  const greeting = /; <<>> DiG .*\n; \(1 server found\)\n;; global options: \+cmd\n/;
  assert.match(printed(lab, "dig @10.0.2.3 one.test"), greeting);
  assert.match(printed(lab, "dig -h; echo $?"), /^usage: dig [\s\S]*\n0$/);
  const port = (words: string) => printed(lab, `dig ${words} one.test; echo $?`);
  assert.equal(port("@10.0.2.3#abc"), "dig: invalid port number 'abc': not a valid number\n1");
  assert.equal(port("@10.0.2.3#"), "dig: invalid port number '': not a valid number\n1");
  assert.equal(port("-p x"), "dig: invalid port number 'x': not a valid number\n1");
  assert.equal(port("-p 70000"), "dig: invalid port number '70000': out of range\n1");
  assert.equal(
    printed(lab, "dig a..b; echo $?"),
    "dig: 'a..b' is not a legal name (empty label)\n10",
  );
});

test("dig shows version, flags and size of EDNS as they arrive", async () => {
  const opt = (ttl: number, size: number): Answer => {
    return { additional: [{ name: "", type: 41, class_: size, ttl, data: Buffer.alloc(0) }] };
  };
  for (const [ttl, line] of [
    [0x00000000, "; EDNS: version: 0, flags:; udp: 1400"],
    [0x00008000, "; EDNS: version: 0, flags: do; udp: 1400"],
    [0x00014001, "; EDNS: version: 1, flags:; MBZ: 0x4001, udp: 1400"],
  ] as const) {
    const lab = await served(opt(ttl, 1400));
    assert.ok(printed(lab, "dig one.test").includes(`;; OPT PSEUDOSECTION:\n${line}\n`), line);
  }
});

test("dig shows extended errors in words, and other options as bytes", async () => {
  const option = (code: number, data: Buffer) =>
    Buffer.concat([number(code), number(data.length), data]);
  const data = Buffer.concat([
    option(15, Buffer.concat([number(22), Buffer.from("at test.\x1b")])),
    option(15, number(9)),
    option(15, number(4711)),
    option(8, Buffer.from([0, 1, 24, 0])),
    Buffer.from([0, 15, 0, 9, 0]),
  ]);
  const lab = await served({ additional: [{ name: "", type: 41, class_: 1232, ttl: 0, data }] });
  const lines = [
    "; EDNS: version: 0, flags:; udp: 1232",
    "; EDE: 22 (No Reachable Authority): (at test.\\027)",
    "; EDE: 9 (DNSKEY Missing)",
    "; EDE: 4711",
    "; OPT=8: 00 01 18 00",
    ";; QUESTION SECTION:",
  ];
  assert.ok(printed(lab, "dig one.test").includes(`\n${lines.join("\n")}\n`));
});

test("dig says why a connection failed", async () => {
  const lab = await served();
  const line = ";; Connection to 10.0.2.3#53(10.0.2.3) for one.test failed: connection refused.\n";
  assert.equal(
    printed(lab, "dig +tcp +tries=1 one.test +short; echo $?"),
    `${line};; no servers could be reached\n9`,
  );
});

test("dig prints a long response as fast as the terminal takes it", async () => {
  const lab = await served({ flags: 0x8780 });
  const big = record("big.test", 16, text("\x01".repeat(255)));
  lab.names.tcp.listeners.set(53, (connection) => {
    connection.onData = (data) => {
      const query = Buffer.from(data).subarray(2);
      const { name, type } = readQuestion(query);
      const answer = { questions: [{ name, type }], answers: Array(58).fill(big) };
      const bytes = encodeAnswer(be16(query, 0), name, answer);
      connection.write(Buffer.concat([number(bytes.length), bytes]));
    };
  });
  const line = `"${"\\001".repeat(255)}"\n`;
  assert.equal(printed(lab, "dig big.test TXT +short"), line.repeat(58).trimEnd());
});
