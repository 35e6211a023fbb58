/** Names that need no server: what other systems keep in /etc/hosts (RFC 952), and localhost. */
import { HOSTS_ENTRIES } from "../../../core/limits";
import { ipv4 } from "../../wire/address";
import { canonicalName, nameComplaint } from "./name";

export class HostsEntry {
  constructor(
    /** In canonical form. */
    readonly name: string,
    readonly address: u32,
  ) {}
}

export class HostsTable {
  /** At most HOSTS_ENTRIES. */
  readonly entries: Array<HostsEntry> = [];

  /** Gives a name an address, one more if it has any. False: a bad name, or the table is full. */
  add(name: string, address: u32): bool {
    if (nameComplaint(name) != "" || this.entries.length >= (HOSTS_ENTRIES as i32)) return false;
    const canonical = canonicalName(name);
    if (!this.lookup(canonical).includes(address)) {
      this.entries.push(new HostsEntry(canonical, address));
    }
    return true;
  }

  /** Takes a name out with all its addresses; false when it was not in. */
  remove(name: string): bool {
    const canonical = canonicalName(name);
    let removed = false;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      if (this.entries[i].name != canonical) continue;
      this.entries.splice(i, 1);
      removed = true;
    }
    return removed;
  }

  /** The addresses of a name in canonical form; none: ask a server. */
  lookup(name: string): Array<u32> {
    const addresses: Array<u32> = [];
    for (let i = 0; i < this.entries.length; i++) {
      if (this.entries[i].name == name) addresses.push(this.entries[i].address);
    }
    // RFC 6761 section 6.3: these never go to a server.
    if (addresses.length == 0 && (name == "localhost" || name.endsWith(".localhost"))) {
      addresses.push(ipv4(127, 0, 0, 1));
    }
    return addresses;
  }
}
