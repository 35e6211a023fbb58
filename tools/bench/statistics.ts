/** Medians and ranges of measurements, as text. */

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Returns `1.82 s [1.80-1.91]`: the median, and the lowest and highest value. */
export function summary(values: number[], unit: string, digits = 2): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const range = values.length > 1 ? ` [${low.toFixed(digits)}-${high.toFixed(digits)}]` : "";
  return `${median(values).toFixed(digits)}${unit === "" ? "" : ` ${unit}`}${range}`;
}
