/** Numbers from the environment. */

/** Returns the whole number in a variable, undefined if it is empty; exits with 2 on other text. */
export function numberFrom(name: string): number | undefined {
  const text = process.env[name] ?? "";
  if (text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`${name}=${text}: expected a whole number`);
  process.exit(2);
}
