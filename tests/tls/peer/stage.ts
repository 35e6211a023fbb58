/** Shared by the tests with a hostile server: identities, visits, tables of rejected scripts. */
import { after, before, test } from "node:test";
import { type Certificate, CertificateMaker, rsa } from "../certificates.ts";
import { build } from "../harness.ts";
import type { Identity, Script } from "./script.ts";
import { againstAs, follow, identity, NAME, type Visit } from "./serve.ts";
import { assertRefused } from "./verdict.ts";
import type { Wire } from "./wire.ts";

export class Stage {
  readonly maker = new CertificateMaker();
  root!: Certificate;
  elliptic!: Identity;
  classic!: Identity;

  /** Registers hooks of the test file: construct it at the top level. */
  constructor() {
    before(() => {
      build();
      this.root = this.maker.authority();
      this.elliptic = identity([this.maker.server(this.root)]);
      this.classic = identity([this.maker.server(this.root, { key: rsa(2048) })]);
    });
    after(() => this.maker.close());
  }

  /** Returns the identity of a server with these certificates and the first one's key. */
  identity(chain: Certificate[]): Identity {
    return identity(chain);
  }

  /** Connects the harness to a server that follows the script. */
  visit(script: Script, ...words: string[]): Promise<Visit> {
    return this.visitAs(NAME, script, ...words);
  }

  /** Connects the harness to a server that presents these certificates, with its usual key. */
  show(chain: Buffer[], ...words: string[]): Promise<Visit> {
    return this.visit({ identity: () => ({ chain, key: this.elliptic.key }) }, ...words);
  }

  /** Like `visit`, but the harness expects the server to be `name`. */
  visitAs(name: string, script: Script, ...words: string[]): Promise<Visit> {
    const serve = (wire: Wire) => follow(wire, script, this.elliptic);
    return againstAs(name, serve, `root=${this.root.file}`, ...words);
  }

  /** Defines a test per row: the script is rejected with this alert and message. */
  refuses(rows: Row[]): void {
    for (const [title, script, alert, sentence] of rows) {
      test(title, async () => assertRefused(await this.visit(script), alert, sentence));
    }
  }
}

export type Row = [title: string, script: Script, alert: string, sentence: string];

/** TLS 1.2 and TLS 1.3. */
export const versions = [12, 13] as const;

/** Alerts, as `outcomeOf` names them. */
export const UNEXPECTED_ALERT = "unexpected_message (10)";
export const CERTIFICATE_UNKNOWN = "certificate_unknown (46)";
export const ILLEGAL = "illegal_parameter (47)";
export const DECODE = "decode_error (50)";

/** Messages to the user. */
export const ILLEGAL_PARAMETER = "TLS: the peer sent an illegal parameter (-0x6600)";
export const MALFORMED = "TLS: cannot parse a message from the peer (-0x7300)";
export const UNEXPECTED_MESSAGE = "TLS: the peer sent an unexpected message (-0x7700)";
export const INVALID_VALUE = "TLS: the peer sent an invalid value (-0x7100)";
export const VERSION = "TLS: unsupported protocol version (TLS 1.2 or 1.3 required) (-0x6e80)";
export const NEGOTIATION_FAILED = "TLS: handshake negotiation failed (-0x6e00)";
export const UNSOLICITED = "TLS: the peer sent an unsolicited extension (-0x7500)";
export const BAD_MAC = "TLS: bad record MAC (-0x7180)";
export const BAD_SIGNATURE = "TLS: the peer's signature or Finished is invalid";
export const INVALID_RECORD = "TLS: the peer sent an invalid record (-0x7200)";
