/**
 * The cookies that a listener hands out (RFC 7413 section 4.1.2): a keyed hash of both addresses,
 * so that nothing need be remembered about clients. Linux computes the same cookies from the same
 * `tcp_fastopen_key`, so hosts of both kinds can serve one address.
 */
import { Random } from "../../../../core/random";
import { siphash } from "../../../../core/siphash";
import { Endpoints } from "../../endpoints";
import { FastOpenSettings } from "./settings";

/** Bytes of a cookie. */
export const SERVER_COOKIE_BYTES: u32 = 8;
/** Bytes of two IPv4 addresses. */
const INPUT_BYTES: u32 = 8;

export class ServerCookies {
  private readonly input: StaticArray<u32> = new StaticArray<u32>((INPUT_BYTES / 4) as i32);

  constructor(
    private readonly settings: FastOpenSettings,
    private readonly random: Random,
  ) {}

  /** Returns the cookie of the remote end; `store<u64>` writes its bytes in their order. */
  of(ends: Endpoints): u64 {
    const settings = this.settings;
    settings.drawKey(this.random);
    const input = this.input;
    input[0] = bswap<u32>(ends.remoteIpv4);
    input[1] = bswap<u32>(ends.localIpv4);
    return siphash(settings.key0, settings.key1, changetype<usize>(input), INPUT_BYTES);
  }

  /** Reports whether the `bytes` bytes at `cookie` are the cookie of the remote end. */
  isValid(ends: Endpoints, cookie: usize, bytes: u32): bool {
    return bytes == SERVER_COOKIE_BYTES && load<u64>(cookie) == this.of(ends);
  }
}
