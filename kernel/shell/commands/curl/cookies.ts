/** -b, -c and -j of `curl`. Files are boot modules, and -c only prints. */
import { COOKIE_FILE_BYTES } from "../../../../core/limits";
import { findModule } from "../../../../machine/boot";
import { wallClock } from "../../../../machine/clock";
import { CookieJar } from "../../../../net/service/http/client/cookies";
import { HttpRequest } from "../../../../net/service/http/client/request";
import { Options } from "../../options";
import { printable } from "../../terminal/printable";

const OUTPUTS: StaticArray<string> = ["", "-", "/dev/null", "/dev/stdout"];

/** Reports whether -c prints the cookies at the end. */
export function printsCookies(options: Options): bool {
  const output = options.value("c");
  return output == "-" || output == "/dev/stdout";
}

export class CookieOptions {
  /** What is wrong with the options, or "". */
  failure: string = "";
  /** Warnings about files that do not exist. Unlike here, curl prints them only with -v. */
  readonly warnings: Array<string> = [];

  constructor(options: Options) {
    if (!OUTPUTS.includes(options.value("c"))) this.failure = "-c: there are no files (try: -c -)";
    const values = options.values("b");
    for (let i = 0; i < values.length; i++) {
      if (values[i] == "-") this.failure = "-b -: cookies are read from boot modules only";
    }
  }

  /** Gives a request its cookies. As in curl, -b FILE and -c also keep those of responses. */
  apply(options: Options, request: HttpRequest): void {
    const jar = new CookieJar(max<i64>(wallClock(), 0) / 1_000_000);
    const values = options.values("b");
    const pairs: Array<string> = [];
    let keeps = options.has("c");
    for (let i = 0; i < values.length; i++) {
      if (values[i].includes("=")) pairs.push(values[i]);
      else {
        keeps = true;
        this.readFile(jar, values[i]);
      }
    }
    if (options.has("j")) jar.dropSessions();
    if (keeps) request.cookies = jar;
    request.setCookies(pairs.join(";"));
  }

  private readFile(jar: CookieJar, name: string): void {
    const module = findModule(name);
    if (module != null) {
      const bytes = module.read(COOKIE_FILE_BYTES);
      jar.read(String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length));
    } else if (name != "") {
      this.warnings.push(`Warning: -b ${printable(name)}: there is no boot module of that name`);
    }
  }
}
