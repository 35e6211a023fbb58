/** The name and version of this kernel, on the console and on the wire. */
export const NAME: string = "AnonymOS";
export const VERSION: string = "0.1.0";
/** The product token of the User-Agent and Server fields (RFC 9110 section 10.1.5). */
export const PRODUCT: string = `anonymos/${VERSION}`;
