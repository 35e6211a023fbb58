/** A time server (RFC 5905) that can be wrong in several ways. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Service } from "./servers.ts";
import { testNow } from "./test-clock.ts";

/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800n;

export interface NtpBehaviour {
  /** Milliseconds by which it is ahead of the test clock. */
  offset?: number;
  /** 0 is a kiss-o'-death, with its code in `reference`. */
  stratum?: number;
  reference?: string;
  /** 3: not synchronized. */
  leap?: number;
  mode?: number;
  /** Replies with a wrong origin timestamp. */
  forged?: boolean;
  silent?: boolean;
}

/**
 * Returns a time, given in milliseconds since 1970, in NTP's 32.32 format: seconds since the start
 * of its era. The second era begins on 7 February 2036 (RFC 5905 section 6).
 */
export function ntpTime(milliseconds: number): bigint {
  const micros = BigInt(Math.round(milliseconds * 1000));
  const seconds = BigInt.asUintN(32, micros / 1_000_000n + EPOCH);
  return (seconds << 32n) | (((micros % 1_000_000n) << 32n) / 1_000_000n);
}

/** Returns the answer to a request. */
export function ntpAnswer(question: Buffer, behaviour: NtpBehaviour, now = testNow()): Buffer {
  const answer = Buffer.alloc(48);
  answer[0] = ((behaviour.leap ?? 0) << 6) | (4 << 3) | (behaviour.mode ?? 4);
  answer[1] = behaviour.stratum ?? 2;
  answer.write(behaviour.reference ?? "", 12, "latin1");
  question.copy(answer, 24, 40, 48);
  if (behaviour.forged) answer[24] ^= 1;
  const time = ntpTime(now + (behaviour.offset ?? 0));
  answer.writeBigUInt64BE(time, 32);
  answer.writeBigUInt64BE(time, 40);
  return answer;
}

export class NtpServer implements Service {
  /** The number of requests. */
  asked = 0;
  private constructor(
    private readonly socket: Socket,
    readonly port: number,
  ) {}

  static async start(
    behaviour: NtpBehaviour = {},
    port = 0,
    address = "127.0.0.1",
  ): Promise<NtpServer> {
    const socket = createSocket("udp4");
    socket.bind(port, address);
    await once(socket, "listening");
    const server = new NtpServer(socket, socket.address().port);
    socket.on("message", (question, from) => {
      server.asked++;
      if (behaviour.silent) return;
      socket.send(ntpAnswer(question, behaviour), from.port, from.address);
    });
    return server;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}
