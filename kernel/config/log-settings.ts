/**
 * Where the log is sent besides the console: `netconsole=`, in the syntax of Linux
 * (Documentation/networking/netconsole.rst), and `syslog=`. Both are parameters of the command line
 * and keys of the section [Log] of anonymos.conf; the command line overrides the file.
 */
import { parseDecimalText } from "../../core/text";
import { LogFormat } from "../../net/service/log/message";
import { LogTarget, SYSLOG_PORT, SYSLOG_TLS_PORT } from "../../net/service/log/target";
import { isHostName, parseHostAddress } from "./values";

export const LOG_KEYS: StaticArray<string> = ["netconsole", "syslog"];

/** The ports of netconsole, as in Linux. */
const NETCONSOLE_LOCAL_PORT: u32 = 6665;
const NETCONSOLE_PORT: u32 = 6666;

export class LogSettings {
  netconsole: LogTarget | null = null;
  syslog: LogTarget | null = null;
  /** The keys that the command line has set, which the file does not override. */
  private readonly fixed: Array<string> = [];

  /**
   * Sets one of LOG_KEYS; "" removes it. Has no effect on a key that the command line has set,
   * unless `fromCommandLine`. Returns "WHY, expected WHAT", or "" if the value is valid.
   */
  set(key: string, value: string, fromCommandLine: bool): string {
    if (!fromCommandLine && this.fixed.includes(key)) return "";
    if (fromCommandLine) this.fixed.push(key);
    const isNetconsole = key == "netconsole";
    let target: LogTarget | null = null;
    if (value != "") target = isNetconsole ? parseNetconsole(value) : parseSyslog(value);
    if (target == null && value != "") {
      return isNetconsole
        ? "invalid netconsole, expected [+][PORT]@/,[PORT]@ADDRESS/"
        : "invalid syslog server, expected [udp://|tls://]HOST[:PORT]";
    }
    if (isNetconsole) this.netconsole = target;
    else this.syslog = target;
    return "";
  }
}

/**
 * Parses `[+][LOCAL PORT]@/,[PORT]@ADDRESS/`. Linux also takes the local address, the device and
 * the hardware address of the receiver. Routes and ARP find them here, so the fields must be empty.
 * Returns null if the value is invalid.
 */
function parseNetconsole(value: string): LogTarget | null {
  const extended = value.startsWith("+");
  const ends = (extended ? value.substring(1) : value).split(",");
  if (ends.length != 2 || !ends[0].endsWith("@/") || !ends[1].endsWith("/")) return null;
  const local = portOf(ends[0].substring(0, ends[0].length - 2), NETCONSOLE_LOCAL_PORT);
  const at = ends[1].indexOf("@");
  if (at < 0) return null;
  const port = portOf(ends[1].substring(0, at), NETCONSOLE_PORT);
  const address = ends[1].substring(at + 1, ends[1].length - 1);
  if (local == 0 || port == 0 || parseHostAddress(address) == 0) return null;
  const format = extended ? LogFormat.Extended : LogFormat.Text;
  return new LogTarget(format, address, port, local, false);
}

/** Parses `HOST[:PORT]`, after `tls://` or `udp://`, the default. Returns null if it is invalid. */
function parseSyslog(value: string): LogTarget | null {
  const secure = value.startsWith("tls://");
  const place = secure || value.startsWith("udp://") ? value.substring(6) : value;
  const colon = place.indexOf(":");
  const host = colon < 0 ? place : place.substring(0, colon);
  const digits = colon < 0 ? "" : place.substring(colon + 1);
  if (colon >= 0 && digits == "") return null;
  const port = portOf(digits, secure ? SYSLOG_TLS_PORT : SYSLOG_PORT);
  if (port == 0 || !(isHostName(host) || parseHostAddress(host) != 0)) return null;
  return new LogTarget(LogFormat.Syslog, host, port, 0, secure);
}

/** Returns the port in `digits`, `otherwise` if they are empty, or 0 if they are invalid. */
function portOf(digits: string, otherwise: u32): u32 {
  if (digits == "") return otherwise;
  const port = parseDecimalText(digits);
  return port < 1 || port > 65535 ? 0 : (port as u32);
}
