/** Common to the tests with a hostile server: identities, visits, tables of rejected scripts. */
import { after, before, test } from "node:test";
import { type Certificate, rsa, Workshop } from "../certificates.ts";
import { build } from "../harness.ts";
import type { Identity, Script } from "./script.ts";
import { againstAs, follow, identity, NAME, type Visit } from "./serve.ts";
import { refused } from "./verdict.ts";
import type { Wire } from "./wire.ts";

export class Stage {
  readonly workshop = new Workshop();
  root!: Certificate;
  elliptic!: Identity;
  classic!: Identity;

  /** Registers hooks of the test file: construct it at the top level. */
  constructor() {
    before(() => {
      build();
      this.root = this.workshop.authority();
      this.elliptic = identity([this.workshop.server(this.root)]);
      this.classic = identity([this.workshop.server(this.root, { key: rsa(2048) })]);
    });
    after(() => this.workshop.close());
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
      test(title, async () => refused(await this.visit(script), alert, sentence));
    }
  }
}

export type Row = [title: string, script: Script, alert: string, sentence: string];

/** Messages to the user. */
export const PARAMETER = "TLS: the peer sent a parameter that it must not (-0x6600)";
export const UNREADABLE = "TLS: a message of the peer cannot be read (-0x7300)";
export const TURN = "TLS: the peer sent a message out of its turn (-0x7700)";
export const IMPOSSIBLE = "TLS: the peer sent a value that cannot be (-0x7100)";
export const VERSION =
  "TLS: the peer speaks no version of TLS that is accepted (1.2, 1.3) (-0x6e80)";
export const NOTHING_COMMON = "TLS: no parameters that both sides accept (-0x6e00)";
export const UNASKED = "TLS: the peer sent an extension that was not asked for (-0x7500)";
export const CHANGED = "TLS: a record was changed on its way (bad MAC) (-0x7180)";
export const WRONG = "TLS: a signature of the peer, or its Finished, is wrong";
export const NO_RECORD = "TLS: the peer sent what is no TLS record (-0x7200)";
