/** The name and version of this kernel, on the console and on the wire. */
export const NAME: string = "AnonymOS";
export const VERSION: string = "0.1.0";
