/** What this kernel calls itself, on the console and on the wire. */
export const NAME: string = "AnonymOS";
export const VERSION: string = "0.1.0";
