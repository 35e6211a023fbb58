/** An archive of Debian source packages on loopback. */
import { createServer } from "node:http";
import { listening, sha256 } from "./servers.ts";

/** A tarball of a source package as an index lists it. */
export interface SourceFile {
  source: string;
  version: string;
  name: string;
  bytes: Buffer;
  /** Its folder in the archive, by default in the pool. */
  folder?: string;
  /** True: the index lists it, but it cannot be fetched. */
  missing?: boolean;
}

export class SourceArchive {
  /** Its files by path, and the paths that were requested. */
  readonly files = new Map<string, Buffer>();
  readonly asked: string[] = [];
  /** The URL up to /dists and /pool. */
  url = "";
  private readonly server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    this.asked.push(path);
    const file = this.files.get(path);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });

  async start(): Promise<void> {
    this.url = `http://127.0.0.1:${await listening(this.server)}/debian`;
  }

  stop(): void {
    this.server.close();
  }

  /** Makes a suite with an index of these sources, and gives the archive their files. */
  publish(suite: string, sources: SourceFile[]): void {
    const index = Buffer.from(sources.map((file) => this.paragraph(file)).join("\n"));
    const path = "main/source/Sources";
    const sums = `SHA256:\n ${sha256(index)} ${index.length} ${path}\n`;
    const release = `Suite: ${suite}\nComponents: main\n${sums}`;
    this.files.set(`/debian/dists/${suite}/Release`, Buffer.from(release));
    this.files.set(`/debian/dists/${suite}/${path}`, index);
  }

  private paragraph({ source, version, name, bytes, folder, missing }: SourceFile): string {
    const place = folder ?? `pool/main/${source[0]}/${source}`;
    if (!missing) this.files.set(`/debian/${place}/${name}`, bytes);
    return [
      `Package: ${source}\nVersion: ${version}\nFormat: 3.0 (quilt)\nDirectory: ${place}`,
      `Files:\n ${"0".repeat(32)} ${bytes.length} ${name}`,
      `Checksums-Sha256:\n ${sha256(bytes)} ${bytes.length} ${name}\n`,
    ].join("\n");
  }
}
