/** SipHash. */
export { siphash } from "../../../core/siphash";
export { allocateBytes } from "./text";
