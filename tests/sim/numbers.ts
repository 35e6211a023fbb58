/** The whole numbers that the environment sets. */

/** A whole number from the environment, or undefined; what is none ends the program. */
export function numberFrom(name: string): number | undefined {
  const text = process.env[name] ?? "";
  if (text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`${name}=${text}: expected a whole number`);
  process.exit(2);
}
