/** SipHash. */
export { siphash } from "../../../core/siphash";
export { block } from "./text";
