/** TLS streams: split, truncated, refused and delayed conversations. */
import assert from "node:assert/strict";
import { beforeEach, suite, test } from "node:test";
import { writeBytes, writeText } from "../../../../lab/scripted/assembly.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";
import { data, decode, flags, handshake, record, TlsBench } from "../../../../lab/scripted/tls.ts";

const SECOND = 1_000_000n;

const bench = await TlsBench.load();
const { wasm, text, connect, push, finish, open } = bench;
beforeEach(() => bench.reset());

suite("TLS streams", () => {
  test("is Connecting during the handshake, then reports what was negotiated", () => {
    const stream = connect();
    assert.equal(wasm.status(stream), Status.Connecting);
    wasm.poll(bench.now);
    assert.ok(text(wasm.sent(stream)).startsWith("H\0\x04"));
    push(stream, record("H", "one"));
    assert.equal(wasm.status(stream), Status.Connecting);
    assert.equal(wasm.writable(stream), 0);
    assert.equal(wasm.write(stream, ...writeText(wasm, "too early")), 0);
    push(stream, record("H", "two"));
    assert.equal(wasm.status(stream), Status.Open);
    assert.equal(text(wasm.summary(stream)), "TLSv9, SCRIPTED, x25519, ALPN http/1.1");
  });

  test("wakes its subscriber at the end of the handshake, good or bad, without a segment", () => {
    for (const [last, status] of [
      [record("H", "two"), Status.Open],
      [record("X"), Status.Failed],
    ] as const) {
      wasm.reset();
      const stream = connect();
      wasm.subscribe(stream);
      push(stream, record("H", "one"));
      assert.equal(wasm.rings(), 0);
      push(stream, last);
      assert.equal(wasm.status(stream), status);
      assert.equal(wasm.rings(), 1);
    }
  });

  test("a conversation may be split at every byte", () => {
    const whole = Buffer.concat([
      handshake,
      data("first "),
      record("T"),
      data("second"),
      record("C"),
    ]);
    for (let cut = 0; cut <= whole.length; cut++) {
      wasm.reset();
      const stream = connect();
      wasm.poll(bench.now);
      push(stream, whole.subarray(0, cut));
      push(stream, whole.subarray(cut));
      assert.equal(text(wasm.readAll(stream, 0, bench.now)), "first second", `cut at ${cut}`);
      wasm.poll(bench.now);
      assert.equal(wasm.status(stream), Status.Finished, `cut at ${cut}`);
      wasm.release(stream);
      assert.equal(wasm.live(), 0);
    }
  });

  test("works byte by byte, in small windows, with an engine that accepts little", () => {
    for (const [window, appetite, piece] of [
      [1, 1, 1],
      [2, 3, 5],
      [7, 1000, 0],
    ]) {
      wasm.reset();
      wasm.setEngine(...writeText(wasm, ""), 8, appetite);
      const stream = connect();
      wasm.setRoom(stream, 1 << 30, window);
      for (const byte of Buffer.concat([handshake, data("byte by byte"), record("C")])) {
        push(stream, Uint8Array.of(byte));
      }
      assert.equal(text(wasm.readAll(stream, piece, bench.now)), "byte by byte");
      wasm.poll(bench.now);
      assert.equal(wasm.status(stream), Status.Finished);
    }
  });

  test("reads many small records at once, and a long one in pieces", () => {
    const stream = open();
    const long = "x".repeat(16_384);
    const many = Array.from({ length: 500 }, (_, i) => `${i},`);
    push(stream, Buffer.concat([...many.map(data), data(long), data(long)]));
    assert.equal(text(wasm.readAll(stream, 100, bench.now)), many.join("") + long + long);
  });

  test("ends on close_notify, and fails on an end without it (TLS-38)", () => {
    const cut = open();
    push(cut, data("half of it"));
    finish(cut);
    assert.equal(text(wasm.readAll(cut, 0, bench.now)), "half of it");
    wasm.poll(bench.now);
    assert.equal(wasm.status(cut), Status.Failed);
    assert.equal(wasm.failureKind(cut), Failure.Protocol);
    assert.match(text(wasm.failure(cut)), /without close_notify/);
    const whole = open();
    push(whole, Buffer.concat([data("all"), record("C")]));
    finish(whole);
    assert.equal(wasm.status(whole), Status.Open);
    assert.equal(text(wasm.readAll(whole, 0, bench.now)), "all");
    assert.equal(wasm.status(whole), Status.Finished);
  });

  test("fails on every truncated conversation", () => {
    const whole = Buffer.concat([handshake, data("text"), record("C")]);
    for (let length = 0; length < whole.length; length++) {
      wasm.reset();
      const stream = connect();
      wasm.poll(bench.now);
      push(stream, whole.subarray(0, length));
      finish(stream);
      wasm.readAll(stream, 0, bench.now);
      wasm.poll(bench.now);
      assert.equal(wasm.status(stream), Status.Failed, `${length} bytes`);
      assert.notEqual(text(wasm.failure(stream)), "");
      wasm.abort(stream);
      assert.equal(wasm.live(), 0);
    }
  });

  test("passes on a failure of the stream below, and explains one in the handshake", () => {
    const refused = connect();
    wasm.setBelow(refused, Status.Failed, Failure.Refused);
    wasm.poll(bench.now);
    assert.equal(wasm.failureKind(refused), Failure.Refused);
    assert.equal(text(wasm.failure(refused)), "scripted failure");
    const during = connect();
    wasm.poll(bench.now);
    wasm.setBelow(during, Status.Failed, Failure.Reset);
    wasm.poll(bench.now);
    assert.equal(wasm.failureKind(during), Failure.Protocol);
    assert.equal(text(wasm.failure(during)), "TLS: scripted failure during the handshake");
    // An engine that has to send first never reads the bytes that arrived.
    const stuck = connect();
    wasm.setRoom(stuck, 0, 0);
    wasm.poll(bench.now);
    wasm.setEngine(...writeText(wasm, ""), 8, 0);
    wasm.setBelow(stuck, Status.Failed, Failure.Reset);
    push(stuck, handshake);
    assert.equal(wasm.failureKind(stuck), Failure.Protocol);
    assert.equal(text(wasm.failure(stuck)), "TLS: scripted failure during the handshake");
    wasm.setEngine(...writeText(wasm, ""), 8, 0xffffffff);
    const after = open();
    wasm.setBelow(after, Status.Failed, Failure.Reset);
    wasm.poll(bench.now);
    assert.equal(wasm.status(after), Status.Failed);
    assert.equal(wasm.failureKind(after), Failure.Reset);
  });

  test("names the alert that the peer sent (TLS-01, TLS-03, TLS-24)", () => {
    for (const [number, name] of [
      [40, "handshake_failure (40)"],
      [45, "certificate_expired (45)"],
      [48, "unknown_ca (48)"],
      [70, "protocol_version (70)"],
      [116, "certificate_required (116)"],
      [199, "alert 199"],
    ] as const) {
      const stream = connect();
      wasm.poll(bench.now);
      push(stream, record("A", Uint8Array.of(number)));
      assert.equal(wasm.failureKind(stream), Failure.Protocol);
      assert.equal(text(wasm.failure(stream)), `TLS: the peer sent alert ${name}`);
      wasm.abort(stream);
    }
  });

  test("reports every reason to reject a certificate, and the clock if a date is one", () => {
    const stream = connect();
    wasm.poll(bench.now);
    push(stream, Buffer.concat([record("H", "one"), record("X", flags(0x5))]));
    assert.equal(wasm.status(stream), Status.Failed);
    assert.equal(wasm.failureKind(stream), Failure.Certificate);
    assert.equal(
      text(wasm.failure(stream)),
      "certificate verification failed: it has expired, it is not valid for this name; " +
        "the clock says noon (a test)",
    );
    const name = connect();
    wasm.poll(bench.now);
    push(name, record("X", flags(0x4)));
    assert.doesNotMatch(text(wasm.failure(name)), /clock/);
    assert.match(text(wasm.failure(name)), /it is not valid for this name$/);
  });

  test("each of the 32 verification failures has its own message", () => {
    const words = Array.from({ length: 32 }, (_, bit) => text(wasm.faults((1 << bit) >>> 0)));
    assert.equal(new Set(words).size, 32);
    assert.equal(text(wasm.faults(0)), "");
    assert.equal(text(wasm.faults(0x208)), "it is not yet valid; its issuer is not trusted");
  });

  test("reports a peer that does not speak TLS (TLS-44)", () => {
    const stream = connect();
    wasm.poll(bench.now);
    push(stream, Buffer.from("Z\0\x04HTTP"));
    assert.equal(wasm.failureKind(stream), Failure.Protocol);
    assert.match(text(wasm.failure(stream)), /invalid record \(-0x7200\)$/);
  });

  test("gives up a handshake after 30 s (TLS-33)", () => {
    const stream = connect();
    wasm.poll(bench.now);
    assert.equal(wasm.pollAt(), bench.now + 30n * SECOND);
    bench.now += 29n * SECOND;
    push(stream, record("H", "one"));
    assert.equal(wasm.status(stream), Status.Connecting);
    bench.now += SECOND;
    wasm.poll(bench.now);
    assert.equal(wasm.status(stream), Status.Failed);
    assert.equal(wasm.failureKind(stream), Failure.TimedOut);
    wasm.abort(stream);
    assert.equal(text(wasm.ending(stream)), "aborted");
  });

  test("performs one step of one handshake per turn, without starving others", () => {
    const streams = Array.from({ length: 4 }, () => connect());
    for (let i = 0; i < 4; i++) {
      assert.equal(wasm.pollService(bench.now), 1);
      const greeted = streams.filter((stream) => text(wasm.sent(stream)) !== "");
      assert.equal(greeted.length, 1);
    }
    for (const stream of streams) wasm.push(stream, ...writeBytes(wasm, handshake));
    const openCount = () => streams.filter((stream) => wasm.status(stream) === Status.Open).length;
    for (let i = 0; i < 4; i++) wasm.pollService(bench.now);
    assert.equal(openCount(), 0);
    for (let i = 0; i < 4; i++) wasm.pollService(bench.now);
    assert.equal(openCount(), 4);
    assert.equal(wasm.pollService(bench.now), 0);
  });

  test("sends writes in records as far as the stream below has room", () => {
    const stream = open();
    wasm.sent(stream);
    const message = "0123456789".repeat(1000);
    assert.equal(wasm.write(stream, ...writeText(wasm, message)), 10_000);
    const decoded = decode(text(wasm.sent(stream)));
    assert.equal(decoded, message);
    wasm.setRoom(stream, 100, 1 << 30);
    assert.equal(wasm.writable(stream), 52);
    const taken = wasm.write(stream, ...writeText(wasm, message));
    assert.equal(taken, 52);
    assert.equal(decode(text(wasm.sent(stream))), message.slice(0, 52));
    assert.equal(wasm.writable(stream), 0);
    assert.equal(wasm.write(stream, ...writeText(wasm, message)), 0);
  });

  test("writable never exceeds what write accepts", () => {
    for (let room = 0; room < 20_000; room += 37) {
      wasm.reset();
      const stream = open();
      wasm.sent(stream);
      wasm.setRoom(stream, room, 1 << 30);
      const promised: number = wasm.writable(stream);
      const [pointer] = writeText(wasm, "y".repeat(20_000));
      assert.ok(wasm.write(stream, pointer, promised) === promised, `room ${room}`);
    }
  });

  test("a ClientHello that does not fit waits for room", () => {
    const stream = connect();
    wasm.setRoom(stream, 3, 1 << 30);
    wasm.poll(bench.now);
    assert.equal(text(wasm.sent(stream)).length, 3);
    assert.equal(wasm.pollService(bench.now), 0);
    wasm.setRoom(stream, 100, 1 << 30);
    wasm.poll(bench.now);
    assert.equal(text(wasm.sent(stream)).length, 4);
    push(stream, handshake);
    assert.equal(wasm.status(stream), Status.Open);
  });

  test("close sends close_notify and closes below; reading continues", () => {
    const stream = open();
    wasm.sent(stream);
    wasm.close(stream);
    assert.equal(text(wasm.sent(stream)), "C\0\0");
    assert.equal(text(wasm.ending(stream)), "closed");
    assert.equal(wasm.write(stream, ...writeText(wasm, "late")), 0);
    push(stream, Buffer.concat([data("still"), record("C")]));
    assert.equal(text(wasm.readAll(stream, 0, bench.now)), "still");
    wasm.release(stream);
    assert.equal(wasm.live(), 0);
  });

  test("release sends close_notify, waits up to 5 s for room, then gives up", () => {
    const stream = open();
    wasm.sent(stream);
    wasm.release(stream);
    assert.equal(text(wasm.sent(stream)), "C\0\0");
    assert.equal(text(wasm.ending(stream)), "released");
    const slow = open();
    wasm.setRoom(slow, 1, 1 << 30);
    wasm.release(slow);
    wasm.poll(bench.now);
    assert.equal(wasm.live(), 1);
    assert.equal(wasm.pollAt(), bench.now + 5n * SECOND);
    wasm.setRoom(slow, 10, 1 << 30);
    wasm.poll(bench.now);
    assert.equal(wasm.live(), 0);
    assert.equal(text(wasm.ending(slow)), "released");
    const stuck = open();
    wasm.setRoom(stuck, 0, 1 << 30);
    wasm.release(stuck);
    wasm.poll(bench.now);
    bench.now += 5n * SECOND;
    wasm.poll(bench.now);
    assert.equal(wasm.live(), 0);
    assert.equal(text(wasm.ending(stuck)), "aborted");
    wasm.poll(bench.now);
    assert.equal(wasm.count(), 0);
  });

  test("abort frees everything exactly once in every state", () => {
    for (const bytes of [Buffer.alloc(0), record("H", "1"), handshake, record("A", "*")]) {
      const stream = connect();
      wasm.poll(bench.now);
      push(stream, bytes);
      wasm.abort(stream);
      wasm.abort(stream);
      wasm.release(stream);
      wasm.poll(bench.now);
      assert.equal(wasm.live(), 0);
      assert.equal(wasm.count(), 0);
    }
  });

  test("reports why TLS is unavailable, without using the stream below (TLS-49)", () => {
    wasm.setEngine(...writeText(wasm, "not enough entropy"), 8, 1 << 30);
    assert.equal(connect(), -1);
    assert.equal(text(wasm.refusal()), "not enough entropy");
    wasm.setEngine(...writeText(wasm, ""), 1, 1 << 30);
    const first = connect();
    assert.equal(connect(), -1);
    assert.match(text(wasm.refusal()), /out of memory/);
    assert.equal(wasm.accept(), -1);
    wasm.abort(first);
    assert.notEqual(connect(), -1);
  });

  test("servers leave the last slots to this host, and let peers wait for one", () => {
    wasm.setEngine(...writeText(wasm, ""), 1000, 1 << 30);
    const accepted = Array.from({ length: 112 }, () => wasm.accept());
    assert.ok(Math.min(...accepted) >= 0);
    const rings: number = wasm.rings();
    assert.equal(wasm.accept(), -2);
    assert.equal(wasm.rings(), rings + 1, "idle connections may be closed");
    for (let i = 0; i < 16; i++) assert.notEqual(connect(), -1);
    assert.equal(connect(), -1);
    wasm.abort(accepted[7]);
    assert.ok(wasm.pollService(bench.now), "the listener is asked again");
    assert.equal(wasm.accept(), -2, "that slot is one of the last 16");
    for (let i = 0; i < 16; i++) wasm.abort(accepted[8 + i]);
    wasm.pollService(bench.now);
    assert.ok(wasm.accept() >= 0);
  });

  test("a server's handshake begins when the client's bytes arrive", () => {
    const stream = wasm.accept();
    wasm.poll(bench.now);
    assert.equal(wasm.status(stream), Status.Connecting);
    assert.equal(text(wasm.sent(stream)), "");
    push(stream, handshake);
    assert.equal(wasm.status(stream), Status.Open);
    push(stream, data("GET"));
    assert.equal(text(wasm.readAll(stream, 0, bench.now)), "GET");
  });
});
