/** Names resolved without a server: the hosts table (hosts(5)) and localhost (RFC 6761). */
import { HOSTS_ENTRIES } from "../../../core/limits";
import { Ipv4Address, ipv4 } from "../../wire/address";
import { canonicalName, nameComplaint } from "./name";

/** One address of one name. */
class HostsEntry {
  constructor(
    /** The name in canonical form, as `canonicalName` returns it. */
    readonly name: string,
    readonly address: Ipv4Address,
  ) {}
}

/** The hosts table. A name may have several addresses. */
export class HostsTable {
  /** The addresses of all names, at most HOSTS_ENTRIES. */
  readonly entries: Array<HostsEntry> = [];

  /**
   * Adds an address to a name; a duplicate has no effect. Returns false if the name is invalid or
   * the table is full.
   */
  add(name: string, address: Ipv4Address): bool {
    if (nameComplaint(name) != "" || this.entries.length >= (HOSTS_ENTRIES as i32)) return false;
    const canonical = canonicalName(name);
    if (!this.lookup(canonical).includes(address)) {
      this.entries.push(new HostsEntry(canonical, address));
    }
    return true;
  }

  /** Removes a name with all its addresses. Returns false if there is no such name. */
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

  /**
   * Returns the addresses of a name in canonical form; empty if the table does not have it. Without
   * an entry, localhost and names below it are 127.0.0.1.
   */
  lookup(name: string): Array<Ipv4Address> {
    const addresses: Array<Ipv4Address> = [];
    for (let i = 0; i < this.entries.length; i++) {
      if (this.entries[i].name == name) addresses.push(this.entries[i].address);
    }
    // These names must never be sent to a server (RFC 6761 section 6.3).
    if (addresses.length == 0 && (name == "localhost" || name.endsWith(".localhost"))) {
      addresses.push(ipv4(127, 0, 0, 1));
    }
    return addresses;
  }
}
