/**
 * ClientHellos of unusual clients that our server accepts: TLS-52 (RFC 8446 sections 4.1.2, 4.2 and
 * D.2, RFC 8701).
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { type Certificate, rsa } from "./certificates.ts";
import { attend, ping } from "./peer/attend.ts";
import { u8, u16, vector } from "./peer/bytes.ts";
import {
  type ClientScript,
  hearTicket,
  type Outcome,
  type OwnHello,
  shakeHands,
  shares,
  type Ticket,
} from "./peer/client.ts";
import { exchange, groups } from "./peer/exchange.ts";
import { ECDHE_RSA } from "./peer/handshake12.ts";
import { SUITE13 } from "./peer/handshake13.ts";
import { Extension } from "./peer/hello.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import { Stage, versions } from "./peer/stage.ts";
import { assertModest } from "./peer/verdict.ts";
import { clear, type Wire } from "./peer/wire.ts";

const stage = new Stage();
const title = (what: string, version: number) => `TLS-52: accepts ${what}, 1.${version - 10}`;
const server = (): Certificate => stage.maker.server(stage.root);
/** Reserved values of RFC 8701, which must be ignored everywhere. */
const GREASE = 0x5a5a;
const X448 = 0x1e;

/** Asserts that our server accepts a client that follows the script. */
async function outcomeOf(version: 12 | 13, script: ClientScript, identity = server()) {
  let outcome: Outcome | undefined;
  const act = async (wire: Wire) => {
    outcome = await shakeHands(wire, version, script);
    await ping(wire);
  };
  const visit = await attend(identity, [act]);
  assert.equal(visit.report.get("state"), "closed", visit.report.text);
  assertModest(visit);
  return outcome as Outcome;
}

/** Like `outcomeOf`, without a result. */
async function accepts(version: 12 | 13, script: ClientScript): Promise<void> {
  await outcomeOf(version, script);
}

/** Defines a test for each version. */
function both(what: string, hello: (hello: OwnHello) => void): void {
  for (const version of versions) {
    test(title(what, version), () => accepts(version, { hello }));
  }
}

describe("lists of a hello", () => {
  const many = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => u16(from + index));
  for (const count of [17, 18, 19, 40, 1000]) {
    both(`${count} unknown signature schemes before a known one`, (hello) =>
      hello.set(Extension.Schemes, vector(2, ...many(count, 0xf000), u16(0x0403))),
    );
  }
  both("schemes many times over", (hello) => {
    const schemes = Array.from({ length: 300 }, () => [u16(0x0601), u16(0x0603), u16(0x0809)]);
    hello.set(Extension.Schemes, vector(2, ...schemes.flat(), u16(0x0403)));
  });
  both("100 unknown groups before a known one", (hello) => {
    const known = [u16(groups.x25519), u16(groups["P-256"])];
    hello.set(Extension.Groups, vector(2, ...many(100, 0xfe00), ...known));
  });
  both("1,000 unknown cipher suites before a known one", (hello) => {
    const unknown = Array.from({ length: 1000 }, (_, index) => 0xff00 - index);
    hello.suites = [...unknown, ...hello.suites];
  });
  both("100 application protocols", (hello) => {
    const names = Array.from({ length: 100 }, (_, index) => `protocol/${index}`);
    const list = [...names, "http/1.1"].map((name) => vector(1, Buffer.from(name)));
    hello.set(Extension.Alpn, vector(2, ...list));
  });
  both("500 unknown extensions", (hello) => {
    for (let kind = 0xe000; kind < 0xe000 + 500; kind++) hello.set(kind, Buffer.alloc(4));
  });
  both("a server_name of an unknown kind", (hello) =>
    hello.set(
      Extension.ServerName,
      vector(
        2,
        ...[u8(7), vector(2, Buffer.from("x"))],
        ...[u8(0), vector(2, Buffer.from("y.test"))],
      ),
    ),
  );
  test(title("25 versions, of which only the last is known", 13), () =>
    accepts(13, {
      hello: (hello) =>
        hello.set(Extension.SupportedVersions, vector(1, ...many(24, 0x7f00), u16(0x304))),
    }),
  );
  test(title("50 shares of unknown groups before a known one", 13), () =>
    accepts(13, {
      hello: (hello) => {
        const unknown = Array.from({ length: 50 }, (_, index): [number, Buffer] => [
          0xfe00 + index,
          randomBytes(40),
        ]);
        const known: [number, Buffer] = [groups.x25519, hello.own.share];
        hello.set(Extension.KeyShare, shares(...unknown, known));
        const all = [...unknown.map(([group]) => u16(group)), u16(groups.x25519)];
        hello.set(Extension.Groups, vector(2, ...all));
      },
    }),
  );
});

describe("work (TLS-16)", () => {
  /** What a step may take, in microseconds. */
  const TURN = 10_000;
  const empty = (count: number) =>
    Array.from({ length: count }, (_, index): [number, Buffer] => [
      0xe000 + index,
      Buffer.alloc(0),
    ]);
  const many: [string, (hello: OwnHello) => void][] = [
    ["3,900 extensions", (hello) => void hello.extensions.push(...empty(3900))],
    ["7,900 cipher suites", (hello) => void hello.suites.push(...Array(7900).fill(0x1301))],
    [
      "7,900 schemes",
      (hello) => hello.set(Extension.Schemes, vector(2, u16(0x0403), Buffer.alloc(15_800, 4))),
    ],
    [
      "7,900 names of protocols",
      (hello) => {
        const names = Buffer.alloc(15_800, Buffer.of(1, 0x61));
        hello.set(Extension.Alpn, vector(2, names, vector(1, Buffer.from("http/1.1"))));
      },
    ],
  ];
  for (const [what, hello] of many) {
    test(`TLS-16: takes short steps for ${what}`, async () => {
      const act = async (wire: Wire) => {
        await shakeHands(wire, 13, { hello });
        await ping(wire);
      };
      const { report } = await attend(server(), [act]);
      assert.equal(report.get("state"), "closed", report.text);
      assert.ok(report.number("longest-step") < TURN, report.get("longest-step"));
    });
  }
});

describe("GREASE", () => {
  const grease = (hello: OwnHello) => {
    hello.suites = [GREASE, ...hello.suites];
    const groupList = [u16(GREASE), u16(groups.x25519), u16(groups["P-256"])];
    hello.set(Extension.Groups, vector(2, ...groupList));
    hello.set(Extension.Schemes, vector(2, u16(GREASE), u16(0x0403), u16(0x0804)));
    const list = [Buffer.of(0x5a, 0x5a), Buffer.from("http/1.1")];
    hello.set(Extension.Alpn, vector(2, ...list.map((name) => vector(1, name))));
    hello.extensions = [[GREASE, Buffer.alloc(0)], ...hello.extensions, [0x6a6a, u8(0)]];
  };
  both("reserved values everywhere", (hello) => {
    grease(hello);
    if (!hello.suites.includes(SUITE13)) return;
    hello.set(Extension.SupportedVersions, vector(1, u16(GREASE), u16(0x304), u16(0x303)));
    hello.set(Extension.PskModes, vector(1, u8(0x2a), u8(1), u8(0x8b), u8(0xe4)));
    const greased: [number, Buffer] = [GREASE, u8(0)];
    hello.set(Extension.KeyShare, shares(greased, [groups.x25519, hello.own.share]));
  });
});

describe("versions", () => {
  for (const version of [0x304, 0x305, 0x399, 0x400, 0x7f7f, 0xffff]) {
    const name = version.toString(16);
    both(`legacy_version 0x${name.padStart(4, "0")}`, (hello) => {
      hello.version = version;
    });
  }
  for (const version of [0x301, 0x302]) {
    test(title(`legacy_version 0x0${version.toString(16)} beside supported_versions`, 13), () =>
      accepts(13, {
        hello: (hello) => {
          hello.version = version;
        },
      }),
    );
  }
  test(title("legacy_version 0x0304 and supported_versions without 1.3", 12), () =>
    accepts(12, {
      hello: (hello) => {
        hello.version = 0x304;
        hello.set(Extension.SupportedVersions, vector(1, u16(0x399), u16(0x303)));
      },
    }),
  );
});

describe("other fields", () => {
  for (const length of [0, 1, 31, 32]) {
    both(`a session id of ${length} bytes`, (hello) => {
      hello.session = randomBytes(length);
    });
  }
  test(title("several compression methods", 12), () =>
    accepts(12, {
      hello: (hello) => {
        hello.compression = Buffer.of(1, 64, 0);
      },
    }),
  );
  const sizes = [
    [500, 3],
    [15_000, 100],
    [16_000, 1 << 14],
  ];
  for (const version of versions) {
    for (const [length, fragment] of sizes) {
      test(title(`padding of ${length} bytes in records of ${fragment}`, version), async () => {
        const hello = (one: OwnHello) => one.set(21, Buffer.alloc(length));
        const act = async (wire: Wire) => {
          wire.fragment = fragment;
          await shakeHands(wire, version, { hello });
          await ping(wire);
        };
        const visit = await attend(server(), [act]);
        assert.equal(visit.report.get("state"), "closed", visit.report.text);
      });
    }
  }
  test(title("compressed points before uncompressed ones", 12), async () => {
    const { signed } = await outcomeOf(12, {
      group: "P-256",
      hello: (hello) => hello.set(Extension.PointFormats, vector(1, Buffer.of(1, 0))),
    });
    assert.equal(signed?.[8], 4); // an uncompressed point (RFC 8422 section 5.1.2)
  });
});

describe("signatures of TLS 1.2", () => {
  const classic = (): Certificate => stage.maker.server(stage.root, { key: rsa(2048) });
  const only = (...schemes: number[]): ClientScript => ({
    hello: (hello) => {
      hello.suites = [ECDHE_RSA];
      hello.set(Extension.Schemes, vector(2, ...schemes.map(u16)));
    },
  });
  for (const scheme of [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601]) {
    test(title(`only scheme 0x0${scheme.toString(16)}`, 12), async () => {
      const { signed } = await outcomeOf(12, only(0xfe01, scheme, 0x0201), classic());
      // type, length, curve type, group, share, scheme
      assert.equal(signed?.readUInt16BE(4 + 3 + 33), scheme);
    });
  }
});

describe("HelloRetryRequest", () => {
  const retry = (hello: OwnHello) => {
    hello.own = exchange("P-256");
    hello.set(Extension.KeyShare, shares([groups["P-256"], hello.own.share]));
  };
  const withoutShare: [string, (hello: OwnHello) => void][] = [
    ["an empty list of shares", (hello) => hello.set(Extension.KeyShare, vector(2))],
    [
      "a share of an unknown group only",
      (hello) => {
        hello.set(Extension.KeyShare, shares([X448, randomBytes(56)]));
        hello.set(Extension.Groups, vector(2, u16(X448), u16(GREASE), u16(groups["P-256"])));
      },
    ],
  ];
  for (const [what, hello] of withoutShare) {
    for (const session of [0, 32]) {
      test(title(`${what} and a session id of ${session} bytes`, 13), () =>
        accepts(13, {
          hello: (one) => {
            one.set(Extension.Groups, vector(2, u16(groups["P-256"])));
            hello(one);
            one.session = randomBytes(session);
          },
          retry,
        }),
      );
    }
  }
});

describe("sessions", () => {
  /** Runs a first connection for its ticket, then a second one that follows the script. */
  async function again(script: (ticket: Ticket) => ClientScript) {
    let ticket: Ticket | undefined;
    let resumed: boolean | undefined;
    const first = async (wire: Wire) => {
      ticket = await hearTicket(wire, await shakeHands(wire, 13));
      await ping(wire);
    };
    const second = async (wire: Wire) => {
      resumed = (await shakeHands(wire, 13, script(ticket as Ticket))).resumed;
      await ping(wire);
    };
    const visit = await attend(server(), [first, second]);
    assert.equal(visit.report.get("state"), "closed", visit.report.text);
    assertModest(visit);
    return resumed;
  }
  const offer = (ticket: Ticket) => (hello: OwnHello) => {
    hello.ticket = ticket;
  };
  /** Encrypted by keys that the server does not have. */
  const early = (count: number, length: number) => (wire: Wire) =>
    wire.raw(...Array.from({ length: count }, () => clear(APPLICATION_DATA, randomBytes(length))));
  const unknown = { ticket: randomBytes(200), secret: randomBytes(32) };

  test("resumes a session of TLS 1.3", async () => {
    assert.equal(await again((ticket) => ({ hello: offer(ticket) })), true);
  });
  test("TLS-52: accepts psk_ke alone, with a full handshake", async () => {
    const hello = (ticket: Ticket) => (one: OwnHello) => {
      one.set(Extension.PskModes, vector(1, u8(0)));
      one.ticket = ticket;
    };
    assert.equal(await again((ticket) => ({ hello: hello(ticket) })), false);
  });
  test("TLS-52: accepts a ticket that is not ours, with a full handshake", async () => {
    await accepts(13, { hello: offer(unknown) });
  });
  const amounts: [number, number][] = [
    [1, 40],
    [3, 1000],
    [100, 100],
    [1, 16_000],
  ];
  for (const [count, length] of amounts) {
    const what = `${count} early records of ${length} bytes`;
    const indicate = (ticket: Ticket) => (hello: OwnHello) => {
      hello.set(Extension.EarlyData, Buffer.alloc(0));
      hello.ticket = ticket;
    };
    test(`TLS-53: skips ${what}, with a known ticket`, async () => {
      const behind = early(count, length);
      assert.equal(await again((ticket) => ({ hello: indicate(ticket), behind })), true);
    });
    test(`TLS-53: skips ${what}, with an unknown ticket`, () =>
      accepts(13, { hello: indicate(unknown), behind: early(count, length) }));
    test(`TLS-53: skips ${what}, without a ticket`, () =>
      accepts(13, {
        hello: (hello) => hello.set(Extension.EarlyData, Buffer.alloc(0)),
        behind: early(count, length),
      }));
    test(`TLS-53: skips ${what} before the second hello`, () =>
      accepts(13, {
        hello: (hello) => {
          hello.set(Extension.EarlyData, Buffer.alloc(0));
          hello.set(Extension.KeyShare, vector(2));
        },
        behind: early(count, length),
        retry: (hello) => {
          hello.without(Extension.EarlyData);
          hello.set(Extension.KeyShare, shares([groups.x25519, hello.own.share]));
        },
      }));
  }
});
