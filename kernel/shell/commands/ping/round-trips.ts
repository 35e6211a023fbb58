/** The round-trip times of `ping`, for the last line of its summary. */
import { squareRoot } from "../../../../core/square-root";
import { formatMilliseconds } from "../../time-text";

export class RoundTrips {
  /** All times are in microseconds. */
  most: i64 = 0;
  private count: i64 = 0;
  private least: i64 = i64.MAX_VALUE;
  private sum: i64 = 0;
  /** Sum of the squares, for the deviation. */
  private squares: i64 = 0;

  add(time: i64): void {
    this.count++;
    this.least = min<i64>(this.least, time);
    this.most = max<i64>(this.most, time);
    this.sum += time;
    this.squares += time * time;
  }

  /** Returns the line of the summary, or "" if no time was added. */
  text(): string {
    if (this.count == 0) return "";
    const mean = this.sum / this.count;
    // mdev is the standard deviation: the root of the mean square minus the squared mean.
    const deviation = squareRoot(max<i64>(this.squares / this.count - mean * mean, 0));
    return (
      `rtt min/avg/max/mdev = ${formatMilliseconds(this.least)}/${formatMilliseconds(mean)}/` +
      `${formatMilliseconds(this.most)}/${formatMilliseconds(deviation)} ms`
    );
  }
}
