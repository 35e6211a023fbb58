/** Names of key exchange groups (IANA, "TLS Supported Groups"). */

/** Returns the name of a group: "x25519", "group 4588" if unknown, "" for 0. */
export function groupName(group: i32): string {
  switch (group) {
    case 0:
      return "";
    case 23:
      return "secp256r1";
    case 24:
      return "secp384r1";
    case 25:
      return "secp521r1";
    case 29:
      return "x25519";
    case 30:
      return "x448";
    default:
      return `group ${group}`;
  }
}
