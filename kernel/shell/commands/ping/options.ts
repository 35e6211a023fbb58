/** The options of `ping`. */

export const OPTIONS: StaticArray<string> = [
  "c:",
  "I:",
  "i:",
  "m:",
  "Q:",
  "s:",
  "t:",
  "W:",
  "w:",
  "b",
  "q",
  "D",
  "f",
  "n",
  "v",
  "4",
];
/** For `help ping`. */
export const DETAILS: StaticArray<string> = [
  "  -c COUNT    stops after COUNT requests",
  "  -I DEVICE   sends through this device; -I ADDRESS sends from this address",
  "  -i SECONDS  interval between requests (1)",
  "  -w SECONDS  ends after this time",
  "  -W SECONDS  waits this long after the last request if there was no reply (10)",
  "  -s BYTES    bytes of data in each request (56)",
  "  -t TTL      time to live of the requests (64)",
  "  -Q TOS      the octet with the DS field, such as 0xb8 for EF",
  "  -m MARK     marks the requests, for routing rules (ip rule)",
  "  -b          permits a broadcast address",
  "  -D          prints the time of day before each reply",
  "  -q          prints only the first line and the summary",
];
