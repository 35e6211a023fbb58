/** The options of `curl` with curl's messages for them, and the text of `curl --help`. */
import { Options } from "../../options";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";

const OPTIONS: StaticArray<string> = [
  "h|help",
  "i|include",
  "I|head",
  "s|silent",
  "S|show-error",
  "f|fail",
  "o|output:",
  "X|request:",
  "H|header:",
  "d|data|data-ascii:",
  "data-raw:",
  "data-binary:",
  "data-urlencode:",
  "json:",
  "G|get",
  "T|upload-file:",
  "A|user-agent:",
  "b|cookie:",
  "c|cookie-jar:",
  "j|junk-session-cookies",
  "e|referer:",
  "u|user:",
  "url:",
  "w|write-out:",
  "D|dump-header:",
  "crc32",
  "L|location",
  "compressed",
  "max-redirs:",
  "m|max-time:",
  "connect-timeout:",
  "retry:",
  "retry-delay:",
  "retry-max-time:",
  "retry-connrefused",
  "retry-all-errors",
  "4|ipv4",
  "http1.1",
  "tlsv1.2",
  "V|version",
  "v|verbose",
  "k|insecure",
  "cacert:",
  "resolve:",
  "connect-to:",
  "x|proxy:",
  "U|proxy-user:",
  "p|proxytunnel",
  "noproxy:",
  "ip-tos:",
  "keepalive-time:",
  "no-keepalive",
  "tcp-fastopen",
];

const HELP: StaticArray<string> = [
  " -i, --include               print the head of the response too; -I, --head: only the head",
  " -s, --silent                print no errors or warnings; -S, --show-error: print errors",
  " -f, --fail                  fail with exit code 22 if the status is 400 or more",
  " -o, --output null           print a summary in place of the body; /dev/null: nothing;",
  "                             -: the body even if it is binary",
  " -w, --write-out FORMAT      print FORMAT afterwards: '%{http_code} %{time_total}\\n', %{json}",
  " -D, --dump-header -         print the heads too",
  "     --crc32                 print a checksum of the body",
  " -X, --request METHOD        the method",
  " -H, --header 'NAME: VALUE'  a header field; 'NAME:' omits it, 'NAME;' sends it empty",
  " -d, --data DATA             POST this; @FILE, @- (typed, until Ctrl-D) or @bytes:N (a pattern)",
  "     --data-raw, --data-binary, --data-urlencode, --json DATA",
  " -G, --get                   put the data into the URL",
  " -T, --upload-file FILE      PUT a boot module, or - for what is typed until Ctrl-D",
  " -A, --user-agent, -e, --referer TEXT",
  " -b, --cookie NAME=VALUE     send this; FILE: send the cookies in a boot module, and accept new",
  "                             ones for later requests",
  " -c, --cookie-jar -          print the cookies afterwards",
  " -j, --junk-session-cookies  drop the session cookies of FILE",
  " -u, --user USER:PASSWORD    basic authentication",
  " -L, --location              follow redirects, at most --max-redirs N",
  " -m, --max-time SECONDS      limit each attempt; --connect-timeout SECONDS: the connection",
  "     --retry N               retry after a transient failure, as Retry-After says or after",
  "                             1, 2, 4, ... s; --retry-delay, --retry-max-time SECONDS,",
  "                             --retry-connrefused, --retry-all-errors",
  "     --compressed            accept gzip and deflate, and decompress them",
  " -v, --verbose               print connections, certificates and heads",
  " -k, --insecure              do not verify the server's certificate",
  "     --cacert ca.pem         accepted: this boot module is always trusted",
  "     --resolve HOST:PORT:ADDRESS[,ADDRESS]...  use these addresses",
  "     --connect-to HOST:PORT:TO_HOST:TO_PORT  connect elsewhere",
  " -x, --proxy [http://]HOST:PORT  use a proxy, and for https a tunnel; '' for none",
  " -U, --proxy-user USER:PASSWORD, -p, --proxytunnel, --noproxy HOST,...",
  "     --ip-tos TOS            the DS field of what is sent, such as ef, cs1 or 0x20",
  "     --tcp-fastopen          send the request in the SYN if the server agrees",
  "     --keepalive-time SECONDS, --no-keepalive, -4, --ipv4, --http1.1, --tlsv1.2, --url URL",
  " -V, --version               print the version",
];

export class CurlOptions extends Options {
  constructor(private readonly typed: Array<string>) {
    super(typed, OPTIONS);
  }

  protected unknownOption(name: string): string {
    return `option ${dashed(name)}: is unknown`;
  }
  protected missingValue(name: string): string {
    return `option ${dashed(name)}: requires parameter`;
  }
  protected badNumber(name: string, _reason: string): string {
    return `option ${this.asTyped(name)}: expected a proper numerical parameter`;
  }

  /** Returns the option with its dashes, by the long name if that was typed. */
  private asTyped(name: string): string {
    for (let i = 0; i < OPTIONS.length; i++) {
      const names = OPTIONS[i].split("|");
      if (names[0] != name || names.length < 2) continue;
      const long = `--${names[1].substring(0, names[1].length - 1)}`;
      if (this.typed.includes(long)) return long;
    }
    return dashed(name);
  }
}

function dashed(name: string): string {
  return `${name.length == 1 ? "-" : "--"}${printable(name)}`;
}

/** Prints one line for each option, or each group of options. */
export function explainOptions(session: Session): void {
  for (let i = 0; i < HELP.length; i++) session.printLine(HELP[i]);
}
