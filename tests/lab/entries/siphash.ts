/** SipHash under test. */
export { siphash } from "../../../core/siphash";
export { block } from "./text";
