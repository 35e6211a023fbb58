/** A real Prometheus that scrapes ports of loopback twice a second. */
import { Daemon, type Place } from "./daemon.ts";

interface Answer {
  status: string;
  data: { result: Sample[] };
}

/** A result of a query. */
export interface Sample {
  metric: Record<string, string>;
  value: [time: number, value: string];
}

export class Prometheus {
  private constructor(private readonly daemon: Daemon) {}

  static async start(targets: number[]): Promise<Prometheus> {
    const list = targets.map((port) => `"127.0.0.1:${port}"`).join(", ");
    const configuration = `
global:
  scrape_interval: 500ms
  scrape_timeout: 450ms
scrape_configs:
  - job_name: anonymos
    static_configs:
      - targets: [${list}]
`;
    const words = ({ port, folder }: Place) => [
      ...["prometheus", `--config.file=${folder}/prometheus.yml`],
      ...[`--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
    ];
    const files = () => ({ "prometheus.yml": configuration });
    const ready = /Server is ready to receive web requests/;
    return new Prometheus(await Daemon.start(null, files, words, ready));
  }

  /** Evaluates an expression until it has a result. */
  async query(expression: string): Promise<Sample[]> {
    const url = `http://127.0.0.1:${this.daemon.port}/api/v1/query`;
    for (let tries = 0; tries < 150; tries++) {
      const answer = await fetch(`${url}?query=${encodeURIComponent(expression)}`);
      const { status, data } = (await answer.json()) as Answer;
      if (status !== "success") throw new Error(`${expression}: ${status}`);
      if (data.result.length > 0) return data.result;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`no result: ${expression}`);
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
  }
}
