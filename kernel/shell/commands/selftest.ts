/**
 * selftest tls
 *
 * Runs mbedTLS's known-answer tests of its primitives, a handshake in memory between a client and a
 * server, and a benchmark of the ciphers, in MB/s (10^6 bytes). The last line shows the heap that
 * all TLS connections share. The closest command elsewhere is `openssl speed`.
 *
 * Nothing is sent. The network is served between tests, but not during a test; the longest one
 * takes some seconds under emulation.
 *
 * Exit codes: 0 success; 1 a test failed; 2 wrong usage; 130 interrupted.
 */
import { TlsCipher, TlsHeap } from "../../../core/tls-codes";
import { now as clock } from "../../../machine/clock";
import {
  tlsBenchmark,
  tlsHeap,
  tlsLoopback,
  tlsSelfTest,
  tlsSelfTestName,
} from "../../../machine/host";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatMilliseconds } from "../time-text";

/** Bytes that each cipher encrypts for the benchmark. */
const BENCHMARK_BYTES: u32 = 4 * 1024 * 1024;
/** Room for the name of a test. */
const NAME_BYTES: u32 = 64;

/** In the order of `TlsCipher`. */
const CIPHERS: StaticArray<string> = ["ChaCha20-Poly1305", "AES-128-GCM", "AES-256-GCM"];

const enum Stage {
  Primitives,
  Loopback,
  Benchmark,
  Over,
}

/** Runs one test per turn, as some take long. */
class TlsSelfTest extends Job {
  private stage: Stage = Stage.Primitives;
  private index: u32 = 0;
  private failures: u32 = 0;

  constructor(private readonly session: Session) {
    super();
  }

  poll(_now: i64): i32 {
    if (this.stage == Stage.Primitives) this.primitive();
    else if (this.stage == Stage.Loopback) this.loopback();
    else if (this.stage == Stage.Benchmark) this.benchmark();
    if (this.stage != Stage.Over) return RUNNING;
    const used = tlsHeap(TlsHeap.Used);
    const peak = tlsHeap(TlsHeap.Peak);
    const limit = tlsHeap(TlsHeap.Limit);
    this.session.printLine(`heap: ${used} bytes in use, ${peak} at most, ${limit} allowed`);
    return this.failures == 0 ? EXIT_OK : EXIT_FAILURE;
  }

  /** Returns 0, to be polled again at once: there is always more to do. */
  pollAt(): i64 {
    return 0;
  }

  /** Runs the next test of the library; the first index without a name ends them. */
  private primitive(): void {
    const buffer = new StaticArray<u8>(NAME_BYTES as i32);
    const pointer = changetype<usize>(buffer);
    const length = tlsSelfTestName(this.index, pointer, NAME_BYTES);
    if (length == 0) {
      this.stage = Stage.Loopback;
      return;
    }
    const name = String.UTF8.decodeUnsafe(pointer, min(length, NAME_BYTES));
    this.report(name, tlsSelfTest(this.index), "");
    this.index++;
  }

  private loopback(): void {
    const before = clock();
    const result = tlsLoopback();
    this.report("loopback handshake", result, `, ${formatMilliseconds(clock() - before)} ms`);
    this.index = 0;
    this.stage = Stage.Benchmark;
  }

  private benchmark(): void {
    const before = clock();
    const result = tlsBenchmark(this.index as TlsCipher, BENCHMARK_BYTES);
    const micros = max<i64>(clock() - before, 1);
    // Bytes per microsecond are megabytes per second; no floating point in the kernel.
    const tenths = ((BENCHMARK_BYTES as i64) * 10) / micros;
    this.report(CIPHERS[this.index], result, `, ${tenths / 10}.${tenths % 10} MB/s`);
    this.index++;
    if (this.index == (CIPHERS.length as u32)) this.stage = Stage.Over;
  }

  /** Prints a result: 0, or an error of mbedTLS, negative and printed in hexadecimal. */
  private report(name: string, result: i32, figure: string): void {
    if (result == 0) {
      this.session.printLine(`ok   ${name}${figure}`);
      return;
    }
    this.failures++;
    const number = result < 0 ? `-0x${(-result).toString(16)}` : result.toString();
    this.session.printLine(`FAIL ${name}: ${number}`);
  }
}

export class SelfTest extends Command {
  constructor() {
    super("selftest", "tls", "tests the cryptography with known answers and measures its speed", [
      "selftest tls",
    ]);
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.operands[0] != "tls") {
      return this.wrongUsage(session, `no self-test for '${printable(options.operands[0])}'`);
    }
    return new TlsSelfTest(session);
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["tls"] : [];
  }
}
